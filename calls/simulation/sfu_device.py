"""A client of the SFU made of aiortc: what the mediasoup client library is in a browser.

It uses names that aiortc keeps private (as calls.media.dtls does), so the version is pinned.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from aiortc import MediaStreamTrack, RTCRtpReceiver, RTCRtpSender
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from aiortc.rtcrtpparameters import (
    RTCRtcpFeedback,
    RTCRtcpParameters,
    RTCRtpCodecParameters,
    RTCRtpDecodingParameters,
    RTCRtpHeaderExtensionParameters,
    RTCRtpReceiveParameters,
    RTCRtpSendParameters,
)
from aiortc.rtcrtpreceiver import RemoteStreamTrack

from calls.media.capabilities import AUDIO_LEVEL
from calls.simulation.controlling_ice import ControllingIce

Request = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""Sends one request about this device's room and peer, and gives its answer."""

# Not the router's own numbers, as in a browser: the server must translate.
PAYLOAD_TYPE = 111
LEVEL_EXTENSION = 1


class Leg:
    """One transport to the server."""

    def __init__(self, described: dict[str, Any]) -> None:
        self.id = str(described["id"])
        self.ice = ControllingIce(described["iceParameters"], described["iceCandidates"][0])
        # It asks of its ICE only the three names that ControllingIce has.
        self.dtls = RTCDtlsTransport(self.ice, [RTCCertificate.generateCertificate()])  # type: ignore[arg-type]
        self.dtls._set_role("client")
        self._remote = _remote_parameters(described["dtlsParameters"])

    def dtls_parameters(self) -> dict[str, Any]:
        prints = self.dtls.getLocalParameters().fingerprints
        listed = [{"algorithm": one.algorithm, "value": one.value} for one in prints]
        return {"role": "client", "fingerprints": listed}

    async def connect(self) -> None:
        await self.ice.connect()
        await self.dtls.start(self._remote)
        if self.dtls.state != "connected":
            raise ConnectionError(f"DTLS is {self.dtls.state}")

    async def close(self) -> None:
        pump = self.dtls._task
        await self.dtls.stop()
        if pump is not None:
            await asyncio.gather(pump, return_exceptions=True)
        await self.ice.close()


class SfuDevice:
    """One party: sends tracks, receives producers. Close it when done."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._send_leg: Leg | None = None
        self._receive_leg: Leg | None = None
        self.senders: list[RTCRtpSender] = []
        self.receivers: list[RTCRtpReceiver] = []
        self.rtp_capabilities: dict[str, Any] = {}

    async def load(self, rtp_capabilities: dict[str, Any]) -> None:
        """Take the router's capabilities for our own, as a browser would after intersecting them."""
        self.rtp_capabilities = rtp_capabilities

    async def send_leg(self) -> Leg:
        if self._send_leg is None:
            self._send_leg = await self._connected_leg()
        return self._send_leg

    async def receive_leg(self) -> Leg:
        if self._receive_leg is None:
            self._receive_leg = await self._connected_leg()
        return self._receive_leg

    async def produce(self, track: MediaStreamTrack, *, levels: bool = True, **more: Any) -> str:
        """Send an audio track; gives the producer's id. `levels` False leaves out the audio levels."""
        leg = await self.send_leg()
        sender = RTCRtpSender(track, leg.dtls)
        parameters = {"rtpParameters": _announced(sender._ssrc, levels=levels), "kind": "audio"}
        answer = await self._request("produce", {"transportId": leg.id, **parameters, **more})
        await sender.send(_send_parameters(levels=levels))
        self.senders.append(sender)
        return str(answer["producerId"])

    async def consume(self, producer_id: str) -> MediaStreamTrack:
        """Receive a producer; gives a track of decoded audio."""
        leg = await self.receive_leg()
        asked = {"transportId": leg.id, "producerId": producer_id, "rtpCapabilities": self.rtp_capabilities}
        consumer = await self._request("consume", asked)
        receiver = RTCRtpReceiver("audio", leg.dtls)
        receiver._track = RemoteStreamTrack(kind="audio", id=consumer["id"])
        await receiver.receive(_receive_parameters(consumer["rtpParameters"]))
        self.receivers.append(receiver)
        return receiver.track

    async def close(self) -> None:
        for receiver in self.receivers:
            receiver.track.stop()
            await receiver.stop()
        for sender in self.senders:
            await sender.stop()
        for leg in (self._send_leg, self._receive_leg):
            if leg is not None:
                await leg.close()
        self._send_leg = self._receive_leg = None

    async def _connected_leg(self) -> Leg:
        leg = Leg(await self._request("create-transport", {}))
        await self._request(
            "connect-transport", {"transportId": leg.id, "dtlsParameters": leg.dtls_parameters()}
        )
        await leg.connect()
        return leg


def _remote_parameters(described: dict[str, Any]) -> RTCDtlsParameters:
    listed = described["fingerprints"]
    prints = [RTCDtlsFingerprint(algorithm=one["algorithm"], value=one["value"]) for one in listed]
    return RTCDtlsParameters(fingerprints=prints)


def _announced(ssrc: int, *, levels: bool) -> dict[str, Any]:
    """RtpParameters as the browser's library sends them."""
    level = {"uri": AUDIO_LEVEL, "id": LEVEL_EXTENSION, "encrypt": False, "parameters": {}}
    codec = {
        "mimeType": "audio/opus",
        "payloadType": PAYLOAD_TYPE,
        "clockRate": 48000,
        "channels": 2,
        "parameters": {"minptime": 10, "useinbandfec": 1},
        "rtcpFeedback": [{"type": "nack", "parameter": ""}],
    }
    return {
        "mid": "0",
        "codecs": [codec],
        "headerExtensions": [level] if levels else [],
        "encodings": [{"ssrc": ssrc, "dtx": False}],
        "rtcp": {"cname": secrets.token_hex(8), "reducedSize": True},
    }


def _codec(payload_type: int) -> RTCRtpCodecParameters:
    return RTCRtpCodecParameters(
        mimeType="audio/opus",
        clockRate=48000,
        channels=2,
        payloadType=payload_type,
        rtcpFeedback=[RTCRtcpFeedback(type="nack")],
    )


def _send_parameters(*, levels: bool) -> RTCRtpSendParameters:
    extensions = [RTCRtpHeaderExtensionParameters(id=LEVEL_EXTENSION, uri=AUDIO_LEVEL)] if levels else []
    parameters = RTCRtpSendParameters(codecs=[_codec(PAYLOAD_TYPE)], headerExtensions=extensions)
    parameters.rtcp = RTCRtcpParameters(cname=secrets.token_hex(8))
    return parameters


def _receive_parameters(consumer: dict[str, Any]) -> RTCRtpReceiveParameters:
    payload_type, ssrc = consumer["codecs"][0]["payloadType"], consumer["encodings"][0]["ssrc"]
    return RTCRtpReceiveParameters(
        codecs=[_codec(payload_type)],
        encodings=[RTCRtpDecodingParameters(ssrc=ssrc, payloadType=payload_type)],
    )
