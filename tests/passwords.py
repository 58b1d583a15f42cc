"""Passwords that cost little: the algorithm is the real one, with the least of the memory and time that it takes on purpose.

A real hash takes a third of a second of a processor, and a thousand tests make two people each.
"""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


def hash_quickly() -> None:
    """For this process."""
    for cost, least in (("time_cost", 1), ("memory_cost", 8), ("parallelism", 1)):
        setattr(Argon2PasswordHasher, cost, least)
