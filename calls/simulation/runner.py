"""Runs simulated calls against the system that is up, a bounded number at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from asgiref.sync import sync_to_async

from calls.simulation.scenario import Outcome, Roles, SimulatedCall

logger = logging.getLogger(__name__)

CALL_MARGIN_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Target:
    """The system under simulation."""

    socket_url: str
    origin: str

    @classmethod
    def of(cls, public_url: str) -> Target:
        return cls(public_url.replace("http", "ws", 1) + "/ws/", public_url)


@dataclass(frozen=True, slots=True)
class Failure:
    lane: int
    reason: str


async def run_calls(
    target: Target, prepare: Callable[[int], Roles], *, calls: int, at_once: int
) -> list[Outcome | Failure]:
    """`prepare(lane)` makes the rows of one call and is run in a thread; lanes are 0 .. at_once-1."""
    lanes: asyncio.Queue[int] = asyncio.Queue()
    for number in range(min(at_once, calls)):
        lanes.put_nowait(number)

    async def one() -> Outcome | Failure:
        number = await lanes.get()
        try:
            return await _run(target, await sync_to_async(prepare)(number), number)
        finally:
            lanes.put_nowait(number)

    return list(await asyncio.gather(*(one() for _ in range(calls))))


async def _run(target: Target, roles: Roles, number: int) -> Outcome | Failure:
    longest = max(len(roles.customer_speech), len(roles.agent_speech)) / 48_000
    try:
        async with asyncio.timeout(longest + CALL_MARGIN_SECONDS):
            return await SimulatedCall(target.socket_url, target.origin, roles).run()
    except Exception as error:
        logger.exception("a simulated call failed")
        return Failure(number, f"{type(error).__name__}: {error}")
