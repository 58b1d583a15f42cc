"""What pages hold is renewed by their pings: for all pages of a process together, once a second.

A ping only says that its page was heard, which costs neither a task nor a thread. Every second one statement for each kind of
lease writes down who was; every five it is asked for all of them together whether they may stay, and what they missed. Together
means a hundred at once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from django.utils import timezone

from calls.actions.renewing import Asked, prove, renew
from calls.sockets.background import describe
from calls.sockets.database import in_database, in_lease_thread
from calls.sockets.media_gateway import gateway

if TYPE_CHECKING:
    from calls.sockets.page import Page

logger = logging.getLogger(__name__)
EVERY_SECONDS = 1.0
PROVE_EVERY_SECONDS = 5.0
AT_ONCE = 100
ALIKE_SECONDS = 1.5
"""Pages heard within this of each other are written down as heard with the first of them."""


class Renewals:
    """The pages of one process."""

    def __init__(self) -> None:
        self._heard: dict[Page, float] = {}
        """When each was last, in monotonic seconds."""
        self._unproved: set[Page] = set()
        self._proved_at = float("-inf")
        self._rounds: asyncio.Task[None] | None = None

    def hear(self, page: Page) -> None:
        self._heard[page] = time.monotonic()
        if self._rounds is None:
            self._rounds = asyncio.create_task(self._go_round(), name="renewals")

    async def _go_round(self) -> None:
        try:
            while self._heard:
                await asyncio.sleep(EVERY_SECONDS)
                heard = {page: at for page, at in self._heard.items() if not page.session.closed}
                self._heard.clear()
                await _renew(heard)
                await _try(gateway().watch({link.seat.call_id for page in heard for link in page.links}))
                await self._prove_some(set(heard))
        finally:
            self._rounds = None

    async def _prove_some(self, heard: set[Page]) -> None:
        self._unproved |= heard
        now = time.monotonic()
        if now - self._proved_at >= PROVE_EVERY_SECONDS:
            pages, self._unproved, self._proved_at = self._unproved, set(), now
            for some in _few([page for page in pages if not page.session.closed]):
                await _try(_prove(some))


async def _try(work: Awaitable[None]) -> None:
    """Pages must not depend on one round: there is another in a second."""
    try:
        await work
    except Exception as error:  # noqa: BLE001
        logger.error("renewing failed: %s", describe(error))


async def _renew(heard: dict[Page, float]) -> None:
    for pages, heard_at in _by_age(heard):
        await _try(_renew_some(pages, heard_at))


async def _renew_some(pages: list[Page], heard_at: datetime) -> None:
    lost = await in_lease_thread(renew, [lease for page in pages for lease in page.leases], heard_at)
    if lost:
        for page in pages:
            page.lose(lost)


def _by_age(heard: dict[Page, float]) -> list[tuple[list[Page], datetime]]:
    """Groups that were heard at about the same time, each with when the first of it was: told before any of them is written."""
    now, clock = time.monotonic(), timezone.now()
    groups: dict[int, list[Page]] = {}
    for page, at in heard.items():
        groups.setdefault(int((now - at) / ALIKE_SECONDS), []).append(page)
    return [
        (some, clock - timedelta(seconds=now - min(heard[page] for page in some)))
        for pages in groups.values()
        for some in _few(pages)
    ]


def _few(pages: list[Page]) -> Iterator[list[Page]]:
    """What is done for a thousand in one piece keeps signals waiting."""
    for begin in range(0, len(pages), AT_ONCE):
        yield pages[begin : begin + AT_ONCE]


async def _prove(pages: list[Page]) -> None:
    asked = Asked()
    for page in pages:
        page.ask(asked)
    found = await in_database(prove, asked)
    for page in pages:
        await _try(page.hear_proofs(found))


_renewals: WeakKeyDictionary[asyncio.AbstractEventLoop, Renewals] = WeakKeyDictionary()


def renewals() -> Renewals:
    """One per event loop, which is one per process."""
    loop = asyncio.get_running_loop()
    if loop not in _renewals:
        _renewals[loop] = Renewals()
    return _renewals[loop]
