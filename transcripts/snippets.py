"""The lines of a call in which a search found its words: masked, with the hits marked."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from calls.models import Call
from transcripts.fulltext import holding
from transcripts.indexing import places, terms
from transcripts.labels import kind_label
from transcripts.models import Utterance
from transcripts.record import pieces

PER_CALL = 3
MOST_ROWS = 600


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
    """Up to PER_CALL lines for each call, in order of time, by one query."""
    wanted = terms(said)
    found: dict[uuid.UUID, list[Snippet]] = {}
    if not wanted:
        return found
    rows = (
        holding(wanted)
        .filter(call__in=[call.pk for call in calls])
        .only("call_id", "start_ms", "masked_text", "masks", "participant__role")
        .select_related("participant")
        .order_by("call_id", "start_ms")[:MOST_ROWS]
    )
    for row in rows:
        mine = found.setdefault(row.call_id, [])
        if len(mine) < PER_CALL:
            mine.append(Snippet(row.start_ms, row.participant.role, list(_runs(row, wanted))))
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
