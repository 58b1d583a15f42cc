"""Whatever happens to a picture on its way, its receiver sees one stream that goes on. No network, no time."""

from __future__ import annotations

import random
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from calls.media import rtp
from calls.media.frames import vp8
from calls.media.parameters import producer_stream
from calls.media.producers import ReceivedVideo, VideoProducer
from calls.media.rtp import RtpPacket
from calls.media.video_consumers import VideoConsumer
from tests.media.pictures import VP8, announced, payload

pytestmark = pytest.mark.unit

FRAME_S = 0.05


class Wire:
    """Stands for a transport: keeps what is sent, and which layers were asked for a key frame."""

    def __init__(self) -> None:
        self.sent: list[RtpPacket] = []
        self.asked: set[int] = set()
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def post_rtp(self, head: bytes, payload: bytes) -> bool:
        packet = rtp.parse(head + payload)
        assert packet is not None
        self.sent.append(packet)
        return True

    def ask_for_key_frame(self, received: ReceivedVideo) -> None:
        self.asked.add(received.layer)

    def remove_producer(self, producer: Any) -> None:
        """Nothing."""

    def remove_consumer(self, consumer: Any) -> None:
        """Nothing."""


class Show:
    """One producer with three layers, one consumer, and a film that goes on."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.up, self.down = Wire(), Wire()
        encodings = [{"ssrc": 1 + n, "scaleResolutionDownBy": 4 >> n} for n in range(3)]
        stream = producer_stream("video", announced(encodings))
        self.producer = VideoProducer("alice", self.up, stream, "camera")  # type: ignore[arg-type]
        self.consumer = VideoConsumer(
            "cara", self.down, self.producer, lambda *a, **k: None, paused=False, retransmissions=True
        )  # type: ignore[arg-type]
        self.state = [
            SimpleNamespace(sequence=dice.randrange(65_536), stamp=dice.randrange(1 << 32),
                            picture=dice.randrange(1 << 15), tl0=dice.randrange(256))
            for _ in range(3)
        ]  # fmt: skip
        self.held: list[tuple[ReceivedVideo, RtpPacket]] = []
        self.frames = 0

    def frame(self, *, silent: set[int] | None = None, rough: bool = True) -> None:
        self.up.time = self.down.time = self.up.time + FRAME_S
        self.frames += 1
        for layer, at in enumerate(self.state):
            self._frame_of(layer, at, silent=bool(silent and layer in silent), rough=rough)
        self.producer.tick(self.up.time)

    def _frame_of(self, layer: int, at: Any, *, silent: bool, rough: bool) -> None:
        at.stamp += 4500
        if silent:
            return
        key = layer in self.up.asked
        self.up.asked.discard(layer)
        temporal = 0 if key else self.frames % 2
        at.picture += 1
        at.tl0 += temporal == 0
        for number in range(3):
            at.sequence += 1
            data = payload(key=key and number == 0, picture=at.picture, tl0=at.tl0, temporal=temporal,
                           sync=temporal == 1, starts=number == 0)  # fmt: skip
            stamp = at.stamp & 0xFFFFFFFF
            packet = RtpPacket(0x80 * (number == 2), VP8, at.sequence & 0xFFFF, stamp, 1 + layer, data)
            received = self.producer.received[layer]
            if rough and self.dice.random() < 0.05:
                self.held.append((received, packet))
            else:
                self._arrives(received, packet)
            while self.held and (not rough or self.dice.random() < 0.3):
                self._arrives(*self.held.pop(0))

    def _arrives(self, received: ReceivedVideo, packet: RtpPacket) -> None:
        self.producer.packet_arrived(received, packet, self.up.time)


def happens(show: Show, silent: set[int]) -> None:
    """Anything that pages, networks and browsers do."""
    now, dice = show.up.time, show.dice
    match dice.randrange(7):
        case 0 | 1:
            show.consumer.want_layer(dice.choice([0, 1, 2, None]), now)
        case 2:
            show.consumer.paused = not show.consumer.paused
            if not show.consumer.paused:
                show.consumer.resume(now)
        case 3:
            if show.producer.paused:
                show.producer.resume(now)
            else:
                show.producer.pause(now)
        case 4:
            show.consumer.preferred_temporal = dice.choice([0, 1, 7])
        case 5:
            silent ^= {dice.randrange(3)}
        case 6:
            show.consumer.want_key_frame(now)


@pytest.mark.parametrize("seed", range(30))
def test_it_goes_on_whatever_happens(seed: int) -> None:
    show, silent = Show(random.Random(seed)), set()
    show.consumer.want_layer(2, show.up.time)
    for _ in range(400):
        if show.dice.random() < 0.2:
            happens(show, silent)
        show.frame(silent=silent)
    show.producer.resume(show.up.time)
    show.consumer.resume(show.up.time)
    show.consumer.want_layer(show.dice.randrange(3), show.up.time)
    for _ in range(60):
        show.frame(rough=False)
    before = len(show.down.sent)
    for _ in range(20):
        show.frame(rough=False)
    assert len(show.down.sent) >= before + 20
    assert_one_stream(show.down.sent)


def assert_one_stream(sent: list[RtpPacket]) -> None:
    """No number twice, no step back of the time from picture to picture, and every picture in its place."""
    unwrap = rtp.Unwrapper(16)
    numbers = [unwrap.unwrap(packet.sequence) for packet in sent]
    assert len(set(numbers)) == len(numbers)
    ordered = sorted(zip(numbers, sent, strict=True), key=lambda each: each[0])
    for (_, one), (_, following) in pairwise(ordered):
        assert (following.timestamp - one.timestamp) & 0xFFFFFFFF < 90_000 * 60
        first, then = vp8(one.payload).picture_id, vp8(following.payload).picture_id
        assert first is not None
        assert then is not None
        assert (then - first) & 0x7FFF < 8
