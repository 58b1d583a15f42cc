"""A voice room of real pages: who hears whom, and what each kind of thread of the browser costs.

`make soak S="--pages 10"`: all enter one after the other, then each must hear each of the others in their own tone, and nobody
else. Nobody is retried; the exit code is 1 when somebody is not heard within a minute.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections import Counter
from pathlib import Path

from tests.e2e.browser import browsers
from tests.e2e.company import Colleague, Company
from tests.e2e.people import Scene
from tests.stack import Stack

WATCHED_SECONDS = 10.0
TICKS = os.sysconf("SC_CLK_TCK")


def run(stack: Stack, folder: Path, pages: int) -> int:
    return asyncio.run(_talk(stack, folder, pages))


async def _talk(stack: Stack, folder: Path, pages: int) -> int:
    async with browsers(folder) as opened:
        scene = Scene(stack, opened, folder)
        company = Company(scene)
        names = [f"person{number}" for number in range(1, pages + 1)]
        scene.set(*names)
        people = await company.of(*names, in_turns=True)
        url = company.room("voice", "Ten", *names)
        started = time.monotonic()
        for person in people:
            await person.enters(url)
        print(f"{pages} pages entered in {time.monotonic() - started:.0f} s", flush=True)
        await _watch()
        return await _listen(people)


async def _listen(people: list[Colleague]) -> int:
    started = time.monotonic()
    for person in people:
        try:
            await person.hears_exactly([other for other in people if other is not person])
        except AssertionError as error:
            print(error)
            return 1
        print(
            f"{person.tab.name} hears the other {len(people) - 1}, {time.monotonic() - started:.0f} s",
            flush=True,
        )
    wrong = [error for person in people for error in person.tab.errors]
    print("\n".join(wrong) or "no page complained")
    return 1 if wrong else 0


async def _watch() -> None:
    """What costs: percent of a core by thread, summed over all pages."""
    before = _spent()
    await asyncio.sleep(WATCHED_SECONDS)
    cost = {name: (ticks - before[name]) / TICKS / WATCHED_SECONDS for name, ticks in _spent().items()}
    print(f"percent of a core: {100 * sum(cost.values()):.0f}")
    for name, share in sorted(cost.items(), key=lambda each: -each[1])[:16]:
        print(f"  {100 * share:5.1f}  {name}")


def _spent() -> Counter[str]:
    """Ticks by kind of process and name of thread, of everything that we have started."""
    spent: Counter[str] = Counter()
    for pid in _descendants(os.getpid()):
        try:
            kind = _kind(Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace"))
            for task in Path(f"/proc/{pid}/task").iterdir():
                name, rest = re.fullmatch(r"\d+ \((.*)\) (.*)", (task / "stat").read_text().strip()).groups()
                fields = rest.split()
                spent[f"{kind}: {re.sub(r'[0-9]+$', '', name)}"] += int(fields[11]) + int(fields[12])
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
    return spent


def _kind(command: str) -> str:
    found = re.search(r"--type=([a-z-]+)", command)
    service = re.search(r"--utility-sub-type=([A-Za-z.]+)", command)
    if service:
        return service.group(1).rsplit(".", 1)[-1]
    if found:
        return found.group(1)
    return next(
        (word for word in ("daphne", "media_server", "celery", "chromium") if word in command), "else"
    )


def _descendants(parent: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            ppid = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(ppid, []).append(int(folder.name))
    found, waiting = [], [parent]
    while waiting:
        mine = children.get(waiting.pop(), [])
        found += mine
        waiting += mine
    return found
