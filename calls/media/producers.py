"""A stream that a peer sends: of audio, or of video in one or several sizes."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, NamedTuple

from calls.media import rtcp, rtp
from calls.media.express import Beginning, Line
from calls.media.fanout import Fan
from calls.media.frames import PLAIN, READERS, Picture, Size
from calls.media.history import AUDIO_PACKETS
from calls.media.ice import random_name
from calls.media.key_frames import KeyFrameRequests
from calls.media.parameters import Encoding, ProducerStream
from calls.media.rates import Meter
from calls.media.reception import NACK_MAX_MISSING, NACK_MAX_MISSING_VIDEO, Reception
from calls.media.rtp import RtpPacket, Unwrapper

if TYPE_CHECKING:
    from calls.media.consumers import AudioConsumer, Consumer
    from calls.media.recorder import TrackRecorder
    from calls.media.transport import Transport
    from calls.media.video_consumers import VideoConsumer

BURST = 1.2
SILENT_AFTER_S = 1.5
"""A layer of which nothing came for so long is not being sent."""
VOICE_DBOV = 45
"""Who is louder than -45 dBov speaks; what the recorder still takes for a voice may be the echo of somebody else's."""


class Received:
    """One of the streams of a producer as it arrives. Its ssrc may be learned from its first packet."""

    def __init__(self, producer: Producer, encoding: Encoding, layer: int) -> None:
        self.producer = producer
        self.encoding = encoding
        self.layer = layer
        self.ssrc = encoding.ssrc
        self.rtx_ssrc = encoding.rtx_ssrc
        video = producer.kind == "video"
        missing = NACK_MAX_MISSING_VIDEO if video else NACK_MAX_MISSING
        self.reception = Reception(producer.stream.codec.clock_rate, missing)
        self.clock: rtcp.SenderInfo | None = None
        self._clock_at = 0.0

    def clock_told(self, info: rtcp.SenderInfo, now: float) -> None:
        """A sender report: which RTP time is which wall-clock time."""
        self.clock, self._clock_at = info, now

    def report(self, now: float) -> rtcp.RtcpReceiverInfo | None:
        """What the sender is to know of its stream; None before anything arrived."""
        self.producer.catch_up()
        if not self.reception.expected or self.ssrc is None:
            return None
        figures = self.reception.report()
        last, delay = 0, 0
        if self.clock is not None:
            last = (self.clock.ntp_timestamp >> 16) & 0xFFFFFFFF
            delay = min(int((now - self._clock_at) * 65536), 0xFFFFFFFF)
        return rtcp.RtcpReceiverInfo(
            ssrc=self.ssrc,
            fraction_lost=figures.fraction_lost,
            packets_lost=min(figures.packets_lost, 0x7FFFFF),
            highest_sequence=figures.highest_sequence,
            jitter=figures.jitter & 0xFFFFFFFF,
            lsr=last,
            dlsr=delay,
        )


class ReceivedVideo(Received):
    def __init__(self, producer: Producer, encoding: Encoding, layer: int) -> None:
        super().__init__(producer, encoding, layer)
        self.key_frames = KeyFrameRequests()
        self.meter = Meter()
        self.size: Size | None = None
        self.heard_at: float | None = None
        self.given_up = 0
        self.picture_ids = Unwrapper(15)
        self.tl0s = Unwrapper(8)

    def is_sent(self, now: float) -> bool:
        return self.heard_at is not None and now - self.heard_at < SILENT_AFTER_S

    def rate(self, now: float) -> float:
        """Bits per second, 0 where it is not being sent. A burst does not count for more than it was announced to be."""
        if not self.is_sent(now):
            return 0.0
        most = self.encoding.max_bps
        measured = max(self.meter.bps, 1.0)
        return measured if most is None else min(measured, most * BURST)


class VideoPacket(NamedTuple):
    """A packet with its unwrapped numbers, made once for all consumers."""

    number: int
    packet: RtpPacket
    picture: Picture
    picture_number: int
    tl0_number: int


class Producer(abc.ABC):
    """What audio and video have in common."""

    received: tuple[Received, ...]

    def __init__(
        self, peer_id: str, transport: Transport, stream: ProducerStream, source: str | None
    ) -> None:
        self.id = random_name(16)
        self.peer_id = peer_id
        self.transport = transport
        self.stream = stream
        self.source = source
        self.paused = False

    @property
    def kind(self) -> str:
        return self.stream.kind

    @property
    @abc.abstractmethod
    def listeners(self) -> list[Consumer]:
        """Its consumers, whatever they carry."""

    def describe(self) -> dict[str, Any]:
        told = {"peerId": self.peer_id, "producerId": self.id, "kind": self.kind}
        return told if self.source is None else {**told, "source": self.source}

    @abc.abstractmethod
    def packet_arrived(self, received: Received, packet: RtpPacket, now: float) -> list[int]:
        """Forward one packet; gives the sequence numbers to ask the sender for again."""

    def pause(self, now: float) -> None:
        self.paused = True

    def resume(self, now: float) -> None:
        self.paused = False

    def tick(self, now: float) -> None:  # noqa: B027 - sound has nothing to do then
        """To be called several times a second."""

    def take_line(self, line: Line) -> None:  # noqa: B027 - pictures are handled in Python
        """Its packets may be handled by compiled code (see express.py)."""

    def leave_line(self) -> None:  # noqa: B027
        """They may not any more."""

    def catch_up(self) -> None:  # noqa: B027
        """Take over what compiled code did."""

    def close(self, now: float) -> None:
        """Detach from everything."""
        self.transport.remove_producer(self)

    def stats(self) -> dict[str, Any]:
        receptions = [one.reception for one in self.received]
        return {
            **self.describe(),
            "packets": sum(one.received for one in receptions),
            "lost": sum(one.lost for one in receptions),
            "recovered": sum(one.recovered for one in receptions),
            "jitterMs": round(max(one.jitter_ms for one in receptions), 1),
            "paused": self.paused,
            "consumers": len(self.listeners),
        }


class AudioProducer(Producer):
    def __init__(
        self,
        peer_id: str,
        transport: Transport,
        stream: ProducerStream,
        source: str | None,
        recorder: TrackRecorder | None,
    ) -> None:
        super().__init__(peer_id, transport, stream, source)
        self.recorder = recorder
        self.consumers: dict[str, AudioConsumer] = {}
        self._level: int | None = None
        self._loudest: int | None = None
        """The loudest level since someone last asked, in -dBov."""
        self._voiced = 0
        self.received = (Received(self, stream.encodings[0], 0),)
        self._newest = -1
        self._line: Line | None = None
        self.sent_ssrc = rtp.random_ssrc()
        self._fan = Fan()
        self._fan_is_stale = False
        self._line_is_stale = True
        self._history: list[tuple[int, RtpPacket] | None] = [None] * AUDIO_PACKETS
        self._payload_type = stream.payload_type
        self._sent_payload_type = stream.codec.payload_type
        self._level_extension = stream.level_extension
        self._reception = self.received[0].reception

    @property
    def listeners(self) -> list[Consumer]:
        return list(self.consumers.values())

    @property
    def newest(self) -> int:
        """The highest number that was handed on, as Reception counts."""
        self.catch_up()
        return self._newest

    @property
    def voiced(self) -> int:
        """Packets as loud as a voice, so far."""
        self.catch_up()
        return self._voiced

    def take_loudest(self) -> int | None:
        """The loudest level since the last call, in -dBov."""
        self.catch_up()
        loudest, self._loudest = self._loudest, None
        return loudest

    def listeners_changed(self) -> None:
        """Somebody listens or does not any more, or is somewhere else. It counts from the next packet on."""
        self._handle_again()
        self._fan_is_stale = True

    def take_line(self, line: Line) -> None:
        self._line = line
        self._line_is_stale = True

    def leave_line(self) -> None:
        self._handle_again()
        self._line = None

    def catch_up(self) -> None:
        taken = None if self._line is None else self._line.take_over()
        if taken is None:
            return
        last = taken.next_sequence, taken.highest, taken.jitter, taken.transit
        self._reception.caught_up(last, taken.packets)
        self._newest, self._level = taken.highest, taken.level
        self._voiced += taken.voiced
        self._note_loudness(taken.loudest)
        self._fan.tally.packets += taken.packets
        self._fan.tally.octets += taken.octets
        self.transport.heard(taken.heard_at)

    def flush(self) -> None:
        """What was handed on leaves now. A port does so itself, for all that it read."""
        self._fan.flush()

    def kept(self, number: int) -> RtpPacket | None:
        """One of the last packets that were handed on."""
        found = self._history[number % AUDIO_PACKETS]
        if found is not None and found[0] == number:
            return found[1]
        return None if self._line is None else self._line.kept(number)

    def packet_arrived(self, received: Received, packet: RtpPacket, now: float) -> list[int]:
        if packet.payload_type != self._payload_type:
            return []
        self._handle_again()
        reception = self._reception
        number = reception.add(packet, now)
        if number is not None and not self.paused and packet.payload:
            self._hand_on(number, packet, now)
        if reception.missing:
            return reception.to_ask_for(now)
        if self._line is not None and number == self._newest and self.recorder is None and not self.paused:
            self._let_go(self._line, now)
        return []

    def pause(self, now: float) -> None:
        self._handle_again()
        super().pause(now)
        if self.recorder is not None:
            self.recorder.close(now)

    def resume(self, now: float) -> None:
        super().resume(now)
        for consumer in self.consumers.values():
            consumer.end_part()

    def tick(self, now: float) -> None:
        if self.recorder is not None:
            self.recorder.tick(now)

    def close(self, now: float) -> None:
        """Its recording ends with an utterance."""
        self._handle_again()
        super().close(now)
        for consumer in list(self.consumers.values()):
            consumer.close()
        if self.recorder is not None:
            self.recorder.close(now)

    def stats(self) -> dict[str, Any]:
        self.catch_up()
        return {
            **super().stats(),
            "levelDbov": None if self._level is None else -self._level,
            "recording": self.recorder is not None,
        }

    def _hand_on(self, number: int, packet: RtpPacket, now: float) -> None:
        level = self._level = rtp.audio_level(packet, self._level_extension)
        self._note_loudness(level)
        if level is not None and level <= VOICE_DBOV:
            self._voiced += 1
        if self.recorder is not None:
            self.recorder.push(number, packet, level, now)
        self._history[number % AUDIO_PACKETS] = (number, packet)
        if number < self._newest:
            for consumer in self.consumers.values():
                consumer.send_late(number, packet)
            return
        self._newest = number
        if self._fan_is_stale:
            self._arrange(number)
        second = packet.marker | self._sent_payload_type
        self._fan.send(second, number, packet.timestamp, packet.payload)

    def _arrange(self, number: int) -> None:
        """Who listens, from this number on."""
        tally = self._fan.begin_tally()
        lanes = [consumer.lane(number, tally) for consumer in self.consumers.values()]
        self._fan.arrange([lane for lane in lanes if lane is not None])
        self._fan_is_stale, self._line_is_stale = False, True

    def _note_loudness(self, level: int | None) -> None:
        if level is not None and (self._loudest is None or level < self._loudest):
            self._loudest = level

    def _let_go(self, line: Line, now: float) -> None:
        """The next packets are for compiled code, as long as nothing changes."""
        if self._line_is_stale:
            line.arrange(self._fan.groups())
            self._line_is_stale = False
        sequence, highest, jitter, transit = self._reception.last
        line.begin(
            Beginning(
                sequence,
                highest,
                self._payload_type,
                self._sent_payload_type,
                self._level_extension,
                VOICE_DBOV,
                self.stream.codec.clock_rate,
                jitter,
                transit,
                now,
            )
        )

    def _handle_again(self) -> None:
        """The next packet is not for compiled code."""
        if self._line is not None and self._line.runs:
            self.catch_up()
            self._line.end()


class VideoProducer(Producer):
    received: tuple[ReceivedVideo, ...]

    def __init__(
        self, peer_id: str, transport: Transport, stream: ProducerStream, source: str | None
    ) -> None:
        super().__init__(peer_id, transport, stream, source)
        self.consumers: dict[str, VideoConsumer] = {}
        self.received = tuple(ReceivedVideo(self, one, layer) for layer, one in enumerate(stream.encodings))
        self._read = READERS[stream.codec.name]

    @property
    def listeners(self) -> list[Consumer]:
        return list(self.consumers.values())

    def packet_arrived(self, received: Received, packet: RtpPacket, now: float) -> list[int]:
        assert isinstance(received, ReceivedVideo)
        if packet.payload_type != self.stream.payload_type:
            return []
        received.heard_at = now
        received.meter.add(len(packet.payload))
        number = received.reception.add(packet, now)
        if number is not None and not self.paused:
            self._hand_on(received, number, packet, now)
        lost = received.reception.to_ask_for(now)
        if received.reception.given_up != received.given_up:
            received.given_up = received.reception.given_up
            self.want_key_frame(received, now)
        return lost

    def want_key_frame(self, received: ReceivedVideo, now: float) -> None:
        """Ask the sender for a key frame, as often as is good for it."""
        if not self.paused and received.key_frames.want(now):
            self.transport.ask_for_key_frame(received)

    def resume(self, now: float) -> None:
        super().resume(now)
        for consumer in self.consumers.values():
            consumer.begin_again()
            consumer.want_key_frame(now)

    def tick(self, now: float) -> None:
        for received in self.received:
            received.meter.tick(now)
            if not self.paused and received.key_frames.due(now):
                self.transport.ask_for_key_frame(received)

    def sizes(self) -> list[Size | None]:
        """Of each layer: as its last key frame said, or as its scale makes it against one that is known."""
        known = next((one for one in reversed(self.received) if one.size is not None), None)
        if known is None or known.size is None:
            return [None] * len(self.received)
        width, height = (side * known.encoding.scale for side in known.size)
        return [
            one.size or (int(width / one.encoding.scale), int(height / one.encoding.scale))
            for one in self.received
        ]

    def close(self, now: float) -> None:
        super().close(now)
        for consumer in list(self.consumers.values()):
            consumer.close()

    def stats(self) -> dict[str, Any]:
        layers = [
            {"rid": one.encoding.rid, "packets": one.reception.received, "kbps": round(one.meter.bps / 1000)}
            for one in self.received
        ]
        return {**super().stats(), "layers": layers}

    def _hand_on(self, received: ReceivedVideo, number: int, packet: RtpPacket, now: float) -> None:
        picture = self._read(packet.payload) if packet.payload else PLAIN
        if picture.key:
            received.key_frames.arrived()
            received.size = picture.size or received.size
        picture_id, tl0 = picture.picture_id, picture.tl0
        told = VideoPacket(
            number,
            packet,
            picture,
            -1 if picture_id is None else received.picture_ids.unwrap(picture_id),
            -1 if tl0 is None else received.tl0s.unwrap(tl0),
        )
        for consumer in self.consumers.values():
            consumer.forward(received, told, now)
