"""What the overview says: who does what now, who waits, and how today went. A fixed number of queries.

Whom and what a supervisor sees is decided by the queries: people who share a team, calls of the teams' queues.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import (
    Avg,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
)
from django.utils import timezone

from accounts.models import Role, User
from calls.access import waiting_for
from calls.models import Call, DeskSession, Offer, Participant, Queue
from calls.models.agents import AgentState
from calls.models.call import ParticipantRole
from calls.states import ACTIVE, CallStatus, EndReason

TODAY_ROWS = 50
RUNNING_ROWS = 100
LONG_CALL = timedelta(minutes=15)


class Doing(StrEnum):
    """What an agent does, the busiest first. The values are those of the desk's state glyphs."""

    TALK = "talk"
    RING = "ring"
    READY = "ready"
    AWAY = "break"
    OFFLINE = "off"


@dataclass(frozen=True, slots=True)
class AgentRow:
    name: str
    doing: Doing
    since: datetime | None
    topic: str
    is_long: bool

    def lasting(self, now: datetime) -> timedelta:
        return now - self.since if self.since else timedelta()


@dataclass(frozen=True, slots=True)
class QueueRow:
    name: str
    waiting: int
    longest: timedelta
    target: timedelta
    ready: int

    @property
    def is_late(self) -> bool:
        return self.longest > self.target


@dataclass(frozen=True, slots=True)
class Figures:
    """Of today's calls. `wait` is the mean over answered ones; None where nothing has been counted yet."""

    calls: int
    answered: int
    abandoned: int
    wait: timedelta | None
    mean_rating: float | None
    ratings: int

    @property
    def finished(self) -> int:
        return self.answered + self.abandoned

    @property
    def abandon_rate(self) -> float | None:
        return 100 * self.abandoned / self.finished if self.finished else None


@dataclass(frozen=True, slots=True)
class RunningRow:
    """A call that goes on: who has it, and who listens."""

    call: Call
    holders: list[Participant]
    listeners: list[Participant]

    @property
    def has_assistant(self) -> bool:
        return all(one.role == ParticipantRole.ASSISTANT for one in self.holders)


@dataclass(frozen=True, slots=True)
class Board:
    now: datetime
    running: list[RunningRow]
    agents: list[AgentRow]
    queues: list[QueueRow]
    waiting: list[Call]
    today: list[Call]
    figures: Figures

    @property
    def talking(self) -> int:
        return sum(row.doing is Doing.TALK for row in self.agents)

    @property
    def on_duty(self) -> int:
        return sum(row.doing is not Doing.OFFLINE for row in self.agents)

    @property
    def latest(self) -> QueueRow | None:
        """The queue that is furthest past its target."""
        late = [row for row in self.queues if row.is_late]
        return max(late, key=lambda row: row.longest - row.target, default=None)


def board(user: User) -> Board:
    now = timezone.now()
    waiting = list(waiting_for(user)[:200])
    agents = [_agent_row(agent, now) for agent in agents_of(user)]
    return Board(
        now=now,
        running=[_running_row(call) for call in running_calls(user)],
        agents=sorted(agents, key=lambda row: (list(Doing).index(row.doing), row.since or now)),
        queues=_queue_rows(user, waiting, now),
        waiting=waiting,
        today=list(calls_today(user)[:TODAY_ROWS]),
        figures=_figures(calls_today(user)),
    )


def agents_of(user: User) -> QuerySet[User]:
    """Agents whom the user may see, each with what decides their state already read."""
    present = Participant.objects.present().filter(call__status__in=ACTIVE).select_related("call")
    ringing = Offer.objects.pending().filter(expires_at__gt=timezone.now()).select_related("call")
    live = DeskSession.objects.live().filter(user=OuterRef("pk"))
    agents: QuerySet[User] = User.objects.get_queryset().active().visible_to(user).filter(role=Role.AGENT)
    return (
        agents.select_related("status")
        .annotate(at_desk=Exists(live))
        .prefetch_related(
            Prefetch("participations", present, to_attr="now_in"),
            Prefetch("offers", ringing, to_attr="now_ringing"),
        )
    )


def _agent_row(agent: Any, now: datetime) -> AgentRow:
    """`agent` carries the attributes that `agents_of` adds."""
    if agent.now_in:
        call = agent.now_in[0].call
        since = call.answered_at or call.created_at
        return AgentRow(agent.name, Doing.TALK, since, call.topic, now - since > LONG_CALL)
    if agent.now_ringing:
        offer = agent.now_ringing[0]
        return AgentRow(agent.name, Doing.RING, offer.created_at, offer.call.topic, is_long=False)
    status = getattr(agent, "status", None)
    if status is None or not agent.at_desk or status.state == AgentState.OFFLINE:
        return AgentRow(agent.name, Doing.OFFLINE, None, "", is_long=False)
    doing = Doing.READY if status.state == AgentState.AVAILABLE else Doing.AWAY
    since = max(status.since, status.idle_since)
    return AgentRow(agent.name, doing, since, "", is_long=False)


def running_calls(user: User) -> QuerySet[Call]:
    """Calls that go on into which the user may listen, the longest first, each with who is in it."""
    there = Participant.objects.present().exclude(role=ParticipantRole.CUSTOMER)
    return (
        Call.objects.supervised_by(user)
        .select_related("place", "queue")
        .prefetch_related(Prefetch("participants", there, to_attr="there"))
        .order_by("answered_at")[:RUNNING_ROWS]
    )


def _running_row(call: Any) -> RunningRow:
    """`call` carries what `running_calls` adds. Who has left the call to a person has nothing of it any more."""
    agents = [one for one in call.there if one.role == ParticipantRole.AGENT]
    assistants = [one for one in call.there if one.role == ParticipantRole.ASSISTANT]
    listeners = [one for one in call.there if one.role == ParticipantRole.SUPERVISOR]
    return RunningRow(call, agents or assistants, listeners)


def _queue_rows(user: User, waiting: list[Call], now: datetime) -> list[QueueRow]:
    queues = Queue.objects.all() if user.is_admin else Queue.objects.filter(team__in=user.teams.all())
    ready = _ready_by_queue()
    rows = []
    for queue in queues.distinct():
        waits = [now - call.created_at for call in waiting if call.queue_id == queue.pk]
        longest = max(waits, default=timedelta())
        target = timedelta(seconds=queue.target_seconds)
        rows.append(QueueRow(queue.local_name, len(waits), longest, target, ready.get(queue.pk, 0)))
    return rows


def _ready_by_queue() -> dict[int, int]:
    from calls.models import AgentStatus

    idle = AgentStatus.objects.idle().values("agent__queue_memberships__queue_id").annotate(n=Count("agent"))
    return {row["agent__queue_memberships__queue_id"]: row["n"] for row in idle}


def calls_today(user: User) -> QuerySet[Call]:
    """Today's calls that the user may see, newest first, with place and agent."""
    agents = Participant.objects.filter(role=ParticipantRole.AGENT)
    return (
        Call.objects.visible_to(user)
        .filter(day=timezone.localdate())
        .select_related("place", "queue")
        .prefetch_related(Prefetch("participants", agents, to_attr="agents"))
        .order_by("-created_at")
    )


def _figures(calls: QuerySet[Call]) -> Figures:
    # Visibility joins participants and may repeat a call: count each once.
    once = Call.objects.filter(pk__in=calls.order_by().values("pk"))
    wait = ExpressionWrapper(F("answered_at") - F("created_at"), output_field=DurationField())
    unanswered = Q(answered_at=None, status=CallStatus.FAILED, end_reason=EndReason.ABANDONED)
    counted = once.aggregate(
        calls=Count("pk"),
        answered=Count("answered_at"),
        abandoned=Count("pk", filter=unanswered),
        wait=Avg(wait, filter=Q(answered_at__isnull=False)),
        mean_rating=Avg("rating"),
        ratings=Count("rating"),
    )
    return Figures(**counted)
