"""Small parts that every app may use. They know no app."""
