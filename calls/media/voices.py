"""Requests for the voices of parties without WebRTC: open one, say, stop, go on."""

from __future__ import annotations

import binascii
import time
from base64 import b64decode
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from calls.media.asked import LONGEST_WORD, word
from calls.media.errors import BAD_REQUEST, NOT_FOUND, MediaError
from calls.media.opus import PACKET_SAMPLES, OpusError, packet_duration
from calls.media.recorder import TrackRecorder
from calls.media.room import Peer, Room
from calls.media.voice import Saying, Tell, Voice

MOST_PACKETS = 1_500
"""Half a minute: a sentence is shorter."""
Party = Callable[[dict[str, Any]], tuple[Room, Peer]]


class Voices:
    """The handlers of these requests. `tell_for` gives a party's way to tell its events."""

    def __init__(
        self,
        *,
        party: Party,
        recorder: Callable[[Room, Peer], TrackRecorder],
        tell_for: Callable[[Room, Peer], Tell],
        clock: Callable[[], float],
    ) -> None:
        self._party = party
        self._recorder = recorder
        self._tell_for = tell_for
        self._clock = clock
        self.handlers: dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]] = {
            "open-voice": self._open,
            "say": self._say,
            "stop-voice": self._stop,
            "let-voice": self._let,
        }

    async def _open(self, data: dict[str, Any]) -> dict[str, Any]:
        """Give the party its voice. Asking again is no error."""
        room, peer = self._party(data)
        if peer.voice is None:
            tell = self._tell_for(room, peer)
            peer.voice = Voice(
                peer.id,
                self._recorder(room, peer) if peer.record else None,
                others=lambda: room.producers(besides=peer.id),
                tell=tell,
                clock=self._clock,
                unix_ms=lambda: int(time.time() * 1000),
            )
            peer.voice.start()
            told = peer.voice.producer.describe()
            tell("new-producer", **{key: value for key, value in told.items() if key != "peerId"})
        return {"producerId": peer.voice.producer.id}

    async def _say(self, data: dict[str, Any]) -> dict[str, Any]:
        saying = Saying(word(data, "sayId"), word(data, "turn"), deque(_packets(data.get("packets"))))
        return self._voice(data).say(saying)

    async def _stop(self, data: dict[str, Any]) -> dict[str, Any]:
        turn = data.get("turn")
        return {"stopped": self._voice(data).drop(turn[:LONGEST_WORD] if isinstance(turn, str) else "")}

    async def _let(self, data: dict[str, Any]) -> dict[str, Any]:
        """The sound that held the voice meant nothing."""
        self._voice(data).go_on()
        return {}

    def _voice(self, data: dict[str, Any]) -> Voice:
        _, peer = self._party(data)
        if peer.voice is None:
            raise MediaError(NOT_FOUND, "the party has no voice")
        return peer.voice


def _packets(value: object) -> list[bytes]:
    """Opus packets of 20 ms in base64. Raises MediaError for anything else."""
    if not isinstance(value, list) or not 0 < len(value) <= MOST_PACKETS:
        raise MediaError(BAD_REQUEST, f"packets must be a list of 1 to {MOST_PACKETS}")
    try:
        packets = [b64decode(one, validate=True) for one in value]
        whole = all(packet_duration(packet) == PACKET_SAMPLES for packet in packets)
    except (binascii.Error, OpusError, TypeError, ValueError):
        whole = False
    if not whole:
        raise MediaError(BAD_REQUEST, "packets must be Opus of 20 ms each, in base64")
    return packets
