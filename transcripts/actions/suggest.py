"""Answers of the house for an agent who talks with a customer. Quiet: sure ones only, to that agent's page, never kept."""

from __future__ import annotations

import uuid
from typing import Any

from calls import events
from calls.models import Call
from calls.models.call import ParticipantRole
from transcripts.actions.converse import knowledge_of, policy_of
from transcripts.assistant.knowledge import Found
from transcripts.models import Source, Utterance

MOST = 2


def suggest(call_id: uuid.UUID) -> None:
    """Tell a call's agents which answers fit what its customer said last. The same few queries however long the call."""
    call = Call.objects.active().select_related("place").filter(pk=call_id).first()
    if call is None:
        return
    agents = list(call.participants.present().filter(role=ParticipantRole.AGENT))
    if not agents or not policy_of(call).suggests:
        return
    said = (
        Utterance.objects.filter(call=call, source=Source.LIVE, participant__role=ParticipantRole.CUSTOMER)
        .only("masked_text")
        .order_by("-pk")
        .first()
    )
    if said is None:
        return
    found = [each for each in knowledge_of(call).find(said.masked_text, limit=MOST) if each.is_sure]
    if not found:
        return
    message = {
        "type": "answers-suggested",
        "callId": str(call.pk),
        "utteranceId": said.pk,
        "answers": [_told(each) for each in found],
    }
    for agent in agents:
        events.relay(call.pk, message, to=str(agent.pk))


def _told(found: Found) -> dict[str, Any]:
    """`source` is the document's title; an answer of the house has none."""
    return {
        "entryId": found.entry.id,
        "question": found.entry.title,
        "answer": found.answer,
        "source": found.entry.document,
    }
