"""One client's leg: ICE and DTLS below, its producers and consumers above."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiortc.rtcdtlstransport import RTCCertificate

from calls.media import rtcp, rtp
from calls.media.bandwidth import NOTHING, Demand, Downlink, allocate, highest_for
from calls.media.config import MediaConfig
from calls.media.consumers import Consumer
from calls.media.dtls import SecureLink
from calls.media.errors import CONFLICT, MediaError
from calls.media.express import Line
from calls.media.ice import IceLite, UdpPort, random_name
from calls.media.producers import Producer, Received, ReceivedVideo
from calls.media.rtp import RtpPacket, random_ssrc
from calls.media.transport_cc import Arrivals
from calls.media.video_consumers import VideoConsumer

HOST_PRIORITY = 1_076_302_079
LARGEST_COMPOUND = 1100
# libsrtp keeps a context per source that it decrypted; a client has no need of more sources than this.
MAX_RTCP_SOURCES = 64
FEEDBACK_EVERY_S = 0.1
AUDIO_BPS = 40_000
"""What each stream of sound is given of the way to a client before any picture is."""
SCREEN_WEIGHT = 1e9
UNSEEN_TILE = 320 * 180


class Source:
    """A stream as it comes over a transport: itself, or what of it is sent again."""

    __slots__ = ("_ice", "_plain", "is_rtx", "received", "transport")

    def __init__(self, transport: Transport, received: Received, *, is_rtx: bool) -> None:
        self.transport = transport
        self.received = received
        self.is_rtx = is_rtx
        self._ice = transport.ice
        self._plain = not is_rtx and received.producer.stream.transport_cc_extension is None

    def take_line(self, line: Line) -> None:
        if self._plain:
            self.received.producer.take_line(line)

    def leave_line(self) -> None:
        if self._plain:
            self.received.producer.leave_line()

    def arrived(self, packet: RtpPacket, now: float) -> None:
        """A packet that was decrypted, so it came from the client."""
        self._ice.last_heard = now
        received = self.received
        if not self._plain:
            self.transport.note_arrival(received, packet, now)
            if self.is_rtx:
                restored = _restored(packet, received)
                if restored is None:
                    return
                packet = restored
        lost = received.producer.packet_arrived(received, packet, now)
        if lost:
            self.transport.ask_again(packet.ssrc, lost)


class Transport:
    """States: new, connecting, connected, disconnected (silent for a while), failed, closed."""

    def __init__(
        self,
        port: UdpPort,
        certificate: RTCCertificate,
        config: MediaConfig,
        *,
        clock: Callable[[], float],
        on_state: Callable[[Transport], None],
    ) -> None:
        self.id = random_name(16)
        self.state = "new"
        self.producers: dict[str, Producer] = {}
        self.sources: dict[int, Source] = {}
        """By ssrc."""
        self._listed: dict[tuple[bytes, int], Source] = {}
        """Those that the port decrypts as it reads, by where they come from and ssrc."""
        self.consumers: dict[int, Consumer] = {}
        self._next_mid = 0
        self._given_ssrcs: set[int] = set()
        self.downlink = Downlink()
        self._port = port
        self._config = config
        self._clock = clock
        self._created = clock()
        self._on_state = on_state
        self._ssrc = random_ssrc()
        self._rtcp_sources: set[bytes] = set()
        self._unnamed: list[Received] = []
        """Streams that are known by a rid until their first packet tells the ssrc."""
        self._arrivals = Arrivals()
        self._feedback_at = 0.0
        self.ice = IceLite(port)
        self._link = SecureLink(
            self.ice,
            certificate,
            on_rtp=self._rtp_arrived,
            on_rtcp=self._rtcp_arrived,
            on_state=self._link_changed,
            on_route=self._route_changed,
            accept=self._is_known_source,
        )
        self.route = self._link.route
        # Once per forwarded packet: bound here, so that no call stands in between.
        self.post_rtp = self._link.post_rtp

    def describe(self) -> dict[str, Any]:
        """What the client's library needs to connect."""
        return {
            "id": self.id,
            "iceParameters": self.ice.parameters(),
            "iceCandidates": [self._candidate()],
            "dtlsParameters": self._link.parameters(),
        }

    def connect(self, dtls_parameters: object) -> None:
        self._link.start(dtls_parameters)

    def restart_ice(self) -> dict[str, Any]:
        return self.ice.restart()

    def add_producer(self, producer: Producer) -> None:
        named = {
            ssrc: Source(self, received, is_rtx=is_rtx)
            for received in producer.received
            for ssrc, is_rtx in ((received.ssrc, False), (received.rtx_ssrc, True))
            if ssrc is not None
        }
        if named.keys() & self.sources.keys():
            raise MediaError(CONFLICT, "this ssrc is in use on the transport")
        self.producers[producer.id] = producer
        if producer.kind == "video":
            self._port.prompt.add(producer.id)
        self.sources.update(named)
        self._unnamed += [received for received in producer.received if received.ssrc is None]
        self._list_sources()

    def remove_producer(self, producer: Producer) -> None:
        self.producers.pop(producer.id, None)
        self._port.prompt.discard(producer.id)
        self.sources = {
            ssrc: source for ssrc, source in self.sources.items() if source.received.producer is not producer
        }
        self._unnamed = [received for received in self._unnamed if received.producer is not producer]
        self._list_sources()

    def fresh_ssrc(self, preferred: int) -> int:
        """The one that is asked for, if this client never knew a stream by it: its numbers must not begin anew."""
        while preferred in self._given_ssrcs:
            preferred = random_ssrc()
        self._given_ssrcs.add(preferred)
        return preferred

    def add_consumer(self, consumer: Consumer) -> None:
        """Give it the next media id: a client that makes up its own gives two streams the same when they come at once."""
        consumer.parameters["mid"] = str(self._next_mid)
        self._next_mid += 1
        self.consumers[consumer.ssrc] = consumer

    def remove_consumer(self, consumer: Consumer) -> None:
        self.consumers.pop(consumer.ssrc, None)

    def now(self) -> float:
        return self._clock()

    def ask_for_key_frame(self, received: ReceivedVideo) -> None:
        if received.ssrc is not None:
            self._link.send_rtcp(rtcp.picture_lost(sender_ssrc=self._ssrc, media_ssrc=received.ssrc))

    def heard(self, at: float) -> None:
        self.ice.last_heard = max(at, self.ice.last_heard or at)

    def silent_for(self, now: float) -> float:
        """Seconds since the client last proved that it is there."""
        for producer in self.producers.values():
            producer.catch_up()
        heard = self.ice.last_heard
        return now - (self._created if heard is None else heard)

    def watch(self, now: float) -> None:
        """Notice a client that went silent, and one that came back."""
        if self.silent_for(now) > self._config.consent_s:
            self.ice.consent_ran_out()
        silent = self.silent_for(now) > self._config.disconnected_after_s
        if silent and self.state == "connected":
            self._enter("disconnected")
        elif not silent and self.state == "disconnected" and self._link.connected:
            self._enter("connected")

    def send_reports(self, now: float) -> None:
        """To be called every second or so: receiver reports up, sender reports down."""
        received = [one for producer in self.producers.values() for one in producer.received]
        reports = [report for one in received if (report := one.report(now)) is not None]
        packets = [consumer.sender_report() for consumer in self.consumers.values()]
        if reports:
            packets.append(rtcp.receiver_report(sender_ssrc=self._ssrc, reports=reports))
        for compound in _compounds([packet for packet in packets if packet is not None]):
            self._link.send_rtcp(compound)

    def share_out(self, now: float) -> None:
        """Give each picture the layer that there is room for. To be called several times a second, and at changes."""
        pictures = [one for one in self.consumers.values() if isinstance(one, VideoConsumer)]
        if not pictures:
            return
        for one in pictures:
            one.meter.tick(now)
        shown = [one for one in pictures if not one.paused and not one.producer.paused]
        room = self.downlink.bps - self._sound_bps()
        layers = allocate(
            room,
            [_demand(one, now) for one in shown],
            one_in_any_case=self.downlink.takes_one_picture(now),
        )
        for one, layer in zip(shown, layers, strict=True):
            one.want_layer(None if layer == NOTHING else layer, now)

    def tell_arrivals(self, now: float) -> None:
        """Transport-wide feedback about what came since the last."""
        if not self._arrivals:
            return
        self._feedback_at = now
        media_ssrc = next(iter(self.sources), 0)
        for body in self._arrivals.feedback():
            self._link.send_rtcp(
                rtcp.transport_feedback(sender_ssrc=self._ssrc, media_ssrc=media_ssrc, body=body)
            )

    async def close(self) -> None:
        """Closes what runs over it, too."""
        if self.state == "closed":
            return
        now = self._clock()
        for producer in list(self.producers.values()):
            producer.close(now)
        for consumer in list(self.consumers.values()):
            consumer.close()
        self._enter("closed")
        await self._link.close()

    def stats(self, now: float) -> dict[str, Any]:
        return {"id": self.id, "state": self.state, "silentS": round(self.silent_for(now), 1)}

    def _candidate(self) -> dict[str, Any]:
        address = self._config.announced_address
        return {
            "foundation": "udpcandidate",
            "ip": address,
            "address": address,
            "port": self._port.number,
            "priority": HOST_PRIORITY,
            "protocol": "udp",
            "type": "host",
        }

    def _is_known_source(self, data: bytes, *, is_rtcp: bool) -> bool:
        """Before decryption: is this a source that was announced (RTP), or one of a few (RTCP)?"""
        if not is_rtcp:
            return int.from_bytes(data[8:12], "big") in self.sources or self._names_itself(data)
        return data[4:8] in self._rtcp_sources or len(self._rtcp_sources) < MAX_RTCP_SOURCES

    def _names_itself(self, data: bytes) -> bool:
        """A packet of an unknown source that carries the rid of a stream that has none yet."""
        if not self._unnamed:
            return False
        packet = rtp.parse_head(data)
        return packet is not None and self._named(packet) is not None

    def _named(self, packet: RtpPacket) -> Source | None:
        for received in self._unnamed:
            stream = received.producer.stream
            mid = _word(packet, stream.mid_extension)
            if mid and stream.mid and mid != stream.mid:
                continue
            rid = received.encoding.rid
            if received.ssrc is None and _word(packet, stream.rid_extension) == rid:
                return Source(self, received, is_rtx=False)
            if received.rtx_ssrc is None and _word(packet, stream.repaired_rid_extension) == rid:
                return Source(self, received, is_rtx=True)
        return None

    def _bind(self, packet: RtpPacket) -> Source | None:
        """Learn the ssrc of a stream from a packet that was decrypted, so it came from the client."""
        found = self._named(packet)
        if found is None:
            return None
        received = found.received
        if found.is_rtx:
            received.rtx_ssrc = packet.ssrc
        else:
            received.ssrc = packet.ssrc
        self.sources[packet.ssrc] = found
        if received.ssrc is not None and received.rtx_ssrc is not None:
            self._unnamed.remove(received)
        self._list_sources()
        return found

    def _list_sources(self) -> None:
        """Tell the port which streams come from where. What comes from anywhere else is given to us as it came."""
        directory, to, opening = self._port.directory, self.ice.destination, self._link.opening
        wanted = {}
        if to is not None and opening is not None:
            wanted = {(to.name, ssrc): source for ssrc, source in self.sources.items()}
        for (name, ssrc), source in self._listed.items():
            if wanted.get((name, ssrc)) is not source:
                source.leave_line()
                directory.leave(name, ssrc, source)
        for (name, ssrc), source in wanted.items():
            if opening is not None and self._listed.get((name, ssrc)) is not source:
                source.take_line(directory.enter(name, ssrc, opening, source))
        self._listed = wanted

    def _link_changed(self, state: str) -> None:
        if self.state != "closed":
            self._enter(state)

    def _route_changed(self) -> None:
        self._list_sources()
        for consumer in self.consumers.values():
            consumer.route_changed()

    def _enter(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self._on_state(self)

    def _rtp_arrived(self, data: bytes) -> None:
        packet = rtp.parse(data)
        if packet is None:
            return
        source = self.sources.get(packet.ssrc) or self._bind(packet)
        if source is not None:
            source.arrived(packet, self._clock())

    def ask_again(self, ssrc: int, lost: list[int]) -> None:
        self._link.send_rtcp(rtcp.nack(sender_ssrc=self._ssrc, media_ssrc=ssrc, lost=lost))

    def note_arrival(self, received: Received, packet: RtpPacket, now: float) -> None:
        extension_id = received.producer.stream.transport_cc_extension
        number = None if extension_id is None else rtp.extension(packet, extension_id)
        if number is None or len(number) < 2:
            return
        self._arrivals.note(int.from_bytes(number[:2], "big"), now)
        if now - self._feedback_at >= FEEDBACK_EVERY_S:
            self.tell_arrivals(now)

    def _rtcp_arrived(self, data: bytes) -> None:
        now = self._clock()
        self.ice.heard(now)
        self._rtcp_sources.add(data[4:8])
        for packet in rtcp.parse(data):
            if isinstance(packet, rtcp.RtcpSrPacket):
                self._clock_told(packet, now)
            elif isinstance(packet, rtcp.RtcpRrPacket):
                self._loss_told(packet.reports, now)
            else:
                self._feedback_came(packet, now)

    def _feedback_came(self, packet: rtcp.Packet, now: float) -> None:
        asked = rtcp.asked_again(packet)
        if asked is not None:
            consumer = self.consumers.get(asked[0])
            if consumer is not None:
                consumer.resend(asked[1], now)
            return
        for ssrc in rtcp.key_frames_wanted(packet):
            consumer = self.consumers.get(ssrc)
            if isinstance(consumer, VideoConsumer):
                consumer.want_key_frame(now)
        allowed = rtcp.allowed_bps(packet)
        if allowed is not None:
            self.downlink.estimate_told(allowed, self._pictures_bps(), now, beside_bps=self._sound_bps())

    def _clock_told(self, packet: rtcp.RtcpSrPacket, now: float) -> None:
        found = self.sources.get(packet.ssrc)
        if found is not None:
            found.received.clock_told(packet.sender_info, now)
        self._loss_told(packet.reports, now)

    def _loss_told(self, reports: list[rtcp.RtcpReceiverInfo], now: float) -> None:
        shares = []
        for report in reports:
            consumer = self.consumers.get(report.ssrc)
            if consumer is not None:
                consumer.fraction_lost = report.fraction_lost
                shares.append(report.fraction_lost / 256)
        if shares:
            sent = self._pictures_bps() + self._sound_bps()
            self.downlink.loss_told(sum(shares) / len(shares), sent, now)

    def _pictures_bps(self) -> float:
        return sum(one.meter.bps for one in self.consumers.values() if isinstance(one, VideoConsumer))

    def _sound_bps(self) -> float:
        return AUDIO_BPS * sum(not isinstance(one, VideoConsumer) for one in self.consumers.values())


def _restored(packet: RtpPacket, received: Received) -> RtpPacket | None:
    """The packet in a retransmission; None for padding, and before the stream itself is known."""
    stream = received.producer.stream
    if packet.payload_type != stream.rtx_payload_type or received.ssrc is None:
        return None
    return rtp.restored(packet, payload_type=stream.payload_type, ssrc=received.ssrc)


def _word(packet: RtpPacket, extension_id: int | None) -> str:
    value = None if extension_id is None else rtp.extension(packet, extension_id)
    return "" if value is None else value.decode("latin-1").rstrip("\0")


def _demand(consumer: VideoConsumer, now: float) -> Demand:
    producer = consumer.producer
    tile = consumer.tile
    weight = float(tile[0] * tile[1]) if tile is not None else UNSEEN_TILE
    return Demand(
        rates=[one.rate(now) for one in producer.received],
        highest=highest_for(producer.sizes(), tile, consumer.preferred),
        current=-1 if consumer.layer is None else consumer.layer,
        weight=SCREEN_WEIGHT + weight if producer.source == "screen" else weight,
    )


def _compounds(packets: list[bytes]) -> list[bytes]:
    """Packets joined into datagrams that fit through any network."""
    compounds: list[bytes] = []
    for packet in packets:
        if compounds and len(compounds[-1]) + len(packet) <= LARGEST_COMPOUND:
            compounds[-1] += packet
        else:
            compounds.append(packet)
    return compounds
