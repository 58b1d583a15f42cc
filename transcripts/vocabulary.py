"""The detector in use: the database's lexicon, built again when an administrator changes it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db import DatabaseError
from django.db.models import Count, Max

from transcripts.masking.detector import Detector
from transcripts.masking.lexicon import Lexicon, of, seed
from transcripts.masking.mask import MaskedText, mask_text
from transcripts.models import LexiconEntry


def current_matcher() -> Detector:
    """Built once per version of the table; one small query tells whether it is still the same."""
    return _matcher(_version())


def masked(text: str, queue_id: int | None = None) -> MaskedText:
    """What everybody may see of `text`, by the rules of a queue (None: those of every queue)."""
    return mask_text(text, current_matcher().find(text))


def _version() -> tuple[Any, ...]:
    """(), when there is no table yet or nothing in it: an emptied table is an accident, and staff stay
    protected.
    """
    try:
        found = LexiconEntry.objects.enabled().aggregate(rows=Count("pk"), last=Max("updated_at"))
    except DatabaseError:
        return ()
    return (found["rows"], found["last"]) if found["rows"] else ()


@lru_cache(maxsize=1)
def _matcher(version: tuple[Any, ...]) -> Detector:
    return Detector(_from_database() if version else seed())


def _from_database() -> Lexicon:
    return of(entry.as_entry() for entry in LexiconEntry.objects.enabled())
