"""What is masked in which queue: the database's lexicon and policies, read again when somebody changes them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import DatabaseError
from django.db.models import Count, Max, Q, QuerySet

from calls.masking import Seen
from transcripts.masking import joined
from transcripts.masking.detector import Detector, with_more
from transcripts.masking.kinds import ALL_PERSONAL_DATA, PROFANITY
from transcripts.masking.lexicon import Entry, Lexicon, of, seed
from transcripts.masking.mask import MaskedText, mask_text
from transcripts.masking.matcher import Matcher
from transcripts.masking.personal import unfinished
from transcripts.masking.spans import Span
from transcripts.models import LexiconEntry, MaskingPolicy

Version = tuple[Any, ...]
DETECTORS_KEPT = 32
"""One for all queues without words of their own, and one for each queue that has some."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How one queue masks."""

    detector: Detector
    lexicon: Lexicon
    kinds: Collection[str] = ALL_PERSONAL_DATA
    min_severity: int = 1

    def find(self, text: str) -> list[Span]:
        """What is to be hidden, in order, not overlapping, in characters of `text`."""
        return self.detector.find(text, self.kinds, self.min_severity)

    def mask(self, text: str, more: Sequence[Span] = ()) -> MaskedText:
        """`more` is what only the neighbouring utterances tell."""
        found = self.find(text)
        return mask_text(text, with_more(found, more) if more else found)

    def across(self, texts: Sequence[str]) -> list[list[Span]]:
        """The numbers that go from one of a speaker's neighbouring utterances into the next, for each what lies in it."""
        return joined.across(texts, self.find)

    def unfinished(self, text: str) -> list[Span]:
        """The number that begins at the end of an utterance, if there is one."""
        span = unfinished.find(text)
        return [span] if span and span.kind in self.kinds else []

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


def masked(text: str, queue_id: int | None = None) -> MaskedText:
    """What everybody may see of `text`, by the rules of a queue (None: those of every queue)."""
    return rules(queue_id).mask(text)


def chat(text: str, queue_id: int | None) -> Seen:
    """What everybody may see of a written message: abuse is hidden; an address or a number was written to be read."""
    of_queue = rules(queue_id)
    return _seen(mask_text(text, of_queue.detector.find(text, (), of_queue.min_severity)))


def form(text: str, queue_id: int | None) -> Seen:
    """What everybody may see of what a customer typed before a call: as of what they say in it."""
    return _seen(masked(text, queue_id))


def _seen(hidden: MaskedText) -> Seen:
    masks = [
        {"start": mask.start, "end": mask.end, "kind": mask.kind, "severity": mask.severity}
        for mask in hidden.masks
    ]
    return Seen(hidden.text, masks)


def rules(queue_id: int | None = None) -> Rules:
    """Built once per version of the tables; two small queries tell whether they are still the same."""
    version = _version(queue_id)
    kinds, min_severity = _policy(version, queue_id) if version[1] else (ALL_PERSONAL_DATA, 1)
    return Rules(*_detector(version[0], version[2]), kinds, min_severity)


def _version(queue_id: int | None) -> tuple[Version, Version, int | None]:
    """(of the lexicon, of the queue's policy, the queue if it has words of its own).

    The lexicon's is () when there is no table yet or nothing in it: an emptied table is an accident, and
    staff stay protected.
    """
    try:
        found = entries(queue_id).aggregate(
            rows=Count("pk"), last=Max("updated_at"), own=Count("pk", filter=Q(queue__isnull=False))
        )
        policy = MaskingPolicy.objects.filter(queue=queue_id).values_list("pk", "updated_at").first()
    except DatabaseError:
        return (), (), None
    lexicon = (found["rows"], found["last"]) if found["rows"] else ()
    return lexicon, policy or (), queue_id if found["own"] else None


def entries(queue_id: int | None) -> QuerySet[LexiconEntry]:
    """What counts in a queue: the entries for all queues, and its own."""
    return LexiconEntry.objects.enabled().filter(Q(queue=None) | Q(queue=queue_id))


@lru_cache(maxsize=DETECTORS_KEPT)
def _policy(version: tuple[Version, Version, int | None], queue_id: int) -> tuple[frozenset[str], int]:
    policy = MaskingPolicy.objects.filter(queue=queue_id).first()
    if policy is None:
        return frozenset(ALL_PERSONAL_DATA), 1
    return frozenset(policy.personal_data), policy.min_severity


@lru_cache(maxsize=DETECTORS_KEPT)
def _detector(version: Version, queue_id: int | None) -> tuple[Detector, Lexicon]:
    lexicon = _from_database(queue_id) if version else seed()
    return Detector(lexicon), lexicon


def _from_database(queue_id: int | None) -> Lexicon:
    return of(entry.as_entry() for entry in entries(queue_id))
