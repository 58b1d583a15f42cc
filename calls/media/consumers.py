"""A stream that a peer is sent: one producer's, under numbers of its own. Video's is in video_consumers.py."""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from calls.media import rtcp, rtp
from calls.media.fanout import Lane, Tally
from calls.media.history import FIRST_CREDIT
from calls.media.ice import random_name
from calls.media.parameters import consumer_parameters
from calls.media.producers import AudioProducer, Producer
from calls.media.rtp import RtpPacket, random_ssrc

if TYPE_CHECKING:
    from calls.media.transport import Transport

Tell = Callable[..., None]


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
        self.resent = 0
        self.fraction_lost = 0
        self._packets = 0
        self._octets = 0
        self._tell = tell

    @property
    def packets(self) -> int:
        """How many were sent, without those that were sent again."""
        return self._packets

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

    def route_changed(self) -> None:  # noqa: B027 - who looks the way up for each packet has nothing to do
        """Packets get to the client another way, or not at all, from now on."""

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
    """A listener. What comes in order is sent by the producer's fan (see fanout.py), the rest from here."""

    producer: AudioProducer

    def __init__(
        self, peer_id: str, transport: Transport, producer: AudioProducer, tell: Tell, *, paused: bool
    ) -> None:
        super().__init__(peer_id, transport, tell, paused=paused)
        self.producer = producer
        # The same for all listeners, so that they are sent the same bytes before encryption.
        self.ssrc = transport.fresh_ssrc(producer.sent_ssrc)
        self.parameters = consumer_parameters(producer.stream, self.ssrc)
        self._payload_type = producer.stream.codec.payload_type
        self._post = transport.post_rtp
        self._tally: Tally | None = None
        self._offset: int | None = None
        """From the producer's numbers to this listener's; None until the next packet, which begins a part without holes."""
        self._begins = 0
        self._follows: int | None = None
        """The last number before that part."""
        producer.consumers[self.id] = self
        producer.listeners_changed()

    @property
    def packets(self) -> int:
        self.producer.catch_up()
        return self._packets + (0 if self._tally is None else self._tally.packets)

    def lane(self, number: int, tally: Tally) -> Lane | None:
        """What the fan has to know to send to this listener from this number on; None where nothing is to be sent."""
        self._settle()
        if self.paused:
            return None
        if self._offset is None:
            self._offset = 0 if self._follows is None else self._follows + 1 - number
            self._begins = number
        route = self.transport.route()
        if route is None:
            return None
        self._tally = tally
        return Lane(self.ssrc, self._offset, route)

    def send_late(self, number: int, packet: RtpPacket) -> None:
        """A packet that was lost on its way to us at first. From before this part its number is taken."""
        if self.paused or self._offset is None or number < self._begins:
            return
        if self._put(number, packet):
            self._packets += 1
            self._octets += len(packet.payload)

    def resend(self, lost: set[int], now: float) -> None:
        for sequence in lost:
            number = self._number_of(sequence)
            packet = None if number is None else self.producer.kept(number)
            if number is None or packet is None or self.resent >= self.packets + FIRST_CREDIT:
                continue
            self._put(number, packet)
            self.resent += 1

    def pause(self) -> None:
        super().pause()
        self.end_part()

    def resume(self, now: float) -> None:
        super().resume(now)
        self.producer.listeners_changed()

    def end_part(self) -> None:
        """Number the next packet right after the last, so that a pause does not look like loss."""
        if self._offset is not None:
            self._follows, self._offset = self.producer.newest + self._offset, None
        self.producer.listeners_changed()

    def route_changed(self) -> None:
        self.producer.listeners_changed()

    def sender_report(self) -> bytes | None:
        clock = self.producer.received[0].clock
        if clock is None or not self.packets:
            return None
        octets = self._octets + (0 if self._tally is None else self._tally.octets)
        return rtcp.sender_report(ssrc=self.ssrc, source=clock, packets=self.packets, octets=octets)

    def close(self) -> None:
        self.producer.consumers.pop(self.id, None)
        self.producer.listeners_changed()
        super().close()

    def _settle(self) -> None:
        """Take over what the fan counted."""
        if self._tally is not None:
            self._packets += self._tally.packets
            self._octets += self._tally.octets
            self._tally = None

    def _put(self, number: int, packet: RtpPacket) -> bool:
        assert self._offset is not None
        sequence = (number + self._offset) & 0xFFFF
        head = rtp.header(packet, payload_type=self._payload_type, sequence=sequence, ssrc=self.ssrc)
        return self._post(head, packet.payload)

    def _number_of(self, sequence: int) -> int | None:
        """The producer's number of one of the last packets; None where it is none of this part."""
        if self._offset is None:
            return None
        newest = self.producer.newest
        number = newest - ((newest + self._offset - sequence) & 0xFFFF)
        return number if number >= self._begins else None
