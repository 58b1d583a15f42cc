"""One simulated party of a call: joins over the socket, talks by WebRTC, taps its microphone into the media server."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from calls.simulation.sfu_device import SfuDevice
from calls.simulation.speech import SpeechTrack
from calls.simulation.wire import Wire

logger = logging.getLogger(__name__)


@dataclass
class Heard:
    """What came from the other side, measured on the decoded sound."""

    frames: int = 0
    peak: float = 0.0
    loud_frames: int = 0

    def add(self, frame: av.AudioFrame) -> None:
        level = float(np.abs(frame.to_ndarray().astype(np.int32)).max()) / 32768
        self.frames += 1
        self.peak = max(self.peak, level)
        self.loud_frames += level > 0.02


@dataclass
class Party:
    """`role` decides who offers: the agent does, so the two never offer at once."""

    wire: Wire
    role: str
    speech: np.ndarray
    call_id: str = ""
    peer_id: str = ""
    path: str = "direct"
    heard: Heard = field(default_factory=Heard)
    events: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._voices: list[SpeechTrack] = []
        self._speaking = False
        self._pc: RTCPeerConnection | None = None
        self._device: SfuDevice | None = None
        self._rtc: dict[str, Any] = {}
        self._listening: list[asyncio.Task[None]] = []
        self.sound = asyncio.Event()
        """Set when the other side's sound has arrived."""
        self.over = asyncio.Event()
        for kind in ("call-state", "caption", "path-changed", "recording-state", "captions-state"):
            self.wire.on(kind, self.events.append)
        self.wire.on("call-state", self._on_state)
        self.wire.on("offer", self._on_offer)
        self.wire.on("answer", self._on_answer)
        self.wire.on("new-producer", self._on_producer)

    async def join(self, **key: str) -> dict[str, Any]:
        """`token=` of a customer or `callId=` after log-in. Returns the snapshot."""
        joined = await self.wire.request("join", **key)
        self.call_id, self.peer_id = joined["callId"], joined["peerId"]
        self._rtc = joined["rtc"]
        self.path = joined["call"]["mediaPath"] or "direct"
        return joined

    async def connect_media(self) -> None:
        """Tap the microphone into the media server; then the direct path, unless the place says relayed."""
        self._device = SfuDevice(self._sfu_request)
        room = await self._sfu_request("join-room", {})
        await self._device.load(room["rtpCapabilities"])
        await self._device.produce(self._voice())
        if self.path == "relayed":
            for producer in room["producers"]:
                await self._consume(producer["producerId"])
        elif self.role == "agent":
            await self._offer()

    async def talk(self) -> None:
        """Wait for the other's sound, then play the own file to its end."""
        await asyncio.wait_for(self.sound.wait(), 30)
        await self.wire.request("media-connected", callId=self.call_id, path=self.path)
        self._speaking = True
        for voice in self._voices:
            voice.start()
        await asyncio.gather(*(voice.finished.wait() for voice in self._voices))

    async def hang_up(self) -> None:
        await self.wire.request("hang-up", callId=self.call_id)

    async def close(self) -> None:
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        if self._device is not None:
            await self._device.close()
        if self._pc is not None:
            await self._pc.close()
        for voice in self._voices:
            voice.stop()

    def _voice(self) -> SpeechTrack:
        """The speech once more: each sender pulls its own, so that it is finished when the last frame is really encoded."""
        voice = SpeechTrack(self.speech)
        if self._speaking:
            voice.start()
        self._voices.append(voice)
        return voice

    async def _sfu_request(self, method: str, data: dict[str, Any]) -> dict[str, Any]:
        return await self.wire.request(method, roomId=self.call_id, **data)

    def _on_state(self, message: dict[str, Any]) -> None:
        if message["status"] in {"ENDED", "FAILED"}:
            self.over.set()

    # --- the direct path ---------------------------------------------------------------------------------------------

    def _connection(self) -> RTCPeerConnection:
        if self._pc is None:
            servers = [RTCIceServer(**_ice_server(server)) for server in self._rtc.get("iceServers", [])]
            self._pc = RTCPeerConnection(RTCConfiguration(iceServers=servers))
            self._pc.addTrack(self._voice())
            self._pc.on("track", self._listen)
        return self._pc

    async def _offer(self) -> None:
        pc = self._connection()
        await pc.setLocalDescription(await pc.createOffer())
        await self._send_description("offer")

    async def _on_offer(self, message: dict[str, Any]) -> None:
        pc = self._connection()
        await pc.setRemoteDescription(RTCSessionDescription(message["sdp"], "offer"))
        await pc.setLocalDescription(await pc.createAnswer())
        await self._send_description("answer", message["from"])

    async def _on_answer(self, message: dict[str, Any]) -> None:
        await self._connection().setRemoteDescription(RTCSessionDescription(message["sdp"], "answer"))

    async def _send_description(self, kind: str, to: str | None = None) -> None:
        to = to or await self._other_peer()
        await self.wire.request(kind, callId=self.call_id, to=to, sdp=self._connection().localDescription.sdp)

    async def _other_peer(self) -> str:
        joined = await self.wire.request("join", callId=self.call_id)
        return next(str(p["peerId"]) for p in joined["participants"] if p["peerId"] != self.peer_id)

    # --- the relayed path --------------------------------------------------------------------------------------------

    async def _on_producer(self, message: dict[str, Any]) -> None:
        if self.path == "relayed" and message["peerId"] != self.peer_id:
            await self._consume(message["producerId"])

    async def _consume(self, producer_id: str) -> None:
        if self._device is not None:
            self._listen(await self._device.consume(producer_id))

    def _listen(self, track: MediaStreamTrack) -> None:
        self._listening.append(asyncio.create_task(self._hear(track), name=f"hear-{self.role}"))

    async def _hear(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                if isinstance(frame, av.AudioFrame):
                    self.heard.add(frame)
                    self.sound.set()
        except MediaStreamError:
            logger.debug("the other side stopped")


def _ice_server(server: dict[str, Any]) -> dict[str, Any]:
    return {key: server[key] for key in ("urls", "username", "credential") if key in server}
