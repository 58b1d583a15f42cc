"""What rooms cost the media server: ten who all speak, one who speaks to a hundred, a camera with four viewers.

    python -m tests.bench.bench_rooms [--seconds 5] [--rooms 2]

The server runs in a process of its own, whose CPU time alone is counted (see bench_sfu). Prints a line for each kind of room,
and one of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import struct
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvloop

from tests.bench.bench_sfu import LINE, Remote, Spent, Talker, cost, listen_to_each_other, spent, talkers
from tests.media.pictures import VP8, announced, payload

LISTENERS = 100
VIEWERS = 4
FRAMES_PER_S, PACKETS_PER_FRAME, PACKET_BYTES = 30, 4, 1050
"""About 1 Mbit/s: VP8 of 640x480."""


@asynccontextmanager
async def serving() -> AsyncIterator[Remote]:
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "tests.bench.bench_sfu", "--serve", directory]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        path = await asyncio.to_thread(process.stdout.readline)
        reader, writer = await asyncio.open_unix_connection(path.strip(), limit=LINE)
        try:
            yield Remote(reader, writer, path.strip(), process.pid)
        finally:
            writer.close()
            process.terminate()
            process.wait(10)
            process.stdout.close()


async def rooms_of_ten(remote: Remote, rooms: int, seconds: float) -> Spent:
    async with talkers(remote, 10 * rooms, record=False) as parties:
        await listen_to_each_other(parties)
        return await cost(remote, parties, seconds)


async def one_to_many(remote: Remote, seconds: float) -> Spent:
    people = [Talker(remote, "hall", f"peer{number}") for number in range(1 + LISTENERS)]
    try:
        await people[0].join(record=False)
        for one in people[1:]:
            await one.device.load((await one.request("join", {"role": "bench"}))["rtpCapabilities"])
            await one.listen([people[0].producer])
        return await cost(remote, people[:1], seconds)
    finally:
        await _leave(people)


async def a_camera(remote: Remote, seconds: float) -> Spent:
    people = [Talker(remote, "studio", f"peer{number}") for number in range(1 + VIEWERS)]
    try:
        for one in people:
            await one.device.load((await one.request("join", {"role": "bench"}))["rtpCapabilities"])
        leg = await people[0].device.send_leg()
        ssrc = secrets.randbits(31) + 1
        asked = {"transportId": leg.id, "kind": "video", "rtpParameters": announced([{"ssrc": ssrc}])}
        producer = (await people[0].request("produce", asked))["producerId"]
        for one in people[1:]:
            await one.listen([producer])
        await _film(leg, ssrc, 1.0, 0)
        before = await spent(remote)
        await _film(leg, ssrc, seconds, FRAMES_PER_S)
        after = await spent(remote)
        return Spent(*(now - then for now, then in zip(after, before, strict=True)))
    finally:
        await _leave(people)


async def _film(leg: Any, ssrc: int, seconds: float, first: int) -> None:
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for frame in range(first, first + int(seconds * FRAMES_PER_S)):
        await asyncio.sleep(max(0.0, begin + (frame - first) / FRAMES_PER_S - loop.time()))
        for number in range(PACKETS_PER_FRAME):
            starts = number == 0
            data = payload(key=starts and frame % 30 == 0, picture=frame, starts=starts, filler=PACKET_BYTES)
            sequence = (frame * PACKETS_PER_FRAME + number) & 0xFFFF
            marker = VP8 | (number == PACKETS_PER_FRAME - 1) << 7
            head = struct.pack("!BBHLL", 0x80, marker, sequence, frame * 3000, ssrc)
            await leg.ice._send(leg.dtls._tx_srtp.protect(head + data))


async def _leave(people: list[Talker]) -> None:
    for one in people:
        await one.device.close()
        await one.request("leave", {})


def told(name: str, seconds: float, used: Spent) -> dict[str, Any]:
    # A busy machine makes the senders late: the share of a core flatters then, the time per packet does not.
    return {
        "room": name,
        "cpu_percent_of_a_core": round(100 * used.cpu_s / seconds, 1),
        "received": used.received,
        "forwarded": used.forwarded,
        "us_per_packet_forwarded": round(1e6 * used.cpu_s / max(used.forwarded, 1), 1),
        "load_average": round(os.getloadavg()[0], 1),
    }


async def run(rooms: int, seconds: float) -> list[dict[str, Any]]:
    figures = []
    for name, measure in (
        (f"{rooms} rooms of ten, all speak", lambda remote: rooms_of_ten(remote, rooms, seconds)),
        (f"one speaks to {LISTENERS}", lambda remote: one_to_many(remote, seconds)),
        (f"VP8 640x480, {VIEWERS} viewers", lambda remote: a_camera(remote, seconds)),
    ):
        async with serving() as remote:
            figures.append(told(name, seconds, await measure(remote)))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description="What rooms cost the media server.")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rooms", type=int, default=2)
    options = parser.parse_args()
    figures = uvloop.run(run(options.rooms, options.seconds))
    for each in figures:
        print("  ".join(f"{name} {value}" for name, value in each.items()))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
