"""When a call's time is over its words go; that somebody looked behind a mask stays on record, without
remarks.
"""

from __future__ import annotations

import uuid

from transcripts.models import AssistantTurn, CallSummary, Reveal, SpokenLine, Utterance


def erase_words(call_id: uuid.UUID) -> None:
    Utterance.objects.filter(call_id=call_id).delete()
    CallSummary.objects.filter(call_id=call_id).delete()
    # What it cost is still counted.
    AssistantTurn.objects.filter(call_id=call_id).update(user_text="", reply="")
    SpokenLine.objects.filter(call_id=call_id).delete()
    Reveal.objects.filter(call_id=call_id).update(note="")
