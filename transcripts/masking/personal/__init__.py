"""Personal data in Korean and English speech and text: numbers, e-mail addresses, street addresses."""
