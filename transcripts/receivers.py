"""Listens to the signals of calls."""
