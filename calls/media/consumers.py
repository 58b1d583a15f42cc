"""A stream that a peer is sent: one producer's, under numbers of its own. Video's is in video_consumers.py."""

from __future__ import annotations

import abc
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from calls.media import rtcp, rtp
from calls.media.history import AUDIO_PACKETS, FIRST_CREDIT
from calls.media.ice import random_name
from calls.media.parameters import consumer_parameters
from calls.media.producers import AudioProducer, Producer
from calls.media.rtp import RtpPacket

if TYPE_CHECKING:
    from calls.media.transport import Transport


pack_header = rtp.HEADER.pack

Tell = Callable[..., None]


def random_ssrc() -> int:
    return secrets.randbelow(0xFFFFFFFE) + 1


class Consumer(abc.ABC):
    """What audio and video have in common. `tell` is given events about this consumer for its own page."""

    producer: Producer

    def __init__(self, peer_id: str, transport: Transport, tell: Tell, *, paused: bool) -> None:
        self.id = random_name(16)
        self.peer_id = peer_id
        self.transport = transport
        self.paused = paused
        self.ssrc = random_ssrc()
        self.rtx_ssrc: int | None = None
        self.parameters: dict[str, Any] = {}
        self.packets = 0
        self.resent = 0
        self.fraction_lost = 0
        self._octets = 0
        self._tell = tell

    def describe(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "producerId": self.producer.id,
            "kind": self.producer.kind,
            "rtpParameters": self.parameters,
            "producerPaused": self.producer.paused,
        }

    def tell(self, event: str, **more: Any) -> None:
        self._tell(event, consumerId=self.id, **more)

    @abc.abstractmethod
    def resend(self, lost: set[int], now: float) -> None:
        """Answer a NACK from the history; what is no longer there is not answered."""

    @abc.abstractmethod
    def sender_report(self) -> bytes | None:
        """The producer's clock for this consumer; None while the producer told none."""

    def pause(self) -> None:
        self.paused = True

    def resume(self, now: float) -> None:
        self.paused = False

    def close(self) -> None:
        self.transport.remove_consumer(self)

    def stats(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "producerId": self.producer.id,
            "kind": self.producer.kind,
            "packets": self.packets,
            "resent": self.resent,
            "fractionLost": round(self.fraction_lost / 256, 3),
            "paused": self.paused,
        }


class AudioConsumer(Consumer):
    producer: AudioProducer

    def __init__(
        self, peer_id: str, transport: Transport, producer: AudioProducer, tell: Tell, *, paused: bool
    ) -> None:
        super().__init__(peer_id, transport, tell, paused=paused)
        self.producer = producer
        self.parameters = consumer_parameters(producer.stream, self.ssrc)
        self._payload_type = producer.stream.codec.payload_type
        self._offset = 0
        self._first: int | None = None
        self._newest = 0
        self._next = -1
        """The producer's number of the packet that comes when none is lost: most do."""
        self._resumed = False
        self._history: list[tuple[int, RtpPacket] | None] = [None] * AUDIO_PACKETS
        self._post = transport.post_rtp
        producer.consumers[self.id] = self

    def forward(self, packet: RtpPacket) -> None:
        """Send a producer's packet on under this consumer's numbers."""
        if self.paused:
            return
        sequence: int | None
        if packet.sequence == self._next:
            sequence = self._newest = (self._newest + 1) & 0xFFFF
            self._next = (self._next + 1) & 0xFFFF
        else:
            sequence = self._renumber(packet.sequence)
            if sequence is None:
                return
        head = pack_header(0x80, packet.marker | self._payload_type, sequence, packet.timestamp, self.ssrc)
        if not self._post(head, packet.payload):
            return
        self._history[sequence % AUDIO_PACKETS] = (sequence, packet)
        self.packets += 1
        self._octets += len(packet.payload)

    def resend(self, lost: set[int], now: float) -> None:
        for sequence in lost:
            kept = self._history[sequence % AUDIO_PACKETS]
            if kept is None or kept[0] != sequence or self.resent >= self.packets + FIRST_CREDIT:
                continue
            packet = kept[1]
            head = rtp.header(packet, payload_type=self._payload_type, sequence=sequence, ssrc=self.ssrc)
            self._post(head, packet.payload)
            self.resent += 1

    def resume(self, now: float) -> None:
        super().resume(now)
        self.resume_after_pause()

    def resume_after_pause(self) -> None:
        """Number the next packet right after the last, so that the pause does not look like loss."""
        self._resumed = self._first is not None
        self._next = -1

    def sender_report(self) -> bytes | None:
        clock = self.producer.received[0].clock
        if clock is None or not self.packets:
            return None
        return rtcp.sender_report(ssrc=self.ssrc, source=clock, packets=self.packets, octets=self._octets)

    def close(self) -> None:
        self.producer.consumers.pop(self.id, None)
        super().close()

    def _renumber(self, sequence: int) -> int | None:
        if self._first is None:
            self._first = self._newest = sequence
        elif self._resumed:
            self._offset = (self._newest + 1 - sequence) & 0xFFFF
            self._first, self._resumed = (self._newest + 1) & 0xFFFF, False
        numbered = (sequence + self._offset) & 0xFFFF
        if (numbered - self._newest) & 0xFFFF < rtp.SEQUENCE_HALF:
            self._newest = numbered
            self._next = (sequence + 1) & 0xFFFF
        elif self._is_before_first(numbered):
            return None
        return numbered

    def _is_before_first(self, numbered: int) -> bool:
        """A late packet from before this consumer joined, or from before a pause: its number is taken."""
        assert self._first is not None
        since_first = (self._newest - self._first) & 0xFFFF
        back = (self._newest - numbered) & 0xFFFF
        # Far from the beginning the subtraction of 16-bit numbers says nothing; nothing that late
        # arrives anyway.
        return since_first < AUDIO_PACKETS and back > since_first
