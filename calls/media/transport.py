"""One client's leg: ICE and DTLS below, its producers and consumers above."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from aiortc.rtcdtlstransport import RTCCertificate

from calls.media import rtcp, rtp
from calls.media.config import MediaConfig
from calls.media.dtls import SecureLink
from calls.media.errors import CONFLICT, MediaError
from calls.media.ice import IceLite, UdpPort, random_name
from calls.media.streams import Consumer, Producer

HOST_PRIORITY = 1_076_302_079
LARGEST_COMPOUND = 1100
# libsrtp keeps a context per source that it decrypted; a client has no need of more sources than this.
MAX_RTCP_SOURCES = 64


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
        self.producers: dict[int, Producer] = {}
        self.consumers: dict[int, Consumer] = {}
        self._port = port
        self._config = config
        self._clock = clock
        self._created = clock()
        self._on_state = on_state
        self._ssrc = secrets.randbelow(0xFFFFFFFE) + 1
        self._rtcp_sources: set[bytes] = set()
        self._ice = IceLite(port)
        self._link = SecureLink(
            self._ice,
            certificate,
            on_rtp=self._rtp_arrived,
            on_rtcp=self._rtcp_arrived,
            on_state=self._link_changed,
            accept=self._is_known_source,
        )
        # Once per forwarded packet: bound here, so that no call stands in between.
        self.send_rtp = self._link.send_rtp
        self.resend = self._link.resend

    def describe(self) -> dict[str, Any]:
        """What the client's library needs to connect."""
        return {
            "id": self.id,
            "iceParameters": self._ice.parameters(),
            "iceCandidates": [self._candidate()],
            "dtlsParameters": self._link.parameters(),
        }

    def connect(self, dtls_parameters: object) -> None:
        self._link.start(dtls_parameters)

    def restart_ice(self) -> dict[str, Any]:
        return self._ice.restart()

    def add_producer(self, producer: Producer) -> None:
        if producer.stream.ssrc in self.producers:
            raise MediaError(CONFLICT, "this ssrc is in use on the transport")
        self.producers[producer.stream.ssrc] = producer

    def remove_producer(self, producer: Producer) -> None:
        self.producers.pop(producer.stream.ssrc, None)

    def add_consumer(self, consumer: Consumer) -> None:
        self.consumers[consumer.ssrc] = consumer

    def remove_consumer(self, consumer: Consumer) -> None:
        self.consumers.pop(consumer.ssrc, None)

    def silent_for(self, now: float) -> float:
        """Seconds since the client last proved that it is there."""
        heard = self._ice.last_heard
        return now - (self._created if heard is None else heard)

    def watch(self, now: float) -> None:
        """Notice a client that went silent, and one that came back."""
        silent = self.silent_for(now) > self._config.disconnected_after_s
        if silent and self.state == "connected":
            self._enter("disconnected")
        elif not silent and self.state == "disconnected" and self._link.connected:
            self._enter("connected")

    def send_reports(self, now: float) -> None:
        """To be called every second or so: receiver reports up, sender reports down."""
        reports = [
            report for producer in self.producers.values() if (report := producer.report(now)) is not None
        ]
        packets = [consumer.sender_report() for consumer in self.consumers.values()]
        if reports:
            packets.append(rtcp.receiver_report(sender_ssrc=self._ssrc, reports=reports))
        for compound in _compounds([packet for packet in packets if packet is not None]):
            self._link.send_rtcp(compound)

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

    def _is_known_source(self, ssrc: bytes, *, is_rtcp: bool) -> bool:
        """Before decryption: is this a source that was announced (RTP), or one of a few (RTCP)?"""
        if not is_rtcp:
            return int.from_bytes(ssrc, "big") in self.producers
        return ssrc in self._rtcp_sources or len(self._rtcp_sources) < MAX_RTCP_SOURCES

    def _link_changed(self, state: str) -> None:
        if self.state != "closed":
            self._enter(state)

    def _enter(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self._on_state(self)

    def _rtp_arrived(self, data: bytes) -> None:
        packet = rtp.parse(data)
        producer = self.producers.get(packet.ssrc) if packet is not None else None
        if packet is None or producer is None:
            return
        now = self._clock()
        self._ice.heard(now)
        lost = producer.packet_arrived(packet, now)
        if lost:
            self._link.send_rtcp(rtcp.nack(sender_ssrc=self._ssrc, media_ssrc=packet.ssrc, lost=lost))

    def _rtcp_arrived(self, data: bytes) -> None:
        now = self._clock()
        self._ice.heard(now)
        self._rtcp_sources.add(data[4:8])
        for packet in rtcp.parse(data):
            asked = rtcp.asked_again(packet)
            if asked is not None:
                self._resend(*asked)
            elif isinstance(packet, rtcp.RtcpSrPacket):
                self._clock_told(packet, now)
            elif isinstance(packet, rtcp.RtcpRrPacket):
                self._loss_told(packet.reports)

    def _resend(self, ssrc: int, lost: set[int]) -> None:
        consumer = self.consumers.get(ssrc)
        if consumer is not None:
            consumer.resend(lost)

    def _clock_told(self, packet: rtcp.RtcpSrPacket, now: float) -> None:
        producer = self.producers.get(packet.ssrc)
        if producer is not None:
            producer.clock_told(packet.sender_info, now)
        self._loss_told(packet.reports)

    def _loss_told(self, reports: list[rtcp.RtcpReceiverInfo]) -> None:
        for report in reports:
            consumer = self.consumers.get(report.ssrc)
            if consumer is not None:
                consumer.fraction_lost = report.fraction_lost


def _compounds(packets: list[bytes]) -> list[bytes]:
    """Packets joined into datagrams that fit through any network."""
    compounds: list[bytes] = []
    for packet in packets:
        if compounds and len(compounds[-1]) + len(packet) <= LARGEST_COMPOUND:
            compounds[-1] += packet
        else:
            compounds.append(packet)
    return compounds
