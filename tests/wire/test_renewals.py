"""What pings renew is written down for all pages of a process together, in time, and whatever else is going on."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from calls.actions.renewing import Asked, Found, Kind, Lease
from calls.sockets import database, renewals
from calls.sockets.renewals import Renewals

pytestmark = pytest.mark.wire


class Page:
    """As far as the rounds look at one."""

    def __init__(self) -> None:
        self.session = SimpleNamespace(closed=False)
        self.leases: list[Lease] = [(Kind.PLACE, uuid.uuid4())]
        self.links: list[Any] = []
        self.lost: set[Lease] = set()
        self.proofs = 0

    def lose(self, lost: set[Lease]) -> None:
        self.lost = lost & set(self.leases)

    def ask(self, asked: Asked) -> None:
        asked.logins.add((1, "hash"))

    async def hear_proofs(self, found: Found) -> None:
        self.proofs += 1


class Book:
    """In place of the database: what was written down, and when the pages had been heard."""

    def __init__(self) -> None:
        self.written: list[tuple[set[Lease], datetime]] = []
        self.gone: set[Lease] = set()
        self.fails = False
        self.slow_until: asyncio.Event | None = None

    async def in_thread(
        self, _renew: Callable[..., Any], leases: list[Lease], heard_at: datetime
    ) -> set[Lease]:
        self.written.append((set(leases), heard_at))
        if self.slow_until is not None:
            await self.slow_until.wait()
        if self.fails:
            raise ConnectionError("no database")
        return self.gone


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> Book:
    book = Book()
    monkeypatch.setattr(renewals, "in_lease_thread", book.in_thread)
    monkeypatch.setattr(renewals, "in_database", _nothing_found)
    return book


async def _nothing_found(_prove: object, _asked: Asked) -> Found:
    return Found(set(), set(), {})


async def rounds_of(mine: Renewals) -> None:
    """Until there is nobody left to write down."""
    while mine._rounds is not None:
        await asyncio.wait([mine._rounds])


async def test_pages_heard_in_one_round_are_written_down_together(book: Book) -> None:
    mine, pages = Renewals(), [Page() for _ in range(3)]
    began = timezone.now()
    for page in [*pages, pages[0]]:
        mine.hear(page)  # type: ignore[arg-type]
    await rounds_of(mine)
    [(leases, heard_at)] = book.written
    assert leases == {page.leases[0] for page in pages}
    assert began <= heard_at <= timezone.now()
    assert [page.proofs for page in pages] == [1, 1, 1]


async def test_no_lease_counts_from_later_than_its_ping(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database was long in answering: who was heard before, and not since, is not taken for alive."""
    mine, early, late = Renewals(), Page(), Page()
    at = time.monotonic() - 9
    monkeypatch.setattr(renewals, "time", SimpleNamespace(monotonic=lambda: at))
    mine.hear(early)  # type: ignore[arg-type]
    at += 9
    mine.hear(late)  # type: ignore[arg-type]
    before = timezone.now()
    await rounds_of(mine)
    ages = {
        page: (before - heard_at).total_seconds() for page, heard_at in _by_page(book, early, late).items()
    }
    assert 8 < ages[early] <= 9
    assert ages[late] < 1


def _by_page(book: Book, *pages: Page) -> dict[Page, datetime]:
    return {page: heard_at for page in pages for leases, heard_at in book.written if page.leases[0] in leases}


async def test_who_is_heard_during_a_round_is_in_the_next(book: Book) -> None:
    mine, first, second = Renewals(), Page(), Page()
    book.slow_until = asyncio.Event()
    mine.hear(first)  # type: ignore[arg-type]
    await _until(lambda: bool(book.written))
    mine.hear(second)  # type: ignore[arg-type]
    book.slow_until.set()
    await rounds_of(mine)
    assert [leases for leases, _ in book.written] == [set(first.leases), set(second.leases)]


async def test_only_who_has_lost_something_hears_of_it_and_who_is_closed_is_not_written_down(
    book: Book,
) -> None:
    mine, stays, loses, closed = Renewals(), Page(), Page(), Page()
    book.gone = set(loses.leases)
    for page in (stays, loses, closed):
        mine.hear(page)  # type: ignore[arg-type]
    closed.session.closed = True
    await rounds_of(mine)
    assert (stays.lost, loses.lost) == (set(), set(loses.leases))
    assert book.written[0][0] == {*stays.leases, *loses.leases}


async def test_a_round_that_fails_is_not_the_last(book: Book, caplog: pytest.LogCaptureFixture) -> None:
    mine, page = Renewals(), Page()
    book.fails = True
    mine.hear(page)  # type: ignore[arg-type]
    await rounds_of(mine)
    assert "renewing failed: ConnectionError" in caplog.text
    book.fails = False
    mine.hear(page)  # type: ignore[arg-type]
    await rounds_of(mine)
    assert len(book.written) == 2


@pytest.mark.django_db
async def test_slow_questions_do_not_hold_up_leases() -> None:
    """Every thread for questions is taken, and more wait: leases have a thread of their own.

    Nothing is asked, but a thread looks at the connections that it still has from another test.
    """
    free = threading.Event()
    questions = [asyncio.create_task(database.in_database(free.wait)) for _ in range(8)]
    await asyncio.sleep(0)
    written = asyncio.create_task(database.in_lease_thread(lambda: "written"))
    try:
        await asyncio.wait([written], timeout=10)
        assert written.done()
        assert not any(question.done() for question in questions)
    finally:
        free.set()
        await asyncio.gather(written, *questions)


async def _until(there: Callable[[], bool]) -> None:
    while not there():
        await asyncio.sleep(0)
