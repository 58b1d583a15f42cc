"""What the language model took, month by month, and what that cost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from transcripts.models import AssistantTurn, CallSummary, TrialUse

MONTHS = 6
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Month:
    """`share` is that of the fullest month or of the budget, 0 to 100."""

    first: date
    tokens_in: int
    tokens_out: int
    share: int = 0

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out

    @property
    def cost(self) -> float:
        """In the currency of the prices; 0 where none are set."""
        return (
            self.tokens_in * settings.ASSISTANT_PRICE_IN + self.tokens_out * settings.ASSISTANT_PRICE_OUT
        ) / MILLION


def months(place_id: int | None, budget: int = 0) -> list[Month]:
    """The latest months, the oldest first; of one place, or of all."""
    firsts = _firsts(timezone.localtime())
    turns, notes, trials = AssistantTurn.objects.all(), CallSummary.objects.all(), TrialUse.objects.all()
    if place_id:
        turns, notes = turns.filter(call__place=place_id), notes.filter(call__place=place_id)
        trials = trials.filter(place=place_id)
    counts: Counter[tuple[date, str]] = Counter()
    _count(turns, "created_at", firsts[0], counts)
    _count(notes, "made_at", firsts[0], counts)
    _count(trials, "created_at", firsts[0], counts)
    found = [
        Month(first.date(), counts[first.date(), "into"], counts[first.date(), "out"]) for first in firsts
    ]
    full = max([budget, *(month.tokens for month in found), 1])
    return [Month(m.first, m.tokens_in, m.tokens_out, min(100, round(100 * m.tokens / full))) for m in found]


def _firsts(now: datetime) -> list[datetime]:
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = [first]
    for _ in range(MONTHS - 1):
        first = first.replace(year=first.year - (first.month == 1), month=(first.month - 2) % 12 + 1)
        found.append(first)
    return found[::-1]


def _count(rows: QuerySet[Any], at: str, since: datetime, counts: Counter[tuple[date, str]]) -> None:
    grouped = rows.filter(**{f"{at}__gte": since}).annotate(month=TruncMonth(at)).values("month").order_by()
    for row in grouped.annotate(into=Sum("prompt_tokens"), out=Sum("completion_tokens")):
        counts[row["month"].date(), "into"] += row["into"]
        counts[row["month"].date(), "out"] += row["out"]
