"""Who sends which stream from where: a table that compiled code looks up before a packet is decrypted.

A key is the name of a sender as the kernel writes it (up to 28 bytes, then zeros) and an ssrc, four words in all. The table has
open addressing with linear probing; what was taken out leaves a mark until it is made anew.
"""

from __future__ import annotations

from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from calls.media.compiled import compiled, int64
from calls.media.datagrams import ADDRESS_BYTES
from calls.media.express import Express, Line
from calls.media.routes import Keys

KEY_BYTES, KEY_WORDS = 32, 4
FIRST_ROWS = 64
EMPTY, GONE = -1, -2
KEYS, ROWS = "uint64[:, ::1]", "int32[::1]"
MIX, START, SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(0), np.uint64(29)

Whose = TypeVar("Whose")


class Table(NamedTuple):
    keys: Any
    rows: Any
    sessions: Any
    """By place."""


class Directory(Generic[Whose]):
    """A row of the table leads to a place in `sessions`, which decrypt, in `whose`, and in the columns of `express`."""

    def __init__(self) -> None:
        self.express = Express()
        self.whose: list[Whose | None] = []
        self._places: dict[bytes, int] = {}
        self._owners: list[Keys | None] = []
        """Keeps what `sessions` points to."""
        self._free: list[int] = []
        self._used = 0
        nothing = np.zeros(0, np.int64)
        self.table = Table(np.zeros((0, KEY_WORDS), np.uint64), nothing.astype(np.int32), nothing)
        self._build(FIRST_ROWS)

    def enter(self, name: bytes, ssrc: int, keys: Keys, whose: Whose) -> Line:
        """`keys` decrypt what comes. Who was there under this key is not any more."""
        key = key_of(name, ssrc)
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = self._take_place()
            self._insert(key, place)
        self.table.sessions[place], self.whose[place], self._owners[place] = keys.where, whose, keys
        return self.express.line(place)

    def leave(self, name: bytes, ssrc: int, whose: Whose) -> None:
        """Nothing happens where somebody else is there by now."""
        key = key_of(name, ssrc)
        place = self._places.get(key)
        if place is None or self.whose[place] is not whose:
            return
        del self._places[key]
        _take_out(self.table.keys, self.table.rows, _words(key))
        self.table.sessions[place], self.whose[place], self._owners[place] = 0, None, None
        self._free.append(place)

    def _take_place(self) -> int:
        if not self._free:
            count = len(self.whose)
            more = max(FIRST_ROWS, count)
            sessions = np.concatenate([self.table.sessions, np.zeros(more, np.int64)])
            self.table = self.table._replace(sessions=sessions)
            self.whose += [None] * more
            self._owners += [None] * more
            self._free = list(range(count, count + more))
        return self._free.pop()

    def _insert(self, key: bytes, place: int) -> None:
        if 2 * (self._used + 1) > len(self.table.rows):
            # Marks of what is gone count as well, so the size may stay.
            self._build(4 * max(FIRST_ROWS // 4, len(self._places)))
            return
        _put_in(self.table.keys, self.table.rows, _words(key), place)
        self._used += 1

    def _build(self, least: int) -> None:
        size = 1 << (least - 1).bit_length()
        keys, rows = np.zeros((size, KEY_WORDS), np.uint64), np.full(size, EMPTY, np.int32)
        self.table = Table(keys, rows, self.table.sessions)
        self._used = len(self._places)
        for key, place in self._places.items():
            _put_in(keys, rows, _words(key), place)


def key_of(name: bytes, ssrc: int) -> bytes:
    return name.ljust(ADDRESS_BYTES, b"\0") + ssrc.to_bytes(4, "big")


def _words(key: bytes) -> Any:
    return np.frombuffer(bytearray(key), np.uint64)


# Compiled from here on.


@compiled()
def _same(one: Any, other: Any) -> bool:
    return bool(one[0] == other[0] and one[1] == other[1] and one[2] == other[2] and one[3] == other[3])


@compiled()
def _begin(key: Any, size: int) -> int:
    """Where in a table of this size (a power of two) the search for a key begins."""
    mixed = START
    for word in range(KEY_WORDS):
        mixed = (mixed ^ key[word]) * MIX
        mixed ^= mixed >> SHIFT
    return int64(mixed & np.uint64(size - 1))


@compiled()
def find(keys: Any, rows: Any, key: Any) -> int:
    """The place of a key, or EMPTY."""
    size = len(rows)
    at = _begin(key, size)
    while rows[at] != EMPTY:
        if rows[at] != GONE and _same(keys[at], key):
            return int64(rows[at])
        at = (at + 1) & (size - 1)
    return int64(EMPTY)


@compiled(f"void({KEYS}, {ROWS}, uint64[::1], int64)")
def _put_in(keys: Any, rows: Any, key: Any, place: int) -> None:
    """A key that is not there yet; there is an empty row."""
    size = len(rows)
    at = _begin(key, size)
    while rows[at] != EMPTY:
        at = (at + 1) & (size - 1)
    keys[at, :] = key
    rows[at] = place


@compiled(f"void({KEYS}, {ROWS}, uint64[::1])")
def _take_out(keys: Any, rows: Any, key: Any) -> None:
    size = len(rows)
    at = _begin(key, size)
    while rows[at] != EMPTY:
        if rows[at] != GONE and _same(keys[at], key):
            rows[at] = GONE
            return
        at = (at + 1) & (size - 1)
