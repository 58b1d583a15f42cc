"""The lines of a call in which a search found its words: masked, with the hits marked."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Window
from django.db.models.functions import RowNumber

from calls.models import Call, Participant
from transcripts.fulltext import holding
from transcripts.indexing import places, terms
from transcripts.labels import kind_label
from transcripts.models import Utterance
from transcripts.record import pieces

PER_CALL = 3


@dataclass(frozen=True, slots=True)
class Run:
    """Plain text, a hit, or (kind not empty) something hidden."""

    text: str
    hit: bool = False
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Snippet:
    start_ms: int
    role: str
    runs: list[Run]


def snippets(calls: Iterable[Call], said: str) -> dict[uuid.UUID, list[Snippet]]:
    """Up to PER_CALL lines for each call, in order of time."""
    wanted = terms(said)
    found: dict[uuid.UUID, list[Snippet]] = {}
    if not wanted:
        return found
    pages = [call.pk for call in calls]
    place = Window(RowNumber(), partition_by="call_id", order_by=("start_ms", "id"))
    rows = (
        holding(wanted)
        .filter(call__in=pages)
        .annotate(place=place)
        .filter(place__lte=PER_CALL)
        .only("call_id", "participant_id", "start_ms", "masked_text", "masks")
        .order_by("call_id", "start_ms", "id")
    )
    # A query of its own: a join makes PostgreSQL read all participants that there are.
    roles = dict(Participant.objects.filter(call__in=pages).order_by().values_list("pk", "role"))
    for row in rows:
        line = Snippet(row.start_ms, roles[row.participant_id], list(_runs(row, wanted)))
        found.setdefault(row.call_id, []).append(line)
    return found


def _runs(row: Utterance, wanted: list[str]) -> Iterable[Run]:
    for piece in pieces(row.masked_text, row.masks):
        if piece.mask is not None:
            kind = row.masks[piece.mask]["kind"]
            yield Run("", kind=kind_label(kind))
            continue
        at = 0
        for start, end in places(piece.text, wanted):
            if start > at:
                yield Run(piece.text[at:start])
            yield Run(piece.text[start:end], hit=True)
            at = end
        if at < len(piece.text):
            yield Run(piece.text[at:])
