"""What the SFU costs: CPU per tapped stream and per forwarded stream.

    python -m tests.bench.bench_sfu [--streams 40] [--seconds 8]

The server runs in a process of its own, whose CPU time alone is counted; this process plays the parties: they
send ready-made packets (50 a second, 60 to 121 bytes) over real ICE, DTLS and SRTP on loopback. Prints a
table and one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import resource
import secrets
import struct
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import uvloop

from calls.media import garbage
from calls.media.config import MediaConfig
from calls.media.opus import beep_packets
from calls.media.server import MediaServer
from calls.simulation.sfu_device import LEVEL_EXTENSION, PAYLOAD_TYPE, SfuDevice, _announced

ROOM_SIZE = 10
LINE = 1 << 20
SHORTEST, LENGTHS = 60, 62
"""Bytes of a packet. Speech has packets of many lengths, and those of one instant are hardly ever of the same."""


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


# The server's process


async def serve(directory: str) -> None:
    """A media server that takes requests as lines of JSON on a socket whose path it prints."""
    server = MediaServer(
        MediaConfig("127.0.0.1", 0, "127.0.0.1", Path(directory), max_peers_per_room=128), lambda event: None
    )
    await server.start()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            method, data = json.loads(line)
            reply = {"cpu": cpu_seconds()} if method == "cpu" else await server.handle(method, data)
            writer.write(json.dumps(reply).encode() + b"\n")

    path = f"{directory}/bench.socket"
    async with await asyncio.start_unix_server(answer, path, limit=LINE):
        garbage.settle()
        print(path, flush=True)
        await asyncio.Event().wait()


# The parties' process


class Remote:
    """Requests to the server's process, one at a time."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str = "", pid: int = 0
    ) -> None:
        self.path, self.pid = path, pid
        self._reader, self._writer, self._lock = reader, writer, asyncio.Lock()

    async def handle(self, method: str, data: dict[str, Any]) -> dict[str, Any]:
        async with self._lock:
            self._writer.write(json.dumps([method, data]).encode() + b"\n")
            return json.loads(await self._reader.readline())


class Talker:
    """A party that sends ready-made packets and counts what it receives without opening it."""

    def __init__(self, remote: Remote, room: str, peer: str) -> None:
        self._remote = remote
        self._names = {"roomId": room, "peerId": peer}
        self.device = SfuDevice(self.request)
        self.producer = ""
        self.heard = 0
        self._ssrc = secrets.randbits(31) + 1
        self._sequence = 0

    async def request(self, method: str, data: dict[str, Any]) -> dict[str, Any]:
        return await self._remote.handle(method, {**self._names, **data})

    async def join(self, *, record: bool) -> None:
        answer = await self.request("join", {"role": "bench", "record": record})
        await self.device.load(answer["rtpCapabilities"])
        leg = await self.device.send_leg()
        asked = {"transportId": leg.id, "kind": "audio", "rtpParameters": _announced(self._ssrc, levels=True)}
        self.producer = (await self.request("produce", asked))["producerId"]

    async def listen(self, producers: list[str]) -> None:
        leg = await self.device.receive_leg()
        leg.ice.drop_received = self._count
        for producer in producers:
            asked = {
                "transportId": leg.id,
                "producerId": producer,
                "rtpCapabilities": self.device.rtp_capabilities,
            }
            await self.request("consume", asked)

    async def say(self, payload: bytes) -> None:
        leg = await self.device.send_leg()
        extension = struct.pack("!HHBBxx", 0xBEDE, 1, LEVEL_EXTENSION << 4, 20)
        numbers = (0x90, PAYLOAD_TYPE, self._sequence & 0xFFFF, self._sequence * 960, self._ssrc)
        await leg.ice._send(leg.dtls._tx_srtp.protect(struct.pack("!BBHLL", *numbers) + extension + payload))
        self._sequence += 1

    def _count(self, data: bytes) -> bool:
        self.heard += 1
        return True


@contextlib.asynccontextmanager
async def talkers(remote: Remote, count: int, *, record: bool) -> AsyncIterator[list[Talker]]:
    made = [Talker(remote, f"room{number // ROOM_SIZE}", f"peer{number}") for number in range(count)]
    for one in made:
        await one.join(record=record)
    yield made
    for one in made:
        await one.device.close()
        await one.request("leave", {})


async def talk(parties: list[Talker], seconds: float) -> None:
    """Everybody speaks, spread evenly over each 20 ms as the world does."""
    packets = beep_packets()
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for turn in range(int(seconds * 50)):
        # Also when late: who only sends would lose what it is sent.
        await asyncio.sleep(0)
        for number, one in enumerate(parties):
            due = begin + turn * 0.02 + number * 0.02 / len(parties)
            if due - loop.time() > 0.001:
                await asyncio.sleep(due - loop.time())
            await one.say(packets[turn % 50][: SHORTEST + (turn * 37 + number * 53) % LENGTHS])


class Spent(NamedTuple):
    """What the server spent, and on how many packets."""

    cpu_s: float
    received: int
    forwarded: int


async def cost(remote: Remote, parties: list[Talker], seconds: float) -> Spent:
    """What the server spent while everybody spoke. Per packet, since a busy machine makes the parties late."""
    await talk(parties, 1.0)
    before = await spent(remote)
    await talk(parties, seconds)
    after = await spent(remote)
    return Spent(*(now - then for now, then in zip(after, before, strict=True)))


async def spent(remote: Remote, *, besides: str = "") -> Spent:
    """Until now, by all rooms but the one."""
    rooms = [room for room in (await remote.handle("stats", {}))["rooms"] if room["roomId"] != besides]
    peers = [peer for room in rooms for peer in room["peers"]]
    received = sum(producer["packets"] for peer in peers for producer in peer["producers"])
    forwarded = sum(consumer["packets"] for peer in peers for consumer in peer["consumers"])
    return Spent((await remote.handle("cpu", {}))["cpu"], received, forwarded)


def percent(cpu_s: float, packets: int) -> float:
    """Of one core, for a stream of 50 packets a second."""
    return 100 * 50 * cpu_s / packets


async def measure(remote: Remote, streams: int, seconds: float) -> dict[str, float]:
    async with talkers(remote, streams, record=False) as parties:
        plain = await cost(remote, parties, seconds)
    async with talkers(remote, streams, record=True) as parties:
        tapped = await cost(remote, parties, seconds)
    async with talkers(remote, streams, record=False) as parties:
        forwards = await listen_to_each_other(parties)
        shared = await cost(remote, parties, seconds)
        heard = sum(one.heard for one in parties)
    receiving = plain.cpu_s / plain.received
    forwarding = shared.cpu_s - receiving * shared.received
    return {
        "streams": streams,
        "forwards": forwards,
        "percent_per_received_stream": round(percent(plain.cpu_s, plain.received), 3),
        "percent_per_tapped_stream": round(percent(tapped.cpu_s, tapped.received), 3),
        "percent_per_forward": round(percent(forwarding, shared.forwarded), 4),
        "packets_forwarded": shared.forwarded,
        "packets_heard": heard,
        "load_average": round(os.getloadavg()[0], 1),
    }


async def listen_to_each_other(parties: list[Talker]) -> int:
    forwards = 0
    for begin in range(0, len(parties), ROOM_SIZE):
        room = parties[begin : begin + ROOM_SIZE]
        for one in room:
            others = [other.producer for other in room if other is not one]
            await one.listen(others)
            forwards += len(others)
    return forwards


async def run(streams: int, seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "tests.bench.bench_sfu", "--serve", directory]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        try:
            path = await asyncio.to_thread(process.stdout.readline)
            reader, writer = await asyncio.open_unix_connection(path.strip(), limit=LINE)
            figures = await measure(Remote(reader, writer), streams, seconds)
            writer.close()
        finally:
            process.terminate()
            process.wait(10)
            process.stdout.close()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description="What the SFU costs.")
    parser.add_argument("--streams", type=int, default=40, help="parties, in rooms of ten")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--serve", metavar="DIRECTORY", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        uvloop.run(serve(options.serve))
        return
    figures = uvloop.run(run(options.streams, options.seconds))
    for name, value in figures.items():
        print(f"{name:32} {value:>10}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
