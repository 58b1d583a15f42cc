"""What forwarding one stream of sound costs our media server and Janus, in the same rooms, in the same run.

    apt-get install janus
    python -m tests.bench.bench_janus [--seconds 5] [--rounds 3]

Ten who all speak (90 forwards), and one who speaks to a hundred. Both servers have clients of the same kind, which send
ready-made packets over real ICE, DTLS and SRTP; counted is the processor time of the server's process alone, per packet that it
forwarded. Who is measured first changes from round to round; the figure is the median of the rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
from typing import Any

import uvloop

from calls.media.opus import beep_packets
from tests.bench import janus
from tests.bench.bench_rooms import LISTENERS, one_to_many, rooms_of_ten, serving

SPEAKERS = 10
AT_ONCE = 10
"""So many connect together: Janus loses the first hello of each, which comes again after a second."""


async def ours(speakers: int, seconds: float) -> float:
    """Microseconds of processor time per packet forwarded."""
    async with serving() as remote:
        measure = rooms_of_ten(remote, 1, seconds) if speakers > 1 else one_to_many(remote, seconds)
        spent = await measure
        return 1e6 * spent.cpu_s / spent.forwarded


async def theirs(speakers: int, seconds: float) -> float:
    async with janus.running() as server:
        saying, hearing = await a_room(server, speakers, speakers if speakers > 1 else LISTENERS)
        await talk(saying, 1.0)
        before, cpu = sum(one.heard for one in hearing), server.cpu_seconds()
        await talk(saying, seconds)
        used, forwarded = server.cpu_seconds() - cpu, sum(one.heard for one in hearing) - before
        for one in saying + hearing:
            await one.close()
        return 1e6 * used / forwarded


async def a_room(
    server: janus.Janus, speakers: int, listeners: int
) -> tuple[list[janus.Client], list[janus.Client]]:
    """Everyone hears every speaker but himself."""
    keeper = await server.attach()
    await server.ask(keeper, {"request": "create", "room": 1, "publishers": speakers, "audiocodec": "opus"})
    saying = [janus.Client(server) for _ in range(speakers)]
    feeds = [await one.publish(1) for one in saying]
    hearing = [janus.Client(server) for _ in range(listeners)]
    heard = [feeds if speakers == 1 else feeds[:n] + feeds[n + 1 :] for n in range(listeners)]
    for begin in range(0, listeners, AT_ONCE):
        some = slice(begin, begin + AT_ONCE)
        await asyncio.gather(
            *(one.listen(1, each) for one, each in zip(hearing[some], heard[some], strict=True))
        )
    return saying, hearing


async def talk(people: list[janus.Client], seconds: float) -> None:
    """As the parties of bench_sfu do."""
    packets, loop = beep_packets(), asyncio.get_running_loop()
    begin = loop.time()
    for turn in range(int(seconds * 50)):
        await asyncio.sleep(0)
        for number, one in enumerate(people):
            due = begin + turn * 0.02 + number * 0.02 / len(people)
            if due - loop.time() > 0.001:
                await asyncio.sleep(due - loop.time())
            await one.say(packets[turn % 50])


def compared(speakers: int, seconds: float, rounds: int) -> dict[str, Any]:
    found: dict[str, list[float]] = {"ours": [], "janus": []}
    peers = [("ours", ours), ("janus", theirs)]
    for number in range(rounds):
        for name, measure in peers if number % 2 == 0 else peers[::-1]:
            found[name].append(uvloop.run(measure(speakers, seconds)))
    mine, other = (statistics.median(found[name]) for name in ("ours", "janus"))
    return {
        "room": f"{speakers} speak to each other" if speakers > 1 else f"one speaks to {LISTENERS}",
        "us_per_forwarded_packet": round(mine, 1),
        "janus_us_per_forwarded_packet": round(other, 1),
        "ratio": round(mine / other, 2),
        "rounds": {name: [round(each, 1) for each in figures] for name, figures in found.items()},
        "load_average": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Forwarding, against Janus.")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if shutil.which("janus") is None:
        print("janus is not installed: nothing to compare with")
        return
    for speakers in (SPEAKERS, 1):
        print(json.dumps(compared(speakers, options.seconds, options.rounds)), flush=True)


if __name__ == "__main__":
    main()
