"""20,000 malformed messages: every one has an answer or an effect, none raises, and nothing piles up."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter

import pytest

from calls.signaling.session import Close, Limits, Perform, Relay, Seat, Send, Session
from tests.fuzzing import messages

pytestmark = pytest.mark.unit

ROOM, MINE, OTHER = (f"{n}1111111-1111-4111-8111-111111111111" for n in (1, 2, 3))


def a_page() -> Session:
    session = Session(Limits(256 * 1024, 1e9), 0.0)
    session.logged_in(1)
    session.seated(Seat(ROOM, MINE, "member", peers={OTHER}, place="roomId"))
    return session


def test_no_message_breaks_a_page_or_leaves_anything_behind() -> None:
    session = a_page()
    frames = list(messages(7, 20_000, {"roomId": ROOM, "to": OTHER, "peerId": OTHER}))
    kinds = answered(session, frames)
    assert kinds["Send"] > 10_000
    assert kinds["Perform"] > 100
    assert kinds["Relay"] > 10
    tracemalloc.start()
    answered(session, frames[:2000])
    before = tracemalloc.get_traced_memory()[0]
    answered(session, frames[2000:6000])
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 200_000
    assert not session.closed
    [seat] = session.seats
    assert seat.peers == {OTHER}


def answered(session: Session, frames: list[str]) -> Counter[str]:
    """How many effects of each kind."""
    kinds: Counter[str] = Counter()
    for frame in frames:
        for effect in session.receive(frame, 1.0):
            assert isinstance(effect, Send | Close | Relay | Perform)
            kinds[type(effect).__name__] += 1
            if isinstance(effect, Send):
                json.dumps(effect.message)
    return kinds
