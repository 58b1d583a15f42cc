"""From the end of a customer's words to the first packet of the assistant's answer, by part.

    python -m tests.bench.bench_assistant [--turns 10] [--calls 1] [--only house]

The running system: simulated customers speak one bundled sentence again and again to the assistant, through socket, WebRTC,
media server and workers, heard by the fixture model; once with the house's own answers, once with a scripted language
model whose first token comes after 300 ms. Times in seconds, on this machine's clock; prints JSON. What a call costs is told in
processor time of each process, which other work on the machine does not lengthen as it does the clock's.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from calls.simulation.runner import Target
from calls.simulation.speech import SAMPLE_RATE, read_pcm
from calls.simulation.wire import Wire
from tests.bench.bench_captions import TimedParty, spread
from tests.stack import Stack
from tests.transcripts.chat_endpoint import says
from tests.transcripts.transcription_server import Handler, serving
from transcripts.checkup import DEMO

FIRST_TOKEN_S = 0.3
PAUSE_S = 9.0
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
NUMBERS = itertools.count(1)
PREPARE = """
from calls.actions.calls import CustomerDetails, place_call
from tests.cast import a_place, a_queue, a_team
from transcripts.models import AssistantPolicy, KnowledgeEntry
place = a_place(a_queue("{name}", a_team("{name}")), is_default=False)
AssistantPolicy.objects.create(place=place, mode="first", greeting="네.")
KnowledgeEntry.objects.create(place=place, questions="세탁기 배송이 너무 늦어요", answer="목요일에 도착합니다.")
call, token = place_call(place, CustomerDetails(language="ko", consented=True))
answer = [str(call.pk), token]
"""
ROWS = """
from transcripts.models import AssistantTurn, SpokenLine, Utterance
heard = Utterance.objects.filter(call_id="{call}", source="live", participant__role="customer")
heard = heard.select_related("chunk").order_by("pk")
lines = SpokenLine.objects.filter(call_id="{call}", started_ms__isnull=False).exclude(turn__user_text="")
lines = lines.order_by("started_ms")
answer = [
    [[u.chunk.created_at.timestamp(), u.created_at.timestamp()] for u in heard],
    [[line.turn.created_at.timestamp(), line.started_ms / 1000] for line in lines.select_related("turn")],
]
"""


def sentence() -> tuple[np.ndarray, float]:
    """One sentence, and where in it the words end, in seconds."""
    turn = next(
        t for t in json.loads((DEMO / "script.json").read_text("utf-8"))["ko"] if t["side"] == "customer"
    )
    sound = read_pcm(DEMO / "ko-customer.opus")
    start, end = (turn[key] * SAMPLE_RATE // 1000 for key in ("start_ms", "end_ms"))
    return sound[start : end + SAMPLE_RATE // 5], (end - start) / SAMPLE_RATE


async def one_call(stack: Stack, name: str, turns: int, thinking: float) -> list[dict[str, float]]:
    call_id, token = await asyncio.to_thread(stack.ask, PREPARE.format(name=name))
    words, length = sentence()
    silence = np.zeros(int(PAUSE_S * SAMPLE_RATE), words.dtype)
    speech = np.concatenate([silence, *([words, silence] * turns)])
    target = Target.of(stack.url)
    async with Wire(target.socket_url, target.origin) as wire:
        customer = TimedParty(wire, "customer", speech)
        try:
            await customer.join(token=token)
            customer.path = "relayed"
            await customer.connect_media()
            await customer.talk()
        finally:
            await customer.hang_up()
            await customer.close()
    heard, spoken = await asyncio.to_thread(stack.ask, ROWS.format(call=call_id))
    period = (len(words) + len(silence)) / SAMPLE_RATE
    ends = [customer.began_at + PAUSE_S + turn * period + length for turn in range(turns)]
    return [row for end in ends if (row := _parts(end, end + PAUSE_S, heard, spoken, thinking))]


def _parts(
    end: float, until: float, heard: list[list[float]], spoken: list[list[float]], thinking: float
) -> dict[str, float]:
    """Nothing for a sentence that was not heard or not answered: it is counted as such. `thinking` is the model's own."""
    captions = [one for one in heard if end <= one[1] < until]
    answers = [one for one in spoken if end <= one[1] < until]
    if not captions or not answers:
        return {}
    (chunk, stored), (begun, sounded) = captions[0], answers[0]
    return {
        "pause and file": chunk - end,
        "recognition": stored - chunk,
        "until somebody answers": begun - stored,
        "thinking and voice": sounded - begun,
        "all": sounded - end,
        "ours, without recognition and pause": sounded - stored - thinking,
    }


async def measure(stack: Stack, name: str, calls: int, turns: int, thinking: float) -> dict[str, Any]:
    before, began = processor_seconds(stack), time.monotonic()
    found = await asyncio.gather(
        *(one_call(stack, f"{name} {number}", turns, thinking) for number in range(calls))
    )
    seconds, after = time.monotonic() - began, processor_seconds(stack)
    rows = [row for one in found for row in one]
    table = {part: spread([row[part] for row in rows]) for part in (rows[0] if rows else ())}
    cores = {process: round((after[process] - before[process]) / seconds / calls, 4) for process in after}
    return {
        "asked": calls * turns,
        "answered": len(rows),
        **table,
        "cores of each process per call": cores,
        "calls per core": round(1 / sum(cores.values()), 1),
        "load": os.getloadavg()[0],
    }


def processor_seconds(stack: Stack) -> dict[str, float]:
    """Of each process so far, and of those that it has waited for: espeak-ng is one."""
    return {name: _ticks(process.popen.pid) / TICKS_A_SECOND for name, process in stack.processes.items()}


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return sum(int(field) for field in fields[11:15])


def slow(handler: Handler) -> None:
    """Another sentence each time: what was said before is not made again."""
    time.sleep(FIRST_TOKEN_S)
    says(f"목요일 {next(NUMBERS)}번째로 ", "도착합니다.")(handler)


def run(
    folder: Path, name: str, calls: int, turns: int, *, thinking: float = 0.0, **environment: str
) -> dict[str, Any]:
    folder.mkdir()
    stack = Stack(folder, environment)
    try:
        stack.start()
        return asyncio.run(measure(stack, name, calls, turns, thinking))
    finally:
        stack.stop()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--turns", type=int, default=10)
    options.add_argument("--calls", type=int, default=1)
    options.add_argument("--only", choices=("house", "scripted"), default="")
    given = options.parse_args()
    # Without these no model hears the customers: they are no demo calls.
    os.environ.update(ENVIRONMENT="test", SECRET_KEY="only-for-the-bench-" * 3, ALLOW_FIXTURE_SPEECH="yes")
    ways = {"house": by_the_house, "scripted": by_a_script}
    with tempfile.TemporaryDirectory() as folder:
        found = {
            name: way(Path(folder) / name, given.calls, given.turns)
            for name, way in ways.items()
            if given.only in ("", name)
        }
    print(json.dumps(found, ensure_ascii=False, indent=1))


def by_the_house(folder: Path, calls: int, turns: int) -> dict[str, Any]:
    return run(folder, "house", calls, turns)


def by_a_script(folder: Path, calls: int, turns: int) -> dict[str, Any]:
    with serving(*[slow] * calls * turns * 2) as server:
        about = {"ASSISTANT_URL": server.url, "ASSISTANT_KEY": "k", "ASSISTANT_MODEL": "m"}
        return run(folder, "scripted", calls, turns, thinking=FIRST_TOKEN_S, **about)


if __name__ == "__main__":
    main()
