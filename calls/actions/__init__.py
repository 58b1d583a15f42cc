"""Verbs: what touches two aggregates or tells anyone. Each is one transaction; events leave after commit."""
