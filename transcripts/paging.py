"""Pages of a search without counting what was found: counting costs more than finding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from calls.models import Call

MOST_PAGES = 200


@dataclass(frozen=True, slots=True)
class Page:
    """One page of calls; only whether there is another one is known."""

    object_list: list[Call]
    number: int
    has_next: bool

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_other_pages(self) -> bool:
        return self.has_next or self.has_previous

    @property
    def next_page_number(self) -> int:
        return self.number + 1

    @property
    def previous_page_number(self) -> int:
        return self.number - 1

    def __len__(self) -> int:
        return len(self.object_list)

    def __iter__(self) -> Iterator[Call]:
        return iter(self.object_list)


def page_of(calls: QuerySet[Call], number: str | None, size: int) -> Page:
    """The page that a query string names; what is no number, or lies behind the last one, is the
    first.
    """
    wanted = int(number) if number and number.isdecimal() and len(number) < 5 else 1
    wanted = min(max(1, wanted), MOST_PAGES)
    rows = list(calls[(wanted - 1) * size : wanted * size + 1])
    if not rows and wanted > 1:
        return page_of(calls, "1", size)
    return Page(rows[:size], wanted, len(rows) > size)
