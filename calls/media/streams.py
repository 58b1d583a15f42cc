"""A stream that a peer sends (producer) and a stream that a peer is sent (consumer)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from calls.media import rtcp, rtp
from calls.media.capabilities import ProducerStream, consumer_parameters
from calls.media.ice import random_name
from calls.media.reception import Reception
from calls.media.rtp import RtpPacket

if TYPE_CHECKING:
    from calls.media.recorder import TrackRecorder
    from calls.media.transport import Transport

HISTORY = 128
"""Packets kept for retransmission: two and a half seconds of audio."""


class Producer:
    def __init__(
        self, peer_id: str, transport: Transport, stream: ProducerStream, recorder: TrackRecorder | None
    ) -> None:
        self.id = random_name(16)
        self.peer_id = peer_id
        self.transport = transport
        self.stream = stream
        self.recorder = recorder
        self.consumers: dict[str, Consumer] = {}
        self.paused = False
        self.level: int | None = None
        self.reception = Reception(stream.codec.clock_rate)
        self.clock: rtcp.SenderInfo | None = None
        self._clock_at = 0.0

    @property
    def kind(self) -> str:
        return self.stream.kind

    def describe(self) -> dict[str, Any]:
        return {"peerId": self.peer_id, "producerId": self.id, "kind": self.kind}

    def packet_arrived(self, packet: RtpPacket, now: float) -> list[int]:
        """Forward and record one packet; gives the sequence numbers to ask the sender for again."""
        if packet.payload_type != self.stream.payload_type:
            return []
        number = self.reception.add(packet, now)
        if number is not None and not self.paused and packet.payload:
            self._hand_on(number, packet, now)
        return self.reception.to_ask_for(now)

    def clock_told(self, info: rtcp.SenderInfo, now: float) -> None:
        """A sender report: which RTP time is which wall-clock time."""
        self.clock, self._clock_at = info, now

    def report(self, now: float) -> rtcp.RtcpReceiverInfo | None:
        """What the sender is to know of its stream; None before anything arrived."""
        if not self.reception.expected:
            return None
        figures = self.reception.report()
        last, delay = 0, 0
        if self.clock is not None:
            last = (self.clock.ntp_timestamp >> 16) & 0xFFFFFFFF
            delay = min(int((now - self._clock_at) * 65536), 0xFFFFFFFF)
        return rtcp.RtcpReceiverInfo(
            ssrc=self.stream.ssrc,
            fraction_lost=figures.fraction_lost,
            packets_lost=min(figures.packets_lost, 0x7FFFFF),
            highest_sequence=figures.highest_sequence,
            jitter=figures.jitter & 0xFFFFFFFF,
            lsr=last,
            dlsr=delay,
        )

    def pause(self, now: float) -> None:
        self.paused = True
        if self.recorder is not None:
            self.recorder.close(now)

    def resume(self) -> None:
        self.paused = False
        for consumer in self.consumers.values():
            consumer.resume_after_pause()

    def tick(self, now: float) -> None:
        if self.recorder is not None:
            self.recorder.tick(now)

    def close(self, now: float) -> None:
        """Detach from everything. Its recording ends with an utterance."""
        self.transport.remove_producer(self)
        for consumer in list(self.consumers.values()):
            consumer.close()
        if self.recorder is not None:
            self.recorder.close(now)

    def stats(self) -> dict[str, Any]:
        return {
            **self.describe(),
            "packets": self.reception.received,
            "lost": self.reception.lost,
            "recovered": self.reception.recovered,
            "jitterMs": round(self.reception.jitter_ms, 1),
            "levelDbov": None if self.level is None else -self.level,
            "paused": self.paused,
            "recording": self.recorder is not None,
            "consumers": len(self.consumers),
        }

    def _hand_on(self, number: int, packet: RtpPacket, now: float) -> None:
        self.level = rtp.audio_level(packet, self.stream.level_extension)
        if self.recorder is not None:
            self.recorder.push(number, packet, self.level, now)
        for consumer in self.consumers.values():
            consumer.forward(packet)


class Consumer:
    def __init__(self, peer_id: str, transport: Transport, producer: Producer) -> None:
        self.id = random_name(16)
        self.peer_id = peer_id
        self.transport = transport
        self.producer = producer
        self.ssrc = secrets.randbelow(0xFFFFFFFE) + 1
        self.parameters = consumer_parameters(producer.stream, self.ssrc)
        self.packets = 0
        self.resent = 0
        self.fraction_lost = 0
        self._octets = 0
        self._payload_type = producer.stream.codec.payload_type
        self._offset = 0
        self._first: int | None = None
        self._newest = 0
        self._resumed = False
        self._history: list[tuple[int, bytes] | None] = [None] * HISTORY

    def describe(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "producerId": self.producer.id,
            "kind": self.producer.kind,
            "rtpParameters": self.parameters,
        }

    def forward(self, packet: RtpPacket) -> None:
        """Send a producer's packet on under this consumer's numbers."""
        sequence = self._renumber(packet.sequence)
        if sequence is None:
            return
        head = rtp.header(packet, payload_type=self._payload_type, sequence=sequence, ssrc=self.ssrc)
        encrypted = self.transport.send_rtp(head + packet.payload)
        if encrypted is None:
            return
        self._history[sequence % HISTORY] = (sequence, encrypted)
        self.packets += 1
        self._octets += len(packet.payload)

    def resend(self, lost: set[int]) -> None:
        """Answer a NACK from the history; what is no longer there is not answered."""
        for sequence in lost:
            kept = self._history[sequence % HISTORY]
            if kept is not None and kept[0] == sequence:
                self.transport.resend(kept[1])
                self.resent += 1

    def resume_after_pause(self) -> None:
        """Number the next packet right after the last, so that the pause does not look like loss."""
        self._resumed = self._first is not None

    def sender_report(self) -> bytes | None:
        """The producer's clock for this consumer; None while the producer told none."""
        clock = self.producer.clock
        if clock is None or not self.packets:
            return None
        return rtcp.sender_report(ssrc=self.ssrc, source=clock, packets=self.packets, octets=self._octets)

    def close(self) -> None:
        self.producer.consumers.pop(self.id, None)
        self.transport.remove_consumer(self)

    def stats(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "producerId": self.producer.id,
            "kind": self.producer.kind,
            "packets": self.packets,
            "resent": self.resent,
            "fractionLost": round(self.fraction_lost / 256, 3),
        }

    def _renumber(self, sequence: int) -> int | None:
        if self._first is None:
            self._first = self._newest = sequence
        elif self._resumed:
            self._offset = (self._newest + 1 - sequence) & 0xFFFF
            self._first, self._resumed = (self._newest + 1) & 0xFFFF, False
        numbered = (sequence + self._offset) & 0xFFFF
        if (numbered - self._newest) & 0xFFFF < rtp.SEQUENCE_HALF:
            self._newest = numbered
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
        return since_first < HISTORY and back > since_first
