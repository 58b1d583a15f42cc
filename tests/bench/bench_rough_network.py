"""What a bad network leaves of sound and pictures: loss, jitter and a narrow line between a party and the server.

    python -m tests.bench.bench_rough_network [--seconds 10] [--parts sound,pictures]

Sound, each way: the share of the 20 ms packets that are there as they come, and, lost ones asked for again as browsers do,
within 200 and 400 ms after the fastest way (a browser's jitter buffer grows that far), and the longest time without any.
Pictures: a camera of three sizes (about 150, 500 and 1,400 kbit/s) watched over a line that becomes 300 kbit/s wide and then
good again; the viewer reports what it lost and has no estimate of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import struct
import tempfile
import time
from pathlib import Path
from typing import Any

from aiortc.rtp import RtcpPacket

from calls.media import rtcp, rtp
from calls.media.config import MediaConfig
from calls.media.reception import NACK_MAX_MISSING_VIDEO, Reception
from calls.media.server import MediaServer
from tests.bench.bench_sfu import Talker
from tests.bench.weather import GOOD, Station, Weather
from tests.media.pictures import Camera, Layer, Screen, film, watch

LOSSY, JUMPY, NARROW = {"loss": 0.05}, {"delay_s": 0.1, "jitter_s": 0.05}, {"bps": 300_000.0}
CONDITIONS = {
    "good": GOOD,
    "5 % loss": Weather(**LOSSY),
    "100 ms, give or take 50": Weather(**JUMPY),
    "300 kbit/s": Weather(**NARROW),
    "all three": Weather(**LOSSY, **JUMPY, **NARROW),
}
PACKET_S = 0.02
REPORT_EVERY_S = 0.5
FPS = 25


class Party(Talker):
    """Its packets go by way of a station with weather."""

    def __init__(self, server: Any, peer: str) -> None:
        super().__init__(server, "room", peer)
        self._stations: list[Station] = []

    async def request(self, method: str, data: dict[str, Any]) -> dict[str, Any]:
        answer = await super().request(method, data)
        if method == "create-transport":
            candidate = answer["iceCandidates"][0]
            station = Station((candidate["ip"], candidate["port"]), seed=len(self._stations))
            self._stations.append(station)
            host, port = await station.open()
            answer = {**answer, "iceCandidates": [{**candidate, "ip": host, "port": port}]}
        return answer

    def weather(self, weather: Weather) -> None:
        for station in self._stations:
            station.becomes(weather)

    async def leave(self) -> None:
        self.weather(GOOD)
        await self.device.close()
        await self.request("leave", {})
        for station in self._stations:
            station.close()


class Voice(Party):
    """Numbers and stamps what it says, and says again what it is asked for."""

    def __init__(self, server: Any, peer: str) -> None:
        super().__init__(server, peer)
        self._said: dict[int, bytes] = {}

    async def speak(self, seconds: float) -> None:
        leg = await self.device.send_leg()
        leg.dtls._handle_rtcp_data = self._asked  # type: ignore[method-assign]
        send = leg.ice._send

        async def kept(data: bytes) -> None:
            self._said[int.from_bytes(data[2:4], "big")] = data
            await send(data)

        self._send_again = send
        leg.ice._send = kept  # type: ignore[method-assign]
        begin = time.perf_counter()
        for number in range(int(seconds / PACKET_S)):
            await asyncio.sleep(max(0.0, begin + number * PACKET_S - time.perf_counter()))
            await self.say(bytes(60) + struct.pack("!Id", number, time.perf_counter()))
        leg.ice._send = send  # type: ignore[method-assign]

    async def _asked(self, data: bytes) -> None:
        for packet in RtcpPacket.parse(data):
            wanted = rtcp.asked_again(packet)
            for sequence in sorted(wanted[1]) if wanted else ():
                if sequence in self._said:
                    await self._send_again(self._said[sequence])


class Ear(Party):
    """Notes when each packet came, and asks for those that did not."""

    def __init__(self, server: Any, peer: str) -> None:
        super().__init__(server, peer)
        self.delays: dict[int, tuple[float, bool]] = {}
        """Number -> seconds on the way, and whether it had to be asked for."""

    async def hear(self, producer: str) -> None:
        await self.device.load((await self.request("join", {"role": "bench"}))["rtpCapabilities"])
        leg = await self.device.receive_leg()
        reception = Reception(48_000)

        async def take(data: bytes, arrival_time_ms: int) -> None:
            packet = rtp.parse(data)
            if packet is None:
                return
            recovered, now = reception.recovered, time.perf_counter()
            reception.add(packet, now)
            number, said = struct.unpack("!Id", packet.payload[-12:])
            self.delays.setdefault(number, (now - said, reception.recovered > recovered))
            lost = reception.to_ask_for(now)
            if lost:
                await leg.dtls._send_rtp(rtcp.nack(sender_ssrc=1, media_ssrc=packet.ssrc, lost=lost))

        leg.dtls._handle_rtp_data = take  # type: ignore[method-assign]
        asked = {
            "transportId": leg.id,
            "producerId": producer,
            "rtpCapabilities": self.device.rtp_capabilities,
        }
        await self.request("consume", asked)


async def sound(server: Any, *, far: str, condition: str, seconds: float) -> dict[str, Any]:
    """One speaks, one hears; `far` says which of them has the bad network."""
    voice, ear = Voice(server, "voice"), Ear(server, "ear")
    await voice.join(record=False)
    await ear.hear(voice.producer)
    (voice if far == "speaker" else ear).weather(CONDITIONS[condition])
    await voice.speak(seconds)
    await asyncio.sleep(1)
    await voice.leave()
    await ear.leave()
    return {"network": condition, "far": far, **_heard(ear.delays, int(seconds / PACKET_S))}


def _heard(delays: dict[int, tuple[float, bool]], said: int) -> dict[str, Any]:
    fastest = min(delay for delay, _recovered in delays.values())

    def share(within: float, *, recovered: bool = True) -> float:
        there = [
            n
            for n, (delay, again) in delays.items()
            if delay - fastest <= within and (recovered or not again)
        ]
        return round(100 * len(there) / said, 1)

    there = {number for number, (delay, _again) in delays.items() if delay - fastest <= 0.4}
    longest = gap = 0
    for number in range(said):
        gap = 0 if number in there else gap + 1
        longest = max(longest, gap)
    return {
        "percent_in_order": share(0.4, recovered=False),
        "percent_within_200_ms": share(0.2),
        "percent_within_400_ms": share(0.4),
        "longest_gap_ms": int(longest * PACKET_S * 1000),
    }


class Viewer:
    """Reports what it lost, asks for it again, and for a key frame where that was in vain."""

    def __init__(self, screen: Screen, consumer: dict[str, Any]) -> None:
        self.screen, self.consumer = screen, consumer
        self._reception = Reception(90_000, max_missing=NACK_MAX_MISSING_VIDEO)
        self._seen = 0

    @property
    def width(self) -> int:
        """Of the picture that is being received."""
        sizes = [
            picture.size for picture in self.screen.pictures(self.consumer) if picture.key and picture.size
        ]
        return sizes[-1][0] if sizes else 0

    async def live(self) -> None:
        """Until cancelled."""
        due = time.perf_counter() + REPORT_EVERY_S
        while True:
            await asyncio.sleep(0.02)
            now, packets = time.perf_counter(), self.screen.of(self.consumer)
            for packet in packets[self._seen :]:
                self._reception.add(packet, now)
            self._seen = len(packets)
            given_up = self._reception.given_up
            lost = self._reception.to_ask_for(now)
            ssrc = packets[0].ssrc if packets else 0
            if lost:
                await self.screen.says(rtcp.nack(sender_ssrc=1, media_ssrc=ssrc, lost=lost))
            if self._reception.given_up > given_up:
                await self.screen.says(rtcp.picture_lost(sender_ssrc=1, media_ssrc=ssrc))
            if now >= due and packets:
                due = now + REPORT_EVERY_S
                await self._report(ssrc)

    async def _report(self, ssrc: int) -> None:
        told = self._reception.report()
        info = rtcp.RtcpReceiverInfo(
            ssrc=ssrc, fraction_lost=told.fraction_lost, packets_lost=told.packets_lost,
            highest_sequence=told.highest_sequence, jitter=told.jitter, lsr=0, dlsr=0,
        )  # fmt: skip
        await self.screen.says(rtcp.receiver_report(sender_ssrc=1, reports=[info]))


async def pictures(server: Any, seconds: float) -> dict[str, Any]:
    sender, receiver = Party(server, "sender"), Party(server, "receiver")
    for one in (sender, receiver):
        await one.device.load((await one.request("join", {"role": "bench"}))["rtpCapabilities"])
    layers = [
        Layer(7000, "q", size=(320, 180), filler=700),
        Layer(7100, "h", size=(640, 360), filler=830),
        Layer(7200, "f", size=(1280, 720), filler=1000),
    ]
    producer, camera = await film(sender, layers)
    camera.answers = True
    consumer, screen = await watch(receiver, producer)
    viewer = Viewer(screen, consumer)
    filming = asyncio.create_task(_film(camera), name="camera")
    reporting = asyncio.create_task(viewer.live(), name="viewer")
    try:
        return await _watched(receiver, viewer, seconds)
    finally:
        filming.cancel()
        reporting.cancel()
        await asyncio.gather(filming, reporting, return_exceptions=True)
        for one in (sender, receiver):
            await one.leave()


async def _watched(receiver: Party, viewer: Viewer, seconds: float) -> dict[str, Any]:
    first = await _until(lambda: viewer.width == 1280)
    receiver.weather(Weather(**NARROW))
    down = await _until(lambda: viewer.width == 320)
    settled = len(viewer.screen.of(viewer.consumer))
    await asyncio.sleep(seconds)
    frames = {packet.timestamp for packet in viewer.screen.of(viewer.consumer)[settled:]}
    receiver.weather(GOOD)
    up = await _until(lambda: viewer.width > 320)
    full = await _until(lambda: viewer.width == 1280)
    return {
        "largest_after_s": first,
        "smallest_after_s": down,
        "frames_a_second_while_narrow": round(len(frames) / seconds, 1),
        "larger_again_after_s": up,
        "largest_again_after_s": None if up is None or full is None else round(up + full, 1),
    }


async def _film(camera: Camera) -> None:
    """The sizes are of 1, 3 and 7 packets a frame."""
    begin = time.perf_counter()
    for frame in range(100_000):
        await asyncio.sleep(max(0.0, begin + frame / FPS - time.perf_counter()))
        for layer, packets in zip(camera.layers, (1, 3, 7), strict=True):
            camera.packets = packets
            await camera._frame_of(layer)
        camera.frames += 1


async def _until(reached: Any, within: float = 90.0) -> float | None:
    """Seconds until something is so; None if it never was."""
    begin = time.perf_counter()
    while time.perf_counter() - begin < within:
        if reached():
            return round(time.perf_counter() - begin, 1)
        await asyncio.sleep(0.05)
    return None


async def run(seconds: float, parts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = MediaServer(MediaConfig("127.0.0.1", 0, "127.0.0.1", Path(folder)), lambda event: None)
        await server.start()
        try:
            for condition in CONDITIONS if "sound" in parts else ():
                for far in ("listener", "speaker"):
                    found = await sound(server, far=far, condition=condition, seconds=seconds)
                    print(json.dumps(found), flush=True)
            if "pictures" in parts:
                print(json.dumps(await pictures(server, seconds)), flush=True)
        finally:
            await server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="Sound and pictures over a bad network.")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--parts", default="sound,pictures")
    options = parser.parse_args()
    asyncio.run(run(options.seconds, options.parts.split(",")))


if __name__ == "__main__":
    main()
