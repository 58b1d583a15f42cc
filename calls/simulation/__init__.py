"""Parties that are programs: for tests, demonstrations and load."""
