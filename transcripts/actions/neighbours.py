"""Masks that only a speaker's neighbouring utterances tell: a number said in several breaths is hidden in all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.db.models import QuerySet
from django.utils import timezone

from calls.models import CallEvent
from transcripts.actions.utterances import mask, tone_of, unsure_words
from transcripts.engines.words import Word
from transcripts.indexing import index_text
from transcripts.masking.spans import Span
from transcripts.models import Source, Utterance
from transcripts.vocabulary import Rules

GAP_MS = 8_000
"""The longest pause within a number: the other side repeats what it has heard so far."""
REACH_MS = 60_000
"""How far around an utterance its neighbours are looked for."""
CHANGED = ("masked_text", "masks", "search_text", "masked_at", "tone", "unsure")


def mask_sides(rows: Iterable[Utterance], by: Rules) -> list[Utterance]:
    """Hide what goes over the borders of utterances of one source, saved or not. Gives those that changed."""
    changed = []
    for side in _sides(rows):
        for row, more in zip(side, _more(side, by), strict=True):
            if more and mask_anew(row, by, more):
                changed.append(row)
    return changed


def mask_anew(row: Utterance, by: Rules, more: Sequence[Span]) -> bool:
    """Mask one utterance by the rules and what its neighbours tell. False when it stays as it was."""
    words = [Word(text, start, end, confidence) for text, start, end, confidence in row.words]
    masked_text, masks = mask(row.text, words, row.start_ms, row.end_ms, by, more)
    if (masked_text, masks) == (row.masked_text, row.masks):
        return False
    row.masked_text, row.masks, row.masked_at = masked_text, masks, timezone.now()
    row.unsure = unsure_words(row.text, words, masks)
    row.tone = tone_of(row.text, row.language, masks)
    row.search_text = row.search_text and index_text(masked_text, masks)
    return True


def around(row: Utterance) -> QuerySet[Utterance]:
    """The live utterances that the same speaker may have said in one breath with this one."""
    near = Utterance.objects.filter(
        start_ms__range=(max(0, row.start_ms - REACH_MS), row.end_ms + REACH_MS), call_id=row.call_id
    )
    return near.filter(participant_id=row.participant_id, source=Source.LIVE).exclude(pk=row.pk)


def told_by_neighbours(rows: Sequence[Utterance], by: Rules) -> dict[int, list[Span]]:
    """For stored utterances, by id, what their neighbours tell; those are read here."""
    if not rows:
        return {}
    sides = Utterance.objects.filter(participant__in={row.participant_id for row in rows})
    found: dict[int, list[Span]] = {}
    for side in _sides(sides.order_by().only("text", "start_ms", "end_ms", "participant_id", "source")):
        found |= {row.pk: more for row, more in zip(side, _more(side, by), strict=True) if more}
    return found


def correct_events(rows: Iterable[Utterance]) -> None:
    """Stored captions are told again to a page that comes back: they hide the same words."""
    live = {row.pk: row for row in rows if row.source == Source.LIVE}
    if not live:
        return
    calls = {row.call_id for row in live.values()}
    events = CallEvent.objects.filter(call__in=calls, type="caption", payload__utteranceId__in=list(live))
    corrected = list(events)
    for event in corrected:
        row = live[event.payload["utteranceId"]]
        event.payload |= {"text": row.masked_text, "masks": row.public_masks()}
    CallEvent.objects.bulk_update(corrected, ("payload",), batch_size=100)


def _sides(rows: Iterable[Utterance]) -> Iterator[list[Utterance]]:
    """One speaker's utterances of one source, in order of time."""
    sides: defaultdict[tuple[object, str], list[Utterance]] = defaultdict(list)
    for row in rows:
        sides[row.participant_id, row.source].append(row)
    for side in sides.values():
        yield sorted(side, key=lambda row: (row.start_ms, row.position, row.pk or 0))


def _more(side: Sequence[Utterance], by: Rules) -> list[list[Span]]:
    more = [spans for breath in _breaths(side) for spans in by.across([row.text for row in breath])]
    for row, spans in zip(side, more, strict=True):
        if row.source == Source.LIVE:  # afterwards it is known whether the number went on
            spans += by.unfinished(row.text)
    return more


def _breaths(side: Sequence[Utterance]) -> Iterator[list[Utterance]]:
    """Utterances with no long pause between them."""
    breath: list[Utterance] = []
    for row in side:
        if breath and row.start_ms - breath[-1].end_ms > GAP_MS:
            yield breath
            breath = []
        breath.append(row)
    if breath:
        yield breath
