"""Video that a peer is sent: one layer at a time of a producer's."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from calls.media import rtcp, rtp
from calls.media.capabilities import SEND_TIME_ID
from calls.media.consumers import Consumer, Tell
from calls.media.frames import with_numbers
from calls.media.history import History
from calls.media.numbering import Numbering
from calls.media.parameters import consumer_parameters
from calls.media.producers import ReceivedVideo, VideoPacket, VideoProducer
from calls.media.rates import Meter

if TYPE_CHECKING:
    from calls.media.transport import Transport

ANY_LAYER = 7
VIDEO_CLOCK = 90_000
LEAST_STEP = VIDEO_CLOCK // 100


class VideoConsumer(Consumer):
    """One layer at a time of a producer; the receiver sees a single stream without holes.

    A layer begins with a key frame only. `wanted` is the layer that is to be sent, `current` the one that is.
    """

    producer: VideoProducer

    def __init__(
        self,
        peer_id: str,
        transport: Transport,
        producer: VideoProducer,
        tell: Tell,
        *,
        paused: bool,
        retransmissions: bool,
    ) -> None:
        super().__init__(peer_id, transport, tell, paused=paused)
        self.producer = producer
        self.rtx_ssrc = rtp.random_ssrc() if retransmissions else None
        self.parameters = consumer_parameters(producer.stream, self.ssrc, self.rtx_ssrc)
        self.wanted: ReceivedVideo | None = None
        self.current: ReceivedVideo | None = None
        self.preferred = ANY_LAYER
        self.preferred_temporal = ANY_LAYER
        self.tile: tuple[int, int] | None = None
        self.meter = Meter()
        self._payload_type = producer.stream.codec.payload_type
        self._needs_key_frame = True
        self._sequences = Numbering()
        self._pictures = Numbering()
        self._tl0_offset = 0
        self._newest_tl0 = 0
        self._time_offset = 0
        self._newest_time: int | None = None
        self._sent_at = 0.0
        self._temporal = ANY_LAYER
        self._history = History()
        self._rtx_sequence = secrets.randbits(15)
        producer.consumers[self.id] = self

    @property
    def layer(self) -> int | None:
        """The spatial layer that is being sent."""
        return None if self.current is None else self.current.layer

    def want_layer(self, layer: int | None, now: float) -> None:
        """Send this layer from its next key frame on; None sends nothing."""
        wanted = None if layer is None else self.producer.received[layer]
        if wanted is self.wanted:
            return
        self.wanted = wanted
        if wanted is None:
            self.current, self._needs_key_frame = None, True
            self._tell_layers()
        elif wanted is not self.current or self._needs_key_frame:
            self.want_key_frame(now)

    def want_key_frame(self, now: float) -> None:
        if self.wanted is not None and not self.paused:
            self.producer.want_key_frame(self.wanted, now)

    def forward(self, received: ReceivedVideo, told: VideoPacket, now: float) -> None:
        """Send a packet on where it belongs to the layer that this consumer is sent."""
        if received is not self.current or self._needs_key_frame:
            if self.paused or received is not self.wanted or not told.picture.key:
                return
            self._begin(received, told, now)
        elif self.paused:
            return
        if not told.packet.payload or self._is_above(told):
            self._sequences.leave_out(told.number)
            return
        number = self._sequences.give(told.number)
        if number is not None:
            self._send(told, number & 0xFFFF, now)

    def resend(self, lost: set[int], now: float) -> None:
        for sequence in lost:
            kept = self._history.again(sequence, now)
            if kept is None:
                continue
            if self.rtx_ssrc is None:
                self.transport.post_rtp(kept.head, kept.payload)
            else:
                self._send_restored(kept.sequence, kept.head, kept.payload)
            self.resent += 1

    def begin_again(self) -> None:
        """After a pause: go on with a key frame, numbered right behind what was sent."""
        self._needs_key_frame = True

    def resume(self, now: float) -> None:
        super().resume(now)
        self.begin_again()
        self.want_key_frame(now)

    def sender_report(self) -> bytes | None:
        clock = None if self.current is None else self.current.clock
        if clock is None or not self.packets:
            return None
        moved = rtcp.SenderInfo(
            ntp_timestamp=clock.ntp_timestamp,
            rtp_timestamp=(clock.rtp_timestamp + self._time_offset) & 0xFFFFFFFF,
            packet_count=0,
            octet_count=0,
        )
        return rtcp.sender_report(ssrc=self.ssrc, source=moved, packets=self.packets, octets=self._octets)

    def close(self) -> None:
        self.producer.consumers.pop(self.id, None)
        self._history.clear()
        super().close()

    def stats(self) -> dict[str, Any]:
        return {**super().stats(), "spatialLayer": self.layer, "kbps": round(self.meter.bps / 1000)}

    def _send(self, told: VideoPacket, sequence: int, now: float) -> None:
        packet = told.packet
        payload = packet.payload
        if told.picture.picture_id is not None:
            picture = self._pictures.give(told.picture_number)
            if picture is None:
                return
            tl0 = told.tl0_number + self._tl0_offset
            self._newest_tl0 = max(self._newest_tl0, tl0)
            bits = 0x7FFF if payload[told.picture.picture_id_at] & 0x80 else 0x7F
            payload = with_numbers(
                payload,
                told.picture,
                picture_id=picture & bits,
                tl0=None if told.picture.tl0 is None else tl0 & 0xFF,
            )
        timestamp = (packet.timestamp + self._time_offset) & 0xFFFFFFFF
        head = self._head(packet.marker, self._payload_type, sequence, timestamp, self.ssrc, now)
        if not self.transport.post_rtp(head, payload):
            return
        self._history.keep(sequence, head, payload, now)
        if self._newest_time is None or _is_after(timestamp, self._newest_time):
            self._newest_time = timestamp
        self._sent_at = now
        self._packets += 1
        self._octets += len(payload)
        self.meter.add(len(payload))

    def _send_restored(self, sequence: int, head: bytes, payload: bytes) -> None:
        """RFC 4588: in a stream of its own, the number that it had before the payload."""
        assert self.rtx_ssrc is not None
        rtx_type = self.producer.stream.codec.rtx_payload_type
        assert rtx_type is not None
        self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
        marker, timestamp = head[1] & 0x80, int.from_bytes(head[4:8], "big")
        now = self.transport.now()
        again = self._head(marker, rtx_type, self._rtx_sequence, timestamp, self.rtx_ssrc, now)
        self.transport.post_rtp(again + sequence.to_bytes(2, "big"), payload)
        self.meter.add(len(payload))

    def _head(
        self, marker: int, payload_type: int, sequence: int, timestamp: int, ssrc: int, now: float
    ) -> bytes:
        return rtp.timed_header(
            marker=marker,
            payload_type=payload_type,
            sequence=sequence,
            timestamp=timestamp,
            ssrc=ssrc,
            extension_id=SEND_TIME_ID,
            now=now,
        )

    def _begin(self, received: ReceivedVideo, told: VideoPacket, now: float) -> None:
        """A key frame: from here on this layer is sent."""
        before, self.current = self.current, received
        self._needs_key_frame = False
        if received is not before:
            self._time_offset = self._offset_for(before, received, told.packet.timestamp, now)
        # The very first numbers are the producer's own, so that a lone layer is forwarded as it is.
        self._sequences.begin(told.number)
        if told.picture.picture_id is not None:
            self._pictures.begin(told.picture_number)
        if told.picture.tl0 is not None:
            follows = told.tl0_number if not self.packets else self._newest_tl0 + 1
            self._tl0_offset = follows - told.tl0_number
        self._temporal = self.preferred_temporal
        if received is not before:
            self._tell_layers()

    def _offset_for(
        self, before: ReceivedVideo | None, received: ReceivedVideo, timestamp: int, now: float
    ) -> int:
        """What to add to the new layer's time: by both senders' clocks if they were told, else by arrival."""
        if self._newest_time is None:
            return 0
        if before is not None and before.clock is not None and received.clock is not None:
            apart = received.clock.ntp_timestamp - before.clock.ntp_timestamp
            then = before.clock.rtp_timestamp + self._time_offset + (apart * VIDEO_CLOCK >> 32)
            due = then + timestamp - received.clock.rtp_timestamp
        else:
            due = self._newest_time + int((now - self._sent_at) * VIDEO_CLOCK)
        if not _is_after(due & 0xFFFFFFFF, self._newest_time):
            due = self._newest_time + LEAST_STEP
        return due - timestamp

    def _is_above(self, told: VideoPacket) -> bool:
        """Does it belong to a temporal layer that is not sent? Decided where a picture starts."""
        temporal = told.picture.temporal
        if temporal is None:
            return False
        if told.picture.starts:
            if self.preferred_temporal < self._temporal:
                self._temporal = self.preferred_temporal
            elif temporal > self._temporal and told.picture.sync:
                self._temporal = min(temporal, self.preferred_temporal)
        if temporal <= self._temporal:
            return False
        self._pictures.leave_out(told.picture_number)
        return True

    def _tell_layers(self) -> None:
        temporal = None if self._temporal == ANY_LAYER else self._temporal
        self.tell("consumer-layers", spatialLayer=self.layer, temporalLayer=temporal)


def _is_after(timestamp: int, other: int) -> bool:
    return 0 < (timestamp - other) & 0xFFFFFFFF < 1 << 31
