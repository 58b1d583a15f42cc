"""When the lexicon or a policy changes, what was written down before is masked anew, in the background.

A run walks over all utterances by id. Text, masks and the cursor are changed in one transaction, which also takes the masked
sound of every changed call out of play until it is made again: a run that is killed never leaves a word audible that its
text hides, and goes on where it was. What customers typed comes last, from the beginning each time.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from calls.models import Recording
from transcripts.actions.audio import remake_audio
from transcripts.actions.neighbours import CHANGED, correct_events, mask_anew, told_by_neighbours
from transcripts.actions.summaries import mask_again
from transcripts.actions.sums import sum_up
from transcripts.actions.written import mask_calls
from transcripts.models import CallTranscript, Remask, RemaskState, TranscriptState, Utterance
from transcripts.models.utterance import BEEPED
from transcripts.vocabulary import rules

logger = logging.getLogger(__name__)

BATCH = 500
LEASE = timedelta(minutes=5)


class LeaseLost(Exception):
    """Another worker has taken the run over."""


def request(user: User | None = None) -> Remask:
    """Ask for a run. One that waits serves for everything that was changed before it starts."""
    waiting = Remask.objects.filter(state=RemaskState.PENDING).first()
    return waiting or Remask.objects.create(requested_by=user)


def run(remask_id: int, tell: Callable[[Remask], None] = lambda _run: None) -> None:
    """Do a run, or what is left of it; `tell` hears of each batch. A run that is done or leased is left alone."""
    current = _claim(remask_id)
    if current is None:
        return
    try:
        while _batch(current):
            tell(current)
        for _changed in mask_calls():
            _move(current, 0, 0)
        _finish(current)
        logger.info("masking run %s: %s utterances, %s changed", remask_id, current.done, current.changed)
        tell(current)
    except LeaseLost:
        logger.info("masking run %s is done by another worker", remask_id)


def open_runs() -> list[int]:
    """Runs to enqueue: waiting ones, and those whose worker died."""
    return list(_claimable().order_by("pk").values_list("pk", flat=True))


def calls_without_sound() -> list[uuid.UUID]:
    """Calls whose masked sound was taken out of play and not made again."""
    finished = CallTranscript.objects.filter(state__in=[TranscriptState.READY, TranscriptState.PARTIAL])
    silent = finished.filter(call__erased_at=None, call__recordings__masked_path="")
    return list(
        silent.exclude(call__recordings__chunks=None).distinct().values_list("call_id", flat=True)[:200]
    )


def _claimable() -> QuerySet[Remask]:
    expired = Q(state=RemaskState.RUNNING, claimed_at__lt=timezone.now() - LEASE)
    return Remask.objects.filter(Q(state=RemaskState.PENDING) | expired)


def _claim(remask_id: int) -> Remask | None:
    now = timezone.now()
    if not _claimable().filter(pk=remask_id).update(state=RemaskState.RUNNING, claimed_at=now):
        return None
    current = Remask.objects.get(pk=remask_id)
    if not current.total:
        current.total = Utterance.objects.count()
        Remask.objects.filter(pk=remask_id).update(total=current.total)
    return current


@dataclass(frozen=True, slots=True)
class _Batch:
    """What one step found: utterances with new masks, and their calls whose sound must be made again."""

    changed: list[Utterance]
    calls: set[uuid.UUID]


def _batch(current: Remask) -> bool:
    """Mask the next utterances. False when there are none left."""
    rows = list(
        Utterance.objects.filter(pk__gt=current.last_id).select_related("call").order_by("pk")[:BATCH]
    )
    if not rows:
        return False
    found = _masked_anew(rows)
    with transaction.atomic():
        current.last_id = rows[-1].pk
        _move(current, len(rows), len(found.changed))
        Utterance.objects.bulk_update(found.changed, CHANGED, batch_size=100)
        correct_events(found.changed)
        Recording.objects.filter(call__in=found.calls).update(masked_path="")
        CallTranscript.objects.filter(call__in=found.calls).update(mix_path="")
        sum_up(found.calls)
        mask_again({row.call_id for row in found.changed})
    for call_id in found.calls:
        remake_audio(call_id)
    return True


def _masked_anew(rows: list[Utterance]) -> _Batch:
    changed: list[Utterance] = []
    for queue_id in {row.call.queue_id for row in rows}:
        mine = [row for row in rows if row.call.queue_id == queue_id]
        by = rules(queue_id)
        more = told_by_neighbours(mine, by)
        changed += [row for row in mine if mask_anew(row, by, more.get(row.pk, []))]
    return _Batch(changed, {row.call_id for row in changed if row.source in BEEPED})


def _move(current: Remask, done: int, changed: int) -> None:
    """Store the cursor and advance the lease with it. Raises LeaseLost."""
    now = timezone.now()
    won = Remask.objects.filter(
        pk=current.pk, state=RemaskState.RUNNING, claimed_at=current.claimed_at
    ).update(last_id=current.last_id, done=F("done") + done, changed=F("changed") + changed, claimed_at=now)
    if not won:
        raise LeaseLost
    current.claimed_at = now
    current.done += done
    current.changed += changed


def _finish(current: Remask) -> None:
    done = Remask.objects.filter(pk=current.pk, claimed_at=current.claimed_at)
    if done.update(state=RemaskState.DONE, finished_at=timezone.now()):
        current.state = RemaskState.DONE
