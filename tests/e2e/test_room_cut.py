"""The network of one goes away for ten seconds and comes back: their place is kept, and the others see no leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.browser import Browsers
from tests.e2e.cable import NEAR, Cable
from tests.e2e.company import Company
from tests.e2e.people import Scene
from tests.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.long]

CUT_SECONDS = 10


@pytest.fixture
def cable() -> Iterator[Cable]:
    with Cable() as cable:
        yield cable


@pytest_asyncio.fixture(loop_scope="session")
async def reachable(start_stack: Callable[..., Stack], cable: Cable) -> AsyncIterator[tuple[Stack, str]]:
    """A system whose pages and media can be reached from the far end, and its address there."""
    stack = start_stack(
        MEDIA_LISTEN_HOST="0.0.0.0",
        MEDIA_ANNOUNCED_ADDRESS=NEAR,
    )
    async with cable.door(stack.port) as url:
        yield stack, url
    stack.stop()


@pytest.mark.req("S4.7")
async def test_a_cut_of_ten_seconds_costs_nobody_the_place(
    reachable: tuple[Stack, str], cable: Cable, open_browsers: Browsers, tmp_path: Path
) -> None:
    stack, far = reachable
    scene = Scene(stack, open_browsers, tmp_path)
    scene.set("alice", "dan")
    company, beyond = Company(scene), Company(scene)
    (dan,) = await company.of("dan")
    (alice,) = await beyond.at_the_end_of(cable, far, "alice")
    room = company.room("voice", "여행 중", "alice", "dan")
    await dan.enters(room)
    await alice.enters(room.replace(stack.url, far))
    for person, other in ((alice, dan), (dan, alice)):
        await person.hears_exactly([other])
    seat = alice.frames.told("room-state")[0]["peerId"]

    cable.pull()
    # Silent for six seconds, and looked for every two.
    missed = expect(dan.page.locator("[data-tile][data-away]")).to_have_count(1, timeout=CUT_SECONDS * 1000)
    await asyncio.gather(missed, asyncio.sleep(CUT_SECONDS))  # this long it lasts
    cable.plug()

    await expect(dan.page.locator("[data-tile][data-away]")).to_have_count(0)
    for person, other in ((alice, dan), (dan, alice)):
        await person.hears_exactly([other])
    assert alice.frames.told("room-state")[-1]["peerId"] == seat
    assert dan.frames.told("peer-disconnected")
    assert dan.frames.told("peer-reconnected")
    assert dan.frames.told("user-left") == []
    assert await alice.page.locator("[data-recovering]").is_hidden()
