"""The rules in use: which words and which personal data are hidden in the calls of which queue.

They are read from the database and kept as long as it has not changed; one small query per text tells. No signal is
needed between processes: a worker that lives for weeks notices the edit with its next text.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import DatabaseError
from django.db.models import Count, Max, Q, QuerySet, Sum, Value

from transcripts.masking.detector import Detector
from transcripts.masking.kinds import ALL_PERSONAL_DATA, PROFANITY
from transcripts.masking.lexicon import Entry, Lexicon, of, seed
from transcripts.masking.mask import MaskedText, mask_text
from transcripts.masking.matcher import Matcher
from transcripts.masking.spans import Span
from transcripts.models import LexiconEntry, MaskingPolicy

Version = tuple[Any, ...]
LEXICON, POLICY = "lexicon", "policy"
# A detector takes a few MB; queues without words of their own share one.
MOST_DETECTORS = 16
MOST_QUEUES = 256


@dataclass(frozen=True, slots=True)
class Rules:
    """`kinds` are the kinds of personal data that are hidden; words milder than `min_severity` are not."""

    lexicon: Lexicon
    kinds: frozenset[str] = frozenset(ALL_PERSONAL_DATA)
    min_severity: int = 1

    def find(self, text: str) -> list[Span]:
        """What is to be hidden, in order, not overlapping, in characters of `text`."""
        return _detector(self.lexicon).find(text, self.kinds, self.min_severity)

    def cause(self, text: str, span: Span) -> Entry | None:
        """The entry that hides a span of `text`; None when it is personal data. Slow: for people who try a
        sentence.
        """
        if span.kind != PROFANITY:
            return None
        suspects = [entry for entry in self.lexicon.entries if not entry.allowed]
        while len(suspects) > 1:
            half = suspects[: len(suspects) // 2]
            suspects = half if self._explain(half, text, span) else suspects[len(half) :]
        return suspects[0] if suspects and self._explain(suspects, text, span) else None

    def _explain(self, suspects: list[Entry], text: str, span: Span) -> bool:
        allowed = [entry for entry in self.lexicon.entries if entry.allowed]
        found = Matcher(of([*suspects, *allowed])).find(text)
        return any(each.start < span.end and span.start < each.end for each in found)


def rules(queue_id: int | None = None) -> Rules:
    """The rules of one queue; None: those that hold in every queue."""
    try:
        version = tuple(_versions(queue_id))
    except DatabaseError:  # no table yet
        version = ()
    return _rules(queue_id, version)


def masked(text: str, queue_id: int | None = None) -> MaskedText:
    """What everybody may see of `text`, by the rules of a queue (None: those of every queue)."""
    return mask_text(text, rules(queue_id).find(text))


def _versions(queue_id: int | None) -> QuerySet[Any, Any]:
    """A row for the lexicon, of zeros when it is empty, and one for the queue's policy, if it has one."""
    lexicon = (
        _entries(queue_id)
        .order_by()
        .annotate(what=Value(LEXICON))
        .values("what")
        .annotate(rows=Count("pk"), ids=Sum("pk"), last=Max("updated_at"))
        .values_list("what", "rows", "ids", "last")
    )
    policy = _policies(queue_id).annotate(what=Value(POLICY))
    return lexicon.union(policy.values_list("what", "min_severity", "pk", "updated_at"), all=True)


@lru_cache(maxsize=MOST_QUEUES)
def _rules(queue_id: int | None, version: Version) -> Rules:
    """An emptied lexicon is an accident, and staff stay protected."""
    known = {row[0] for row in version if row[1]}
    lexicon = seed()
    if LEXICON in known:
        lexicon = of(entry.as_entry() for entry in _entries(queue_id).order_by("pk"))
    policy = _policies(queue_id).first() if POLICY in known else None
    if policy is None:
        return Rules(lexicon)
    return Rules(lexicon, frozenset(policy.personal_data), policy.min_severity)


def _policies(queue_id: int | None) -> QuerySet[MaskingPolicy]:
    return MaskingPolicy.objects.filter(queue__pk__in=() if queue_id is None else (queue_id,))


def _entries(queue_id: int | None) -> QuerySet[LexiconEntry]:
    """The words of every queue, and those of this one."""
    return LexiconEntry.objects.enabled().filter(Q(queue=None) | Q(queue=queue_id))


@lru_cache(maxsize=MOST_DETECTORS)
def _detector(lexicon: Lexicon) -> Detector:
    return Detector(lexicon)
