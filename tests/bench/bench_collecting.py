"""What a packet of sound costs the media server by how many are read at once, and what the kernel alone takes of it.

    python -m tests.bench.bench_collecting [--packets 60]

Everything is in one process: a room of ten who all speak, whose ready-made packets are sent to the server's port in groups
with a pause before each, as if they had been collected for so long. Only the time of reading and forwarding is counted. The
least of the groups is given beside the median, since other work of the machine can only add to it.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import struct
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop

from calls.media.config import MediaConfig
from calls.media.datagrams import Batch, Destination
from calls.media.opus import beep_packets
from calls.media.outbox import Outbox
from calls.media.server import MediaServer
from calls.simulation.sfu_device import LEVEL_EXTENSION, PAYLOAD_TYPE
from tests.bench.bench_many_rooms import cover_ears
from tests.bench.bench_sfu import Talker

SPEAKERS = 10
PATTERNS = ((0.002, 1), (0.004, 2), (0.008, 4), (0.02, 10), (0.0, 10))
"""Seconds of pause, and packets after it: 500 a second each time, and at last without any pause."""
FLOOR_BYTES, FLOOR_ROUNDS = 120, 500


def floor(listeners: int, at_once: int) -> float:
    """Microseconds of processor time a datagram of a plain sendmmsg. The listeners' buffers are full, so nobody is woken."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(listeners + 1)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    batch, outbox = Batch(at_once), Outbox(sockets[0], sockets[0].sendto)
    for place in range(at_once):
        batch.address(place, Destination(sockets[1 + place % listeners].getsockname(), socket.AF_INET))
        batch.iovs[place].len = FLOOR_BYTES
    begin = time.process_time()
    for _ in range(FLOOR_ROUNDS):
        outbox._post(batch.messages, 0, at_once)
    used = time.process_time() - begin
    for one in sockets:
        one.close()
    return round(1e6 * used / (FLOOR_ROUNDS * at_once), 2)


async def said(people: list[Talker], packets: int) -> list[tuple[bytes, Any]]:
    """Encrypted packets in turn, with the legs that they go by."""
    made, sounds = [], beep_packets()
    extension = struct.pack("!HHBBxx", 0xBEDE, 1, LEVEL_EXTENSION << 4, 20)
    for turn in range(packets):
        for one in people:
            leg = await one.device.send_leg()
            head = struct.pack("!BBHLL", 0x90, PAYLOAD_TYPE, one._sequence, one._sequence * 960, one._ssrc)
            one._sequence += 1
            made.append((leg.dtls._tx_srtp.protect(head + extension + sounds[turn % 50]), leg))
    return made


def handled(server: MediaServer, packets: list[tuple[bytes, Any]], pause: float, group: int) -> list[float]:
    """Microseconds a packet, of each group."""
    port: Any = server._port
    found = []
    for begin in range(0, len(packets), group):
        time.sleep(pause)
        for data, leg in packets[begin : begin + group]:
            leg.ice._transport.sendto(data)
        since = time.process_time()
        port._read()
        found.append(1e6 * (time.process_time() - since) / group)
    return found


async def measure(packets: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = MediaServer(MediaConfig("127.0.0.1", 0, "127.0.0.1", Path(folder)), lambda event: None)
        await server.start()
        remote: Any = server
        people = [Talker(remote, "room", f"peer{number}") for number in range(SPEAKERS)]
        for one in people:
            await one.join(record=False)
        for one in people:
            await one.listen([other.producer for other in people if other is not one])
            cover_ears(await one.device.receive_leg())
        for pause, group in PATTERNS:
            found = handled(server, await said(people, packets), pause, group)
            told = {
                "pause_ms": pause * 1000,
                "at_once": group,
                "us_per_packet": round(statistics.median(found), 1),
                "least": round(min(found), 1),
                "us_per_forward": round(statistics.median(found) / (SPEAKERS - 1), 2),
                "load_average": round(os.getloadavg()[0], 1),
            }
            print(json.dumps(told), flush=True)
        for one in people:
            await one.device.close()
        await server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="What a packet costs by how many are read at once.")
    parser.add_argument("--packets", type=int, default=60, help="of each speaker")
    options = parser.parse_args()
    for at_once in (1, 9, 64):
        print(json.dumps({"sendmmsg_of": at_once, "us_per_datagram": floor(9, at_once)}), flush=True)
    uvloop.run(measure(options.packets))


if __name__ == "__main__":
    main()
