"""Who speaks over the assistant's voice, however the packets arrive."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import pytest

from calls.media.parameters import producer_stream
from calls.media.producers import AudioProducer
from calls.media.rtp import random_ssrc
from calls.media.voice import CODEC, HELD, LEVEL, NoTransport, Saying, Voice

pytestmark = pytest.mark.unit


def told_while(arrivals: Sequence[int]) -> list[tuple[int, str]]:
    """What a voice in the middle of its sentence tells, by tick, when so many loud packets arrive in each."""
    transport: Any = NoTransport()
    stream = producer_stream(
        "audio",
        {"codecs": [CODEC], "encodings": [{"ssrc": random_ssrc()}], "headerExtensions": [LEVEL]},
    )
    cara = AudioProducer("cara", transport, stream, "microphone", None)
    told: list[tuple[int, str]] = []
    voice = Voice(
        "assistant",
        None,
        others=lambda: [cara],
        tell=lambda kind, **_: told.append((tick, kind)),
        clock=lambda: 0.0,
        unix_ms=lambda: 0,
    )
    voice.say(Saying("1", "t", deque([b"x"] * 500)))
    tick = 0
    voice.tick(0.0)
    for tick, count in enumerate(arrivals, 1):
        cara._voiced += count
        voice.tick(0.02 * tick)
    return [(at, kind) for at, kind in told if kind == HELD]


def test_bursts_hold_it_as_soon_as_a_steady_stream() -> None:
    ((steady, _),) = told_while([1] * 15)
    ((bursts, _),) = told_while([3, 0, 0] * 5)
    assert steady == bursts == 11


def test_what_a_burst_is_owed_is_soon_forgotten() -> None:
    assert told_while([40] + [0] * 50) == []


def test_who_is_quiet_holds_nothing() -> None:
    assert told_while([0] * 50) == []
    assert told_while([5] + [0] * 50) == []
