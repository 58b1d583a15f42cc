"""A party without WebRTC: its Opus packets are played here, in time, and forwarded and recorded like anybody's.

What is to be said comes in pieces ("sayings", a sentence each); a piece belongs to a turn, and a turn that was stopped takes
no more of them. While another party speaks the voice is held (see attention.py).
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from calls.media.attention import TICK_MS, Attention, Verdict
from calls.media.opus import PACKET_SAMPLES, SILENCE_20MS
from calls.media.parameters import producer_stream
from calls.media.producers import AudioProducer, Producer
from calls.media.recorder import TrackRecorder
from calls.media.rtp import ONE_BYTE_PROFILE, SEQUENCE_HALF, SILENT_LEVEL, RtpPacket, random_ssrc

logger = logging.getLogger(__name__)

TICK_S = TICK_MS / 1000
PAYLOAD_TYPE = 111
LEVEL_ID = 1
SPOKEN_LEVEL = 30
"""Told as the loudness of its words, in -dBov: whoever speaks is shown by it."""
MOST_OWED = 10
"""Packets of a burst that count in later ticks: who has fallen silent is not heard for longer than 200 ms more."""
MOST_TICKS_LATE = 10
MOST_QUEUED_MS = 120_000
STOPPED_TURNS = 32
SAID, HELD, GOES_ON = "said", "voice-held", "voice-goes-on"
TOLD = frozenset({SAID, HELD, GOES_ON})
"""Notices for whoever thinks for the voice: no page gets them."""
CODEC = {"mimeType": "audio/opus", "payloadType": PAYLOAD_TYPE, "clockRate": 48_000, "channels": 2}
LEVEL = {"uri": "urn:ietf:params:rtp-hdrext:ssrc-audio-level", "id": LEVEL_ID}

Sources = Callable[[], Iterable[Producer]]
Tell = Callable[..., None]
UnixMs = Callable[[], int]


class NoTransport:
    """What a producer needs of a transport where there is none."""

    def remove_producer(self, producer: Producer) -> None:
        """Nothing was added."""


@dataclass
class Saying:
    id: str
    turn: str
    packets: deque[bytes]
    ms: int = field(init=False)
    heard_ms: int = 0
    started_ms: int | None = None
    """Unix time at which its first packet left."""

    def __post_init__(self) -> None:
        self.ms = len(self.packets) * TICK_MS

    def described(self, outcome: str) -> dict[str, Any]:
        return {
            "sayId": self.id,
            "turn": self.turn,
            "outcome": outcome,
            "startedMs": self.started_ms,
            "heardMs": self.heard_ms,
        }


class Voice:
    """`others` gives the producers of everybody else in the room. `tell` is given what became of each saying."""

    def __init__(
        self,
        peer_id: str,
        recorder: TrackRecorder | None,
        *,
        others: Sources,
        tell: Tell,
        clock: Callable[[], float],
        unix_ms: UnixMs,
    ) -> None:
        stream = producer_stream(
            "audio",
            {"codecs": [CODEC], "encodings": [{"ssrc": random_ssrc()}], "headerExtensions": [LEVEL]},
        )
        transport: Any = NoTransport()
        self.producer = AudioProducer(peer_id, transport, stream, "microphone", recorder)
        self.attention = Attention()
        self._others = others
        self._tell = tell
        self._clock = clock
        self._unix_ms = unix_ms
        self._queue: deque[Saying] = deque()
        self._stopped: deque[str] = deque(maxlen=STOPPED_TURNS)
        self._sequence = secrets.randbelow(SEQUENCE_HALF)
        self._timestamp = secrets.randbits(31)
        self._counted: dict[str, int] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="voice")
        self._task.add_done_callback(_tell_of_fault)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.drop("")

    @property
    def queued_ms(self) -> int:
        return sum(saying.ms - saying.heard_ms for saying in self._queue)

    @property
    def is_speaking(self) -> bool:
        return bool(self._queue) and not self.attention.held

    def say(self, saying: Saying) -> dict[str, Any]:
        """Queue a piece. `accepted` is False for one of a turn that was stopped, or when too much waits already."""
        accepted = saying.turn not in self._stopped and self.queued_ms + saying.ms <= MOST_QUEUED_MS
        if accepted and all(saying.id != other.id for other in self._queue):
            self._queue.append(saying)
        return {"accepted": accepted, "held": self.attention.held, "queuedMs": self.queued_ms}

    def drop(self, turn: str) -> list[dict[str, Any]]:
        """Stop at once. Tells of each piece how much of it was heard, and so do the events; `turn` takes no more."""
        if turn:
            self._stopped.append(turn)
        dropped = [saying.described("stopped") for saying in self._queue]
        self._stopped.extend({saying.turn for saying in self._queue} - set(self._stopped))
        self._queue.clear()
        self.attention.release()
        for told in dropped:
            self._tell(SAID, **told)
        return dropped

    def go_on(self) -> None:
        self.attention.release()

    def tick(self, now: float) -> None:
        """Once every 20 ms: listen to the others, send one packet."""
        verdict = self.attention.tick(self._is_anybody_speaking())
        if verdict is not None and self._queue:
            self._tell(HELD if verdict is Verdict.HOLD else GOES_ON, turn=self._queue[0].turn)
        # Nobody is greeted who cannot hear it yet.
        if self._queue and not self.attention.held and self.producer.consumers:
            self._speak(self._queue[0], now)
        else:
            self._send(SILENCE_20MS, SILENT_LEVEL, now)

    def _speak(self, saying: Saying, now: float) -> None:
        if saying.started_ms is None:
            saying.started_ms = self._unix_ms()
            self._tell(SAID, **saying.described("begun"))
        self._send(saying.packets.popleft(), SPOKEN_LEVEL, now)
        saying.heard_ms += TICK_MS
        if not saying.packets:
            self._queue.popleft()
            self._tell(SAID, **saying.described("whole"), last=not self._queue)

    def _send(self, payload: bytes, level: int, now: float) -> None:
        extensions = bytes((LEVEL_ID << 4, level)) + b"\0\0"
        ssrc = self.producer.stream.encodings[0].ssrc or 0
        packet = RtpPacket(
            0, PAYLOAD_TYPE, self._sequence, self._timestamp, ssrc, payload, ONE_BYTE_PROFILE, extensions
        )
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + PACKET_SAMPLES) & 0xFFFFFFFF
        self.producer.packet_arrived(self.producer.received[0], packet, now)
        self.producer.flush()

    def _is_anybody_speaking(self) -> bool:
        """Each loud packet counts for one tick, since networks bring several at once. Who sends none any more is silent."""
        speaking = False
        counted = {}
        for producer in self._others():
            if not isinstance(producer, AudioProducer) or producer.paused:
                continue
            before = max(self._counted.get(producer.id, producer.voiced), producer.voiced - MOST_OWED)
            owed = producer.voiced > before
            counted[producer.id] = before + owed
            speaking |= owed
        self._counted = counted
        return speaking

    async def _run(self) -> None:
        due = self._clock()
        while True:
            now = self._clock()
            if now - due > MOST_TICKS_LATE * TICK_S:
                due = now  # the process was away: what was not said is said later, not faster
            while due <= now:
                self.tick(now)
                due += TICK_S
            await asyncio.sleep(max(0.0, due - self._clock()))


def _tell_of_fault(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.error("a voice stopped", exc_info=task.exception())
