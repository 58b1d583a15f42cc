"""What a call's final transcript comes to, kept on its row so that a search need not look at every utterance."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from django.db.models import Count, Min, Q

from transcripts.models import CallTranscript, Source, Utterance


def sum_up(call_ids: Collection[uuid.UUID]) -> None:
    """Count the utterances with masked words and find the lowest tone of each call."""
    said = Utterance.objects.filter(call__in=call_ids, source=Source.OFFLINE).order_by()
    sums = said.values("call").annotate(masked=Count("pk", filter=~Q(masks=[])), lowest=Min("tone"))
    found: dict[uuid.UUID, dict[str, Any]] = {row["call"]: dict(row) for row in sums}
    changed = list(CallTranscript.objects.filter(call__in=call_ids))
    for transcript in changed:
        row = found.get(transcript.call_id, {"masked": 0, "lowest": None})
        transcript.masked_utterances, transcript.lowest_tone = row["masked"], row["lowest"]
    CallTranscript.objects.bulk_update(changed, ("masked_utterances", "lowest_tone"), batch_size=200)
