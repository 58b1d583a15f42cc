"""How far live captions are behind, and what is left out so that they catch up.

Steps: partial captions, none, the smaller model (and the pages say so); what waits longest is left to the
final transcript. Up at once, down with a delay, so that the pages' notice does not flap.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Min
from django.utils import timezone

from calls.states import ACTIVE
from transcripts.models import JobState, SpeechJob

RISE_SECONDS = (2.0, 6.0)
"""Age of the oldest waiting chunk from which partials stop, and from which captions count as delayed."""
FALL_SECONDS = (1.0, 3.0)
CALM_SECONDS = 5.0
"""How long the load must have been lower before a step is taken back."""
MEASURE_SECONDS = 1.0
_MEASURED, _LADDER = "captions:backlog", "captions:ladder"


@dataclass(frozen=True, slots=True)
class Backlog:
    """Chunks of running calls that wait to be heard, and for how long the oldest has."""

    waiting: int
    oldest_seconds: float


def backlog() -> Backlog:
    """Measured at most once a second by all processes together."""
    known = cache.get(_MEASURED)
    if isinstance(known, Backlog):
        return known
    now = timezone.now()
    found = SpeechJob.objects.filter(
        state=JobState.PENDING, chunk__recording__call__status__in=ACTIVE
    ).aggregate(waiting=Count("pk"), first=Min("created_at"))
    oldest = max(0.0, (now - found["first"]).total_seconds()) if found["first"] else 0.0
    measured = Backlog(found["waiting"], oldest)
    cache.set(_MEASURED, measured, MEASURE_SECONDS)
    return measured


def level() -> int:
    """0: all is well; 1: no partials; 2: the smaller model, and captions are delayed."""
    now = time.time()
    before, since = cache.get(_LADDER) or (0, now)
    after = step(before, backlog().oldest_seconds, now - since)
    if after != before or step(after, backlog().oldest_seconds, CALM_SECONDS) >= after:
        cache.set(_LADDER, (after, now), None)
    return after


def step(before: int, oldest_seconds: float, calm_seconds: float) -> int:
    """The next level. `calm_seconds` have passed since the load last called for the present one."""
    wanted = sum(oldest_seconds >= limit for limit in RISE_SECONDS)
    if wanted >= before or calm_seconds < CALM_SECONDS:
        return max(before, wanted)
    return before - 1 if oldest_seconds < FALL_SECONDS[before - 1] else before


def is_delayed() -> bool:
    return level() >= len(RISE_SECONDS)


def is_too_late(job: SpeechJob) -> bool:
    """Whether a claimed job is left to the final transcript. What waited for a model, or was begun by a worker
    that died, did not wait for its turn.
    """
    late = timezone.now() - job.created_at > timedelta(seconds=settings.CAPTION_BACKLOG_SECONDS)
    return late and job.attempts == 1 and not job.error
