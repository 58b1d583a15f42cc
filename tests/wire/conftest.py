"""The socket's surroundings: a fake media server, and rows made in the database's own threads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache

from accounts.models import User
from calls.actions import rooms
from calls.models import Room
from calls.sockets import media_gateway, renewals
from calls.sockets.database import in_database
from tests.cast import an_agent
from tests.fakes.media import FakeMediaClient

if TYPE_CHECKING:
    from tests.wire.pages import TestPage


@pytest.fixture(autouse=True)
def media(monkeypatch: pytest.MonkeyPatch) -> FakeMediaClient:
    client = FakeMediaClient()
    monkeypatch.setattr(media_gateway, "_new_client", lambda: client)
    return client


@pytest.fixture(autouse=True)
def _quick_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a ping brings about comes at once."""
    monkeypatch.setattr(renewals, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(renewals, "PROVE_EVERY_SECONDS", 0)


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
async def staff() -> list[User]:
    return await in_database(lambda: [an_agent(name) for name in ("alice", "ben", "chris", "dora", "erin")])


@pytest.fixture
async def meeting(staff: list[User]) -> Room:
    """alice's meeting, with everybody as a member."""
    return await in_database(
        lambda: rooms.create_room(staff[0], "meeting", "아침 회의", members=[u.pk for u in staff[1:]])
    )


@pytest.fixture
async def pages(staff: list[User]) -> AsyncIterator[dict[str, TestPage]]:
    """A logged-in page for each of them."""
    # Not at the top: it makes the application, which names the settings module to every xdist worker that starts afterwards.
    from tests.wire.pages import TestPage

    opened = {}
    for user in staff:
        opened[user.username] = await TestPage().__aenter__()
        await opened[user.username].logs_in(user)
    yield opened
    for page in opened.values():
        await page.__aexit__(None, None, None)
