from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.queueing import IdleAgent, WaitingCall, assign, choose, estimate_seconds, position

pytestmark = pytest.mark.unit

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
instants = st.integers(0, 3600).map(lambda seconds: START + timedelta(seconds=seconds))
calls = st.lists(
    st.builds(
        WaitingCall,
        id=st.uuids().map(str),
        queue_id=st.integers(1, 4),
        waiting_since=instants,
        passed_by=st.frozensets(st.integers(1, 8), max_size=4),
        rested=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda call: call.id,
)
agents = st.lists(
    st.builds(
        IdleAgent,
        id=st.integers(1, 8),
        queue_ids=st.frozensets(st.integers(1, 4), min_size=1, max_size=4),
        idle_since=instants,
    ),
    max_size=8,
    unique_by=lambda agent: agent.id,
)


@given(calls, agents)
def test_nobody_is_assigned_twice_and_everyone_serves_the_queue(
    waiting: list[WaitingCall], idle: list[IdleAgent]
) -> None:
    result = assign(waiting, idle)
    by_call, by_agent = {c.id: c for c in waiting}, {a.id: a for a in idle}
    assert len({a.call_id for a in result}) == len({a.agent_id for a in result}) == len(result)
    assert all(by_call[a.call_id].queue_id in by_agent[a.agent_id].queue_ids for a in result)


@given(calls, agents)
def test_no_fresh_agent_stays_idle_beside_a_call_that_waits(
    waiting: list[WaitingCall], idle: list[IdleAgent]
) -> None:
    result = assign(waiting, idle)
    assigned_calls, assigned_agents = {a.call_id for a in result}, {a.agent_id for a in result}
    for call in waiting:
        if call.id in assigned_calls:
            continue
        for agent in idle:
            if agent.id not in assigned_agents and call.queue_id in agent.queue_ids:
                assert agent.id in call.passed_by
                assert not call.rested


@given(agents)
def test_the_longest_idle_agent_comes_first(idle: list[IdleAgent]) -> None:
    call = WaitingCall("a", 1, START)
    chosen = choose(call, sorted(idle, key=lambda agent: (agent.idle_since, agent.id)))
    serving = [agent for agent in idle if 1 in agent.queue_ids]
    assert (chosen is None) == (not serving)
    if chosen is not None:
        assert chosen.idle_since == min(agent.idle_since for agent in serving)


@given(calls, agents)
def test_the_order_of_rows_does_not_matter(waiting: list[WaitingCall], idle: list[IdleAgent]) -> None:
    assert assign(waiting, idle) == assign(reversed(waiting), reversed(idle))


def test_who_passed_is_asked_again_only_after_all_have_passed_and_a_rest() -> None:
    alice, dan = (
        IdleAgent(1, frozenset({1}), START),
        IdleAgent(2, frozenset({1}), START + timedelta(seconds=1)),
    )
    once = WaitingCall("a", 1, START, frozenset({1}))
    all_passed = WaitingCall("a", 1, START, frozenset({1, 2}), rested=False)
    assert choose(once, [alice, dan]) == dan
    assert choose(all_passed, [alice, dan]) is None
    assert choose(WaitingCall("a", 1, START, frozenset({1, 2})), [alice, dan]) == alice


def test_position_and_estimate() -> None:
    assert position("b", ["a", "b", "c"]) == 1
    assert position("x", ["a"]) == 0
    assert estimate_seconds(1, 2, 240) == 240
    assert estimate_seconds(0, 0, 240) is None
