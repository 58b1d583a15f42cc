"""What was forgotten: lost signals, lost tasks, workers that died, models that were installed since."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from calls.models import Call, Chunk
from calls.states import ACTIVE
from transcripts.actions.final import open_transcript
from transcripts.actions.live import add_job
from transcripts.engines.registry import Purpose
from transcripts.models import CallTranscript, JobState, SpeechJob, TranscriptState
from transcripts.speech import availability

# Work younger than this is on its way through the queue.
AGE = timedelta(seconds=60)
LIMIT = 200


@dataclass(frozen=True, slots=True)
class Forgotten:
    chunk_ids: list[int]
    call_ids: list[uuid.UUID]


def forgotten() -> Forgotten:
    """What to enqueue again. Enqueuing something twice does no harm: leases decide."""
    old = timezone.now() - AGE
    for chunk_id in Chunk.objects.filter(speech_job=None, created_at__lt=old).values_list("pk", flat=True)[
        :LIMIT
    ]:
        add_job(chunk_id)
    for call_id in _without_transcript(old):
        open_transcript(call_id)
    _reopen_outgrown()
    return Forgotten(_chunks(old), _calls(old))


def _without_transcript(old: datetime) -> Iterable[uuid.UUID]:
    ended = Call.objects.exclude(status__in=ACTIVE).filter(
        transcript=None, ended_at__lt=old, answered_at__isnull=False
    )
    return ended.filter(recordings__isnull=False).distinct().values_list("pk", flat=True)[:LIMIT]


def _reopen_outgrown() -> None:
    """Finished transcripts of calls that have grown since."""
    finished = CallTranscript.objects.filter(state__in=[TranscriptState.READY, TranscriptState.PARTIAL])
    outgrown = finished.filter(call__recordings__chunks__created_at__gt=F("finished_at")).values("pk")
    CallTranscript.objects.filter(pk__in=outgrown).update(state=TranscriptState.PENDING)


def _chunks(old: datetime) -> list[int]:
    jobs = SpeechJob.objects.claimable().exclude(state=JobState.PENDING, created_at__gt=old)
    call = "chunk__recording__call"
    rows = jobs.values_list("chunk_id", "state", f"{call}__source", f"{call}__language")[:LIMIT]
    return [
        pk
        for pk, state, source, language in rows
        if state != JobState.WAITING_MODEL or _can_hear(source, language, "live")
    ]


def _calls(old: datetime) -> list[uuid.UUID]:
    open_ones = CallTranscript.objects.claimable().exclude(call__status__in=ACTIVE)
    rows = open_ones.exclude(state=TranscriptState.PENDING, created_at__gt=old).values_list(
        "call_id", "state", "call__source", "call__language"
    )[:LIMIT]
    return [
        pk
        for pk, state, source, language in rows
        if state != TranscriptState.WAITING_MODEL or _can_hear(source, language, "offline")
    ]


def _can_hear(source: str, language: str, purpose: Purpose) -> bool:
    return availability(Call(source=source, language=language), purpose).available
