"""Who is offered the next call. Pure: rows become these small facts, and facts become a decision.

Calls are taken in the order in which their customers came, whatever their queue; each goes to the agent who has been idle
longest among those who serve its queue and have not just let it pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WaitingCall:
    id: str
    queue_id: int
    waiting_since: datetime
    passed_by: frozenset[int] = field(default_factory=frozenset)
    """Agents who rejected this call or let it ring out."""
    rested: bool = True
    """Nobody has passed on it for a while: those who did may be asked again."""


@dataclass(frozen=True, slots=True)
class IdleAgent:
    id: int
    queue_ids: frozenset[int]
    idle_since: datetime


@dataclass(frozen=True, slots=True)
class Assignment:
    call_id: str
    agent_id: int


def assign(calls: Iterable[WaitingCall], agents: Iterable[IdleAgent]) -> list[Assignment]:
    """Pair waiting calls with idle agents; nobody twice.

    An agent who passed on a call is asked again only when everyone idle who serves its queue has passed too, and not at
    once: a customer is never left waiting for good beside free staff, and a lone agent's "no" is not rung down.
    """
    free = sorted(agents, key=lambda agent: (agent.idle_since, agent.id))
    assignments: list[Assignment] = []
    for call in sorted(calls, key=lambda call: (call.waiting_since, call.id)):
        chosen = choose(call, free)
        if chosen is not None:
            free.remove(chosen)
            assignments.append(Assignment(call.id, chosen.id))
    return assignments


def choose(call: WaitingCall, free: list[IdleAgent]) -> IdleAgent | None:
    """The first of `free` (longest idle first) who serves the call's queue, those who passed on it last."""
    serving = [agent for agent in free if call.queue_id in agent.queue_ids]
    fresh = [agent for agent in serving if agent.id not in call.passed_by]
    return next(iter(fresh or (serving if call.rested else [])), None)


def position(call_id: str, ordered_ids: Iterable[str]) -> int:
    """How many wait before `call_id` (0: next). A call that is not waiting has nobody before it."""
    for ahead, waiting_id in enumerate(ordered_ids):
        if waiting_id == call_id:
            return ahead
    return 0


def estimate_seconds(ahead: int, agents: int, mean_handling: float) -> int | None:
    """Expected wait: the calls ahead shared among the agents on duty. None when nobody is on duty."""
    if agents <= 0:
        return None
    return round((ahead + 1) * mean_handling / agents)
