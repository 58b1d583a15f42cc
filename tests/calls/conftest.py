"""Somebody and their meeting."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from accounts.models import User
from calls.actions import rooms
from calls.models import Room
from tests.cast import an_agent


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def alice() -> User:
    return an_agent("alice")


@pytest.fixture
def meeting(alice: User) -> Room:
    return rooms.create_room(alice, "meeting", "아침 회의", members=[an_agent("ben").pk])
