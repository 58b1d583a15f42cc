"""A camera that sends made-up VP8 in several sizes as a browser does, and a screen that keeps what it is sent."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiortc.rtp import RtcpPacket

from calls.media import rtcp, rtp
from calls.media.capabilities import MID, REPAIRED_RID, RID, TRANSPORT_CC
from calls.media.frames import Picture, vp8
from calls.media.rtp import RtpPacket
from calls.simulation.sfu_device import Leg

VP8, RTX = 96, 97
MID_ID, RID_ID, REPAIRED_ID, CC_ID = 9, 10, 11, 12


def announced(
    encodings: list[dict[str, Any]], *, rtx: bool = True, extensions: bool = True, mime: str = "video/VP8"
) -> dict[str, Any]:
    """RtpParameters of a video producer as the browser's library sends them."""
    codec = {"mimeType": mime, "payloadType": VP8, "clockRate": 90_000, "parameters": {}, "rtcpFeedback": []}
    again = {
        "mimeType": "video/rtx",
        "payloadType": RTX,
        "clockRate": 90_000,
        "parameters": {"apt": VP8},
        "rtcpFeedback": [],
    }
    uris = [(MID, MID_ID), (RID, RID_ID), (REPAIRED_RID, REPAIRED_ID), (TRANSPORT_CC, CC_ID)]
    return {
        "mid": "1",
        "codecs": [codec, again] if rtx else [codec],
        "headerExtensions": [{"uri": uri, "id": number} for uri, number in uris] if extensions else [],
        "encodings": encodings,
        "rtcp": {"cname": "camera", "reducedSize": True},
    }


def payload(
    *, key: bool, picture: int, tl0: int = 0, temporal: int = 0, sync: bool = False,
    size: tuple[int, int] = (640, 360), starts: bool = True, filler: int = 20,
) -> bytes:  # fmt: skip
    """One VP8 packet with a descriptor like Chrome's."""
    head = struct.pack(
        "!BBHBB",
        0x90 if starts else 0x80,
        0xE0,
        0x8000 | picture & 0x7FFF,
        tl0 & 0xFF,
        temporal << 6 | sync << 5,
    )
    if not starts:
        return head + bytes(filler)
    if not key:
        return head + b"\x01" + bytes(filler)
    return head + b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", *size) + bytes(filler)


@dataclass
class Layer:
    """One size of the camera's picture."""

    ssrc: int
    rid: str = ""
    sequence: int = 1000
    timestamp: int = 90_000
    picture: int = 100
    tl0: int = 10
    size: tuple[int, int] = (640, 360)
    filler: int = 20
    wants_key: bool = True
    asked: int = 0
    sent: dict[int, bytes] = field(default_factory=dict)


class Camera:
    """`await frame()` sends one frame of every layer; a key frame where one was asked for."""

    def __init__(self, leg: Leg, layers: list[Layer], *, packets: int = 1, temporal: bool = False) -> None:
        self.leg = leg
        self.layers = layers
        self.packets = packets
        self.temporal = temporal
        self.asked_again: list[int] = []
        self.feedback: list[bytes] = []
        self.frames = 0
        self._cc = 0
        self.drop: Callable[[Layer, int], bool] = lambda layer, sequence: False
        take = leg.dtls._handle_rtcp_data

        async def watch(data: bytes) -> None:
            for packet in RtcpPacket.parse(data):
                self._told(packet)
            if data[1] == 205 and data[0] & 0x1F == 15:
                self.feedback.append(data)
            await take(data)

        leg.dtls._handle_rtcp_data = watch

    async def frame(self) -> None:
        for layer in self.layers:
            await self._frame_of(layer)
        self.frames += 1

    async def film(self, until: Callable[[], Any], within: float = 10.0, fps: float = 100) -> None:
        """Frames until something is so."""
        async with asyncio.timeout(within):
            while not until():
                await self.frame()
                await asyncio.sleep(1 / fps)

    async def resend(self, layer: Layer, sequence: int, rtx_ssrc: int) -> None:
        body = sequence.to_bytes(2, "big") + layer.sent[sequence]
        values = b""
        if layer.rid:
            values = bytes([REPAIRED_ID << 4 | len(layer.rid) - 1]) + layer.rid.encode()
            values += bytes(-len(values) % 4)
        numbers = (0x90, RTX, sequence, layer.timestamp & 0xFFFFFFFF, rtx_ssrc, 0xBEDE, len(values) // 4)
        head = struct.pack("!BBHLLHH", *numbers) + values
        await self.leg.ice._send(self.leg.dtls._tx_srtp.protect(head + body))

    async def send_report(self, layer: Layer, ntp: int) -> None:
        info = rtcp.SenderInfo(
            ntp_timestamp=ntp, rtp_timestamp=layer.timestamp & 0xFFFFFFFF, packet_count=1, octet_count=1
        )
        await self.leg.dtls._send_rtp(rtcp.sender_report(ssrc=layer.ssrc, source=info, packets=1, octets=1))

    async def _frame_of(self, layer: Layer) -> None:
        key = layer.wants_key
        layer.wants_key = False
        temporal = self.frames % 2 if self.temporal and not key else 0
        layer.picture += 1
        layer.timestamp += 3000
        layer.tl0 += temporal == 0
        for number in range(self.packets):
            data = payload(
                key=key and number == 0, picture=layer.picture, tl0=layer.tl0, temporal=temporal,
                sync=temporal == 1, size=layer.size, starts=number == 0, filler=layer.filler,
            )  # fmt: skip
            await self._send(layer, data, marker=number == self.packets - 1)

    async def _send(self, layer: Layer, data: bytes, *, marker: bool) -> None:
        layer.sequence = (layer.sequence + 1) & 0xFFFF
        layer.sent[layer.sequence] = data
        self._cc += 1
        if self.drop(layer, layer.sequence):
            return
        values = bytes([CC_ID << 4 | 1]) + struct.pack("!H", self._cc & 0xFFFF)
        if layer.rid:
            values += bytes([MID_ID << 4]) + b"1"
            values += bytes([RID_ID << 4 | len(layer.rid) - 1]) + layer.rid.encode()
        values += bytes(-len(values) % 4)
        head = struct.pack(
            "!BBHLLHH", 0x90, VP8 | marker << 7, layer.sequence, layer.timestamp & 0xFFFFFFFF, layer.ssrc,
            0xBEDE, len(values) // 4,
        )  # fmt: skip
        await self.leg.ice._send(self.leg.dtls._tx_srtp.protect(head + values + data))

    def _told(self, packet: Any) -> None:
        asked = rtcp.asked_again(packet)
        if asked is not None:
            self.asked_again += sorted(asked[1])
        for ssrc in rtcp.key_frames_wanted(packet):
            for layer in self.layers:
                if layer.ssrc == ssrc:
                    layer.wants_key = True
                    layer.asked += 1


class Screen:
    """What arrived at a receiving leg, decrypted, by ssrc."""

    def __init__(self, leg: Leg) -> None:
        self.leg = leg
        self.packets: dict[int, list[RtpPacket]] = {}
        self.drop: Callable[[RtpPacket], bool] = lambda packet: False

        async def keep(data: bytes, arrival_time_ms: int) -> None:
            packet = rtp.parse(data)
            if packet is not None and not self.drop(packet):
                self.packets.setdefault(packet.ssrc, []).append(packet)

        leg.dtls._handle_rtp_data = keep

    def of(self, consumer: dict[str, Any]) -> list[RtpPacket]:
        return self.packets.get(consumer["rtpParameters"]["encodings"][0]["ssrc"], [])

    def pictures(self, consumer: dict[str, Any]) -> list[Picture]:
        return [vp8(packet.payload) for packet in self.of(consumer)]

    async def says(self, packet: bytes) -> None:
        await self.leg.dtls._send_rtp(packet)


async def film(party: Any, layers: list[Layer], **more: Any) -> tuple[str, Camera]:
    """A producer of these layers with its camera."""
    leg = await party.device.send_leg()
    encodings = [
        {"rid": one.rid, "scaleResolutionDownBy": 1280 / one.size[0]}
        if one.rid
        else {"ssrc": one.ssrc, "rtx": {"ssrc": one.ssrc + 1}}
        for one in layers
    ]
    source = more.pop("source", "camera")
    asked = {"transportId": leg.id, "kind": "video", "rtpParameters": announced(encodings), "source": source}
    made = await party.request("produce", asked)
    return made["producerId"], Camera(leg, layers, **more)


async def watch(party: Any, producer: str, **more: Any) -> tuple[dict[str, Any], Screen]:
    """A consumer of that producer with its screen."""
    leg = await party.device.receive_leg()
    asked = {"transportId": leg.id, "producerId": producer, "rtpCapabilities": party.device.rtp_capabilities}
    consumer = await party.request("consume", {**asked, **more})
    return consumer, Screen(leg)
