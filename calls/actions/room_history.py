"""What is kept of a room's sessions: who was in, for how long, how, and how well connected."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Avg, Count, Prefetch, Q

from calls.actions.calls import unix_ms
from calls.models import Participation, QualitySample, Room, RoomSession
from calls.models.room import QualityLevel

SHOWN = 20


def sessions_payload(room: Room, limit: int = SHOWN) -> list[dict[str, Any]]:
    """The latest sessions, newest first. Three queries, however many."""
    people = Prefetch("participations", Participation.objects.order_by("joined_at", "pk"))
    sessions = list(RoomSession.objects.filter(room=room).prefetch_related(people)[:limit])
    quality = _quality([session.pk for session in sessions])
    return [_session(session, quality) for session in sessions]


def _quality(sessions: list[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    levels = {level.value: Count("pk", filter=Q(level=level)) for level in QualityLevel}
    means = {"rttMs": Avg("rtt_ms"), "lossPercent": Avg("loss_percent"), "kbps": Avg("kbps")}
    samples = QualitySample.objects.filter(participation__session__in=sessions).order_by()
    rows = samples.values("participation").annotate(**levels, **means)
    found: dict[uuid.UUID, dict[str, Any]] = {}
    for row in rows:
        values: dict[str, Any] = dict(row)
        peer_id = values.pop("participation")
        found[peer_id] = {name: round(value, 1) for name, value in values.items()}
    return found


def _session(session: RoomSession, quality: dict[uuid.UUID, dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": str(session.pk),
        "startedBy": session.started_by_id,
        "startedAt": unix_ms(session.started_at),
        "endedAt": unix_ms(session.ended_at),
        "seconds": session.seconds,
        "plan": session.plan,
        "participants": [_person(who, quality.get(who.pk)) for who in session.participations.all()],
    }


def _person(who: Participation, quality: dict[str, Any] | None) -> dict[str, Any]:
    """`quality` is None where nothing was reported."""
    return {
        "peerId": str(who.pk),
        "userId": who.user_id,
        "name": who.name,
        "joinedAt": unix_ms(who.joined_at),
        "leftAt": unix_ms(who.left_at),
        "presentSeconds": who.present_seconds,
        "mutedSeconds": who.muted_seconds,
        "videoOffSeconds": who.video_off_seconds,
        "sharingSeconds": who.sharing_seconds,
        "quality": quality,
    }
