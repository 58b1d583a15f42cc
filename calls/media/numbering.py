"""Numbers of a stream that is put together from parts of others, so that the receiver sees one without holes. Pure."""

from __future__ import annotations

from bisect import bisect_left, insort

REMEMBERED = 512
"""Numbers that were left out; what comes later than that many of them is too late for anyone."""


class Numbering:
    """Maps unwrapped numbers of the source in use to unwrapped numbers of the stream that is sent.

    `begin` starts a part (a source, or the same one after a pause) right behind the last; `leave_out` closes
    the hole of a packet that is not sent on.
    """

    def __init__(self) -> None:
        self._from = 0
        self._to = 0
        self._left_out: list[int] = []
        self._forgotten = 0
        self._highest: int | None = None
        self._newest = -1

    @property
    def highest(self) -> int | None:
        """The highest number given so far."""
        return self._highest

    def begin(self, number: int, *, at: int | None = None) -> None:
        """The part begins with this number; it is given `at`, or the next one after the highest."""
        self._from = number
        if at is not None:
            self._to = at
        else:
            self._to = number if self._highest is None else self._highest + 1
        self._newest = number - 1
        self._left_out = []
        self._forgotten = 0

    def leave_out(self, number: int) -> None:
        """Of a packet that comes late the hole stays: the numbers behind it are given already."""
        if number <= self._newest or number in self:
            return
        insort(self._left_out, number)
        if len(self._left_out) > REMEMBERED:
            del self._left_out[0]
            self._forgotten += 1

    def __contains__(self, number: int) -> bool:
        """Was it left out?"""
        at = bisect_left(self._left_out, number)
        return at < len(self._left_out) and self._left_out[at] == number

    def give(self, number: int) -> int | None:
        """The number under which it is sent; None for one from before this part, or that was left out."""
        if number < self._from:
            return None
        skipped = self._forgotten
        if self._left_out:
            at = bisect_left(self._left_out, number)
            if at < len(self._left_out) and self._left_out[at] == number:
                return None
            if at == 0 and self._forgotten:
                return None
            skipped += at
        given = self._to + number - self._from - skipped
        self._newest = max(self._newest, number)
        if self._highest is None or given > self._highest:
            self._highest = given
        return given
