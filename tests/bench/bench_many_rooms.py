"""How many ten-person voice rooms one core carries: what is lost by the server, and how long it keeps a packet.

    python -m tests.bench.bench_many_rooms [--rooms 5,10,20] [--seconds 5]

The server has core 0; on core 1 the parties send 50 packets a second each over real ICE, DTLS and SRTP, and let the kernel
discard what they are sent (it is addressed and sent to them like any other). A pair in a process and a room of its own times
its packets from one to the other; its delay with no rooms beside it is given too. Lost by the server is what was sent to it and
not counted as received, and what it should have forwarded and did not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import json
import os
import random
import socket
import struct
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import uvloop

from tests.bench.bench_rooms import serving
from tests.bench.bench_sfu import LINE, ROOM_SIZE, Remote, Talker, listen_to_each_other, spent, talk, talkers

SERVER_CORE, PARTIES_CORE = 0, 1
SO_ATTACH_FILTER = 26
PRIORITY = 10
PROBE = "probe"
NO_SOUND = [
    (0x30, 0, 0, 8),  # the first byte behind the UDP header
    (0x35, 0, 2, 128),  # below: STUN and DTLS
    (0x35, 1, 0, 192),  # from here on: neither RTP nor RTCP
    (0x06, 0, 0, 0),  # dropped
    (0x06, 0, 0, 0xFFFF),  # kept
]
"""A packet filter for the kernel: (operation, jump if true, jump if false, operand)."""


def go_first(pid: int) -> None:
    """Before everybody else on its core, where that is allowed: what others do there is no part of this."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(PRIORITY))


def cover_ears(leg: Any) -> None:
    """The kernel discards what comes over this leg: reading it would cost more than the server's work."""
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in NO_SOUND))
    described = struct.pack("HL", len(NO_SOUND), ctypes.addressof(program))
    with socket.socket(fileno=os.dup(leg.ice._transport.get_extra_info("socket").fileno())) as own:
        own.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, described)


class Timed(Talker):
    """One of the pair: it opens what it hears, and finds in it when it was said."""

    def __init__(self, remote: Remote, peer: str) -> None:
        super().__init__(remote, PROBE, peer)
        self.delays_ms: list[float] = []

    async def time(self, producer: str) -> None:
        await self.listen([producer])
        self._leg = await self.device.receive_leg()
        self._leg.ice.drop_received = self._read

    def _read(self, data: bytes) -> bool:
        if 127 < data[0] < 192 and not 200 <= data[1] <= 207:
            packet = self._leg.dtls._rx_srtp.unprotect(data)
            said = struct.unpack("!Q", packet[-8:])[0]
            self.delays_ms.append((time.perf_counter_ns() - said) / 1e6)
        return True


async def probe(path: str, seconds: float) -> None:
    """In a process of its own: packets of a pair, said and timed. Prints p50 and p99 in ms."""
    go_first(os.getpid())  # what is timed is the server, not the wait for this process's turn
    reader, writer = await asyncio.open_unix_connection(path, limit=LINE)
    remote = Remote(reader, writer)
    one, other = Timed(remote, "one"), Timed(remote, "other")
    await one.join(record=False)
    await other.device.load((await other.request("join", {"role": "bench"}))["rtpCapabilities"])
    await other.time(one.producer)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    begin = time.perf_counter()
    for turn in range(int(seconds * 50)):
        await asyncio.sleep(max(0, begin + turn * 0.02 - time.perf_counter()))
        await one.say(bytes(60) + struct.pack("!Q", time.perf_counter_ns()))
    await asyncio.sleep(0.2)
    delays = sorted(other.delays_ms)
    at = [round(delays[int(len(delays) * share)], 2) for share in (0.5, 0.99)]
    print(json.dumps({"p50_ms": at[0], "p99_ms": at[1], "timed": len(delays)}), flush=True)
    writer.close()


@contextlib.asynccontextmanager
async def timing(path: str, seconds: float) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.bench_many_rooms", "--probe", path, "--seconds", str(seconds),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    os.sched_setaffinity(process.pid, {PARTIES_CORE})
    try:
        assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def measure(rooms: int, seconds: float) -> dict[str, Any]:
    async with serving() as remote, timing(remote.path, seconds) as pair:
        os.sched_setaffinity(remote.pid, {SERVER_CORE})
        go_first(remote.pid)
        async with talkers(remote, rooms * ROOM_SIZE, record=False) as parties:
            await listen_to_each_other(parties)
            for one in parties:
                cover_ears(await one.device.receive_leg())
            # As the world does: who speaks next is in any of the rooms.
            mixed = random.Random(1).sample(parties, len(parties))
            await talk(mixed, 1.0)
            before, said = await spent(remote, besides=PROBE), sum(one._sequence for one in parties)
            times = asyncio.create_task(pair.communicate(b"go\n"))
            begin = time.perf_counter()
            await talk(mixed, seconds)
            lasted = max(time.perf_counter() - begin, seconds)
            found = json.loads((await times)[0].splitlines()[-1])
            after, sent = await spent(remote, besides=PROBE), sum(one._sequence for one in parties) - said
    received, forwarded = after.received - before.received, after.forwarded - before.forwarded
    return {
        "rooms": rooms,
        "core_percent": round(100 * (after.cpu_s - before.cpu_s) / lasted),
        "sent_a_second": round(sent / lasted),
        "forwarded_a_second": round(forwarded / lasted),
        "lost": sent - received,
        "not_forwarded": received * (ROOM_SIZE - 1) - forwarded,
        **found,
        "load_average": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Ten-person voice rooms on one core.")
    parser.add_argument("--rooms", default="0,5,10,20")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--probe", metavar="PATH", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.probe:
        uvloop.run(probe(options.probe, options.seconds))
        return
    os.sched_setaffinity(0, {PARTIES_CORE})
    for rooms in map(int, options.rooms.split(",")):
        print(json.dumps(uvloop.run(measure(rooms, options.seconds))), flush=True)


if __name__ == "__main__":
    main()
