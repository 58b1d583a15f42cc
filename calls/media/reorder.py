"""Puts packets back into order, waiting a little for those that were asked for again. Pure."""

from __future__ import annotations

from typing import Generic, TypeVar

Item = TypeVar("Item")


class ReorderBuffer(Generic[Item]):
    """Holds at most `hold_s` seconds, and at most `capacity` items, behind a gap."""

    def __init__(self, *, hold_s: float = 0.6, capacity: int = 64) -> None:
        self._hold_s = hold_s
        self._capacity = capacity
        self._next: int | None = None
        self._waiting: dict[int, tuple[float, Item]] = {}
        self.lost = 0

    def push(self, number: int, item: Item, now: float) -> list[Item]:
        """Add one item by its unwrapped sequence number; gives those that are in order now."""
        if self._next is None:
            self._next = number
        if number == self._next and not self._waiting:
            self._next += 1
            return [item]
        if number < self._next or number in self._waiting:
            return []
        self._waiting[number] = (now, item)
        return self._in_order() + self.expire(now)

    def expire(self, now: float) -> list[Item]:
        """Give up the gaps whose time is over."""
        ready: list[Item] = []
        while self._waiting and self._overdue(now):
            ready += self._skip_gap()
        return ready

    def flush(self) -> list[Item]:
        """Everything that is left, in order."""
        ready: list[Item] = []
        while self._waiting:
            ready += self._skip_gap()
        return ready

    def _overdue(self, now: float) -> bool:
        oldest = min(arrived for arrived, _ in self._waiting.values())
        return len(self._waiting) > self._capacity or now - oldest >= self._hold_s

    def _skip_gap(self) -> list[Item]:
        first = min(self._waiting)
        if self._next is not None:
            self.lost += first - self._next
        self._next = first
        return self._in_order()

    def _in_order(self) -> list[Item]:
        ready: list[Item] = []
        while self._next is not None and self._next in self._waiting:
            ready.append(self._waiting.pop(self._next)[1])
            self._next += 1
        return ready
