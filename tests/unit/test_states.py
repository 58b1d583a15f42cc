from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.states import (
    ACTIVE,
    FINAL,
    TRANSITIONS,
    CallStatus,
    InvalidTransition,
    check,
    finish_of,
    may_follow,
)

pytestmark = [pytest.mark.unit, pytest.mark.req("S2.4")]

statuses = st.sampled_from(CallStatus)


def test_the_table_is_exactly_that_of_the_requirements() -> None:
    forward = ["INITIATING", "RINGING", "CONNECTING", "IN_PROGRESS", "ENDED"]
    wanted = set(itertools.pairwise(forward)) | {(s, "FAILED") for s in forward[:3]}
    assert {(a.value, b.value) for a, following in TRANSITIONS.items() for b in following} == wanted


@given(statuses, statuses)
def test_check_raises_exactly_where_the_table_has_no_entry(current: CallStatus, wanted: CallStatus) -> None:
    if may_follow(current, wanted):
        check(current, wanted)
    else:
        with pytest.raises(InvalidTransition):
            check(current, wanted)


@given(st.lists(statuses, max_size=12))
def test_no_walk_ever_leaves_a_final_state_or_visits_a_state_twice(wishes: list[CallStatus]) -> None:
    path = [CallStatus.INITIATING]
    for wish in wishes:
        if may_follow(path[-1], wish):
            path.append(wish)
    assert len(set(path)) == len(path)
    assert all(state in ACTIVE for state in path[:-1])


@given(statuses)
def test_every_active_state_can_be_finished_and_no_final_one(current: CallStatus) -> None:
    finish = finish_of(current)
    assert (finish is None) == (current in FINAL)
    if finish is not None:
        assert may_follow(current, finish)
