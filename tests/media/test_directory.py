"""Who sends which stream from where, against a dict that does the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.media.compiled import compiled
from calls.media.directory import EMPTY, Directory, _words, find, key_of

pytestmark = pytest.mark.media

NAMES = [bytes([family]) * size for family in (1, 2, 3) for size in (16, 28)]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["enter", "leave"]),
        st.sampled_from(NAMES),
        st.integers(0, 40),
        st.sampled_from(["alice", "bob"]),
    ),
    max_size=400,
)


class NoKeys:
    def __init__(self, where: int) -> None:
        self.where = where


@compiled()
def look_up(table: Any, key: Any) -> int:
    return find(table.keys, table.rows, key)


@given(STEPS)
def test_it_knows_exactly_who_is_there(steps: list[tuple[str, bytes, int, str]]) -> None:
    directory: Directory[str] = Directory()
    known: dict[tuple[bytes, int], tuple[str, int]] = {}
    for number, (step, name, ssrc, who) in enumerate(steps):
        if step == "enter":
            keys: Any = NoKeys(number + 1)
            directory.enter(name, ssrc, keys, who)
            known[name, ssrc] = who, number + 1
        else:
            directory.leave(name, ssrc, who)
            if known.get((name, ssrc), ("", 0))[0] == who:
                del known[name, ssrc]
    for name in NAMES:
        for ssrc in range(41):
            place = look_up(directory.table, _words(key_of(name, ssrc)))
            found = None if place == EMPTY else (directory.whose[place], directory.table.sessions[place])
            assert found == known.get((name, ssrc))
    assert np.count_nonzero(directory.table.sessions) == len(known)


def test_many_come_and_go_and_the_table_stays_small() -> None:
    directory: Directory[str] = Directory()
    keys: Any = NoKeys(1)
    for ssrc in range(3000):
        directory.enter(NAMES[0], ssrc, keys, "alice")
        if ssrc >= 10:
            directory.leave(NAMES[0], ssrc - 10, "alice")
    assert len(directory.table.rows) <= 128
    assert len(directory.whose) <= 64
