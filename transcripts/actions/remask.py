"""Masking old transcripts anew when the rules have changed, in the background, call by call.

What is hidden by the old rules and by the new ones is covered at every moment: the rows of a call and its stored captions
change in one transaction, and its sound is replaced as a whole after it. `masked_at` is written last, so a call whose sound
was not made yet when the worker died is found again.
"""

from __future__ import annotations

import logging
import uuid
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from calls.models import Call, CallEvent, Recording
from transcripts.actions.audio import remake_audio
from transcripts.actions.utterances import mask_fields, search_text, segment_of
from transcripts.models import CallTranscript, Remask, RemaskState, Utterance

logger = logging.getLogger(__name__)

COLUMNS = (
    "pk", "text", "words", "start_ms", "end_ms", "masked_text", "masks", "search_text",
)  # fmt: skip


class _Row(NamedTuple):
    """The columns of one utterance, in the order of COLUMNS."""

    pk: int
    text: str
    words: list[list[Any]]
    start_ms: int
    end_ms: int
    masked_text: str
    masks: list[dict[str, Any]]
    search_text: str


def run_remask() -> bool:
    """Do the oldest run that is asked for. False when there is none, or another worker is at it. A run whose
    worker died goes on where it stopped.
    """
    run = Remask.objects.claim()
    if run is None:
        return False
    # The first call may have its new text and its old sound.
    in_doubt = bool(run.total)
    if not run.total:
        run.step(total=_stale(run.created_at).count())
    while (call := _next_call(run)) is not None:
        changed = _mask_call(call, run.created_at, in_doubt=in_doubt)
        in_doubt = False
        if not run.step(done=run.done + changed.rows, changed=run.changed + changed.changed):
            return True
    run.step(state=RemaskState.DONE, finished_at=timezone.now())
    logger.info("masking run %s: %s of %s utterances changed", run.pk, run.changed, run.done)
    return True


class _Changed(NamedTuple):
    rows: int
    changed: int


def _stale(before: datetime) -> QuerySet[Utterance]:
    return Utterance.objects.filter(masked_at__lt=before)


def _next_call(run: Remask) -> Call | None:
    """The call of the next utterance that was masked before the run was asked for."""
    found = (
        _stale(run.created_at).filter(pk__gt=run.last_id).order_by("pk").values_list("pk", "call_id").first()
    )
    if found is None:
        return None
    # Its own number is not passed before its call is done: `last_id` only spares the search the way.
    run.step(last_id=found[0] - 1)
    return Call.objects.get(pk=found[1])


def _mask_call(call: Call, before: datetime, *, in_doubt: bool) -> _Changed:
    began = timezone.now()
    rows = [_Row(*values) for values in _stale(before).filter(call=call).values_list(*COLUMNS)]
    changed = _rewrite(call, rows)
    if changed or in_doubt:
        _remake(call.pk)
    Utterance.objects.filter(pk__in=[row.pk for row in rows]).update(masked_at=began)
    return _Changed(len(rows), changed)


@transaction.atomic
def _rewrite(call: Call, rows: list[_Row]) -> int:
    """Rows and stored captions; how many rows changed."""
    changed = [new for row in rows if (new := _masked_anew(row, call.queue_id)) is not None]
    Utterance.objects.bulk_update(changed, ["masked_text", "masks", "search_text"], batch_size=200)
    if changed:
        _rewrite_captions(call.pk, {each.pk: each for each in changed})
    return len(changed)


def _masked_anew(row: _Row, queue_id: int | None) -> Utterance | None:
    """The columns to write; None when nothing is different."""
    said = segment_of(row.text, row.words, row.start_ms, row.end_ms)
    new = mask_fields(said, queue_id)
    if new["masked_text"] == row.masked_text and new["masks"] == row.masks:
        return None
    index = search_text(new["masked_text"]) if row.search_text else ""
    return Utterance(pk=row.pk, search_text=index, **new)


def _rewrite_captions(call_id: uuid.UUID, changed: dict[int, Utterance]) -> None:
    """Captions are kept as they were told, and told again to a page that comes back."""
    told = []
    for event in CallEvent.objects.filter(call_id=call_id, type="caption"):
        new = changed.get(event.payload.get("utteranceId"))
        if new is not None:
            event.payload |= {"text": new.masked_text, "masks": new.public_masks()}
            told.append(event)
    CallEvent.objects.bulk_update(told, ["payload"], batch_size=200)


def _remake(call_id: uuid.UUID) -> None:
    """Sound that cannot be made again may hold a word that is hidden now: then it is not played at all."""
    try:
        remake_audio(call_id)
    except Exception as error:  # noqa: BLE001 - one broken call must not stop the run
        logger.error("call %s: masked sound withheld, %s", call_id, type(error).__name__)
        Recording.objects.filter(call=call_id).update(masked_path="")
        CallTranscript.objects.filter(call=call_id).update(mix_path="")
