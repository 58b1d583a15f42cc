"""Giving a call to a person, with what was said in it so far. Asking needs no worker and no media server; telling it does."""

from __future__ import annotations

from calls.actions.assistants import want_person
from calls.actions.snapshots import agents_on_duty
from calls.models import Call
from calls.models.call import ParticipantRole
from transcripts.actions.assist.speech import say_sentence
from transcripts.actions.assist.words import sentence
from transcripts.assistant.embedded import meaning_of
from transcripts.assistant.handover import Said, handover
from transcripts.assistant.sources import document_of
from transcripts.models import AssistantTurn, AssistedCall, Source, Utterance


def hand_over(assisted: AssistedCall, reason: str) -> None:
    """Ask for a person, and tell the customer."""
    ask_person(assisted, reason)
    call = assisted.call
    say_sentence(assisted, sentence(call.language, "person" if agents_on_duty(call.queue_id) else "nobody"))


def ask_person(assisted: AssistedCall, reason: str) -> bool:
    """The call waits for a person from now on; False when it did already."""
    call = assisted.call
    said = [
        Said(one.participant.role == ParticipantRole.CUSTOMER, one.masked_text)
        for one in Utterance.objects.filter(call=call, source=Source.LIVE).select_related("participant")
    ]
    tones = Utterance.objects.filter(call=call, source=Source.LIVE, tone__isnull=False)
    tone = min((one.tone for one in tones if one.tone is not None), default=None)
    told = handover(said, reason=reason, intent=_intent_of(call), tone=tone, source=_source_of(call))
    asked = want_person(call, told)
    AssistedCall.objects.filter(pk=assisted.pk).update(offered_person=False)
    return asked


def _source_of(call: Call) -> str:
    """The document that its last answer to a question came from."""
    last = AssistantTurn.objects.filter(call=call).exclude(user_text="").order_by("position").last()
    return document_of(last.sources) if last is not None else ""


def _intent_of(call: Call) -> str:
    """The customer's longest question so far: what it was about."""
    asked = AssistantTurn.objects.filter(call=call).exclude(user_text="").values_list("user_text", flat=True)
    return max((text for text in asked if not meaning_of(text)), key=len, default="")
