"""The note about a call: proposed once its transcript is there, looked over by a person, kept with who changed what."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from calls.models import Call
from calls.models.call import ParticipantRole
from transcripts.actions.converse import is_used_up, language_model, policy_of
from transcripts.assistant.digest import EXTRACT, INSTRUCTIONS, Digest, Line, extract, read, transcript_of
from transcripts.assistant.errors import AssistantError
from transcripts.assistant.guard import RULES_RUN, defused, recites
from transcripts.assistant.language_model import Turn, Usage
from transcripts.models import CallSummary, Disposition, SummaryEdit, SummaryState, Utterance
from transcripts.models.summary import MAX_ATTEMPTS
from transcripts.vocabulary import masked

logger = logging.getLogger(__name__)


class AskAgain(Exception):
    """The language model may answer later."""


def open_summary(call: Call) -> None:
    """A transcript is ready: its note is to be made, or made anew unless a person has saved it."""
    CallSummary.objects.get_or_create(call=call)
    CallSummary.objects.filter(call=call).exclude(state=SummaryState.SAVED).update(
        state=SummaryState.PENDING, attempts=0, claimed_at=None, claimed_by=None
    )


def forgotten() -> list[uuid.UUID]:
    """Calls whose note nobody is making: their task or its worker was lost."""
    return list(CallSummary.objects.open().values_list("call_id", flat=True)[:100])


def summarise(call_id: uuid.UUID) -> None:
    """Propose the note. Done already, leased or erased: nothing. Raises AskAgain while the model fails and tries are left."""
    summary = CallSummary.objects.select_related("call__place").filter(call=call_id).first()
    if summary is None or not summary.claim():
        return
    call, usage = summary.call, Usage()
    lines = _lines(call)
    try:
        digest, model = _digest(call, lines, usage)
    except AssistantError as error:
        logger.warning("summary of call %s: %s, attempt %s", call.pk, error.code, summary.attempts)
        if error.retry and summary.attempts < MAX_ATTEMPTS:
            summary.settle(SummaryState.PENDING)
            raise AskAgain from error
        digest, model = extract(lines, call.topic), EXTRACT
    digest = _masked(digest, call.queue_id)
    summary.settle(
        SummaryState.READY if digest.text else SummaryState.FAILED,
        text=digest.text,
        topics=digest.topics,
        next_steps=digest.next_steps,
        disposition=digest.outcome,
        model=model,
        prompt_tokens=usage.prompt,
        completion_tokens=usage.completion,
        made_at=timezone.now(),
    )


def _lines(call: Call) -> list[Line]:
    """What people said; the automatic assistant's words only where nobody else answered."""
    said = Utterance.objects.best(call).order_by("start_ms", "pk")
    rows = list(said.values_list("participant__role", "masked_text"))
    if any(role == ParticipantRole.AGENT for role, _ in rows):
        rows = [row for row in rows if row[0] != ParticipantRole.ASSISTANT]
    return [Line(role == ParticipantRole.CUSTOMER, text) for role, text in rows]


def _digest(call: Call, lines: list[Line], usage: Usage) -> tuple[Digest, str]:
    if not lines or not settings.ASSISTANT_MODEL or is_used_up(policy_of(call)):
        return extract(lines, call.topic), EXTRACT
    model = language_model()
    asked = [Turn("user", defused(transcript_of(lines)))]
    told = read("".join(model.reply(INSTRUCTIONS, asked, usage)))
    if told is None or recites(
        " ".join([told.text, *told.topics, *told.next_steps]), INSTRUCTIONS, RULES_RUN
    ):
        return extract(lines, call.topic), EXTRACT
    return told, model.name


def _masked(digest: Digest, queue_id: int) -> Digest:
    def hide(text: str) -> str:
        return masked(text, queue_id).text

    return replace(
        digest,
        text=hide(digest.text),
        topics=[hide(each) for each in digest.topics],
        next_steps=[hide(each) for each in digest.next_steps],
    )


@transaction.atomic
def save(user: User, call_id: uuid.UUID, digest: Digest) -> CallSummary:
    """What a person made of it, masked like everything that is kept. Raises CallSummary.DoesNotExist for what is not theirs."""
    mine = CallSummary.objects.visible_to(user).select_for_update(of=("self",))
    summary = mine.select_related("call").get(call_id=call_id, call__erased_at=None)
    before = told(summary)
    wanted = _masked(digest, summary.call.queue_id)
    summary.text, summary.topics, summary.next_steps = wanted.text, wanted.topics, wanted.next_steps
    summary.disposition = wanted.outcome if wanted.outcome in Disposition.values else ""
    summary.state, summary.saved_at = SummaryState.SAVED, timezone.now()
    summary.claimed_at = summary.claimed_by = None  # who is making it now comes too late
    summary.save()
    SummaryEdit.objects.create(summary=summary, user=user, before=before, after=told(summary))
    return summary


def told(summary: CallSummary) -> dict[str, Any]:
    return {
        "text": summary.text,
        "topics": summary.topics,
        "next_steps": summary.next_steps,
        "disposition": summary.disposition,
    }


def mask_again(call_ids: Collection[uuid.UUID]) -> None:
    """The lexicon has changed: what notes and their history hold is hidden like the transcript. Inside a transaction."""
    for summary in CallSummary.objects.filter(call__in=call_ids).select_related("call"):
        queue_id = summary.call.queue_id
        hidden = _masked(Digest(summary.text, summary.topics, summary.next_steps), queue_id)
        CallSummary.objects.filter(pk=summary.pk).update(
            text=hidden.text, topics=hidden.topics, next_steps=hidden.next_steps
        )
        for edit in summary.edits.all():
            edit.before, edit.after = (_kept(each, queue_id) for each in (edit.before, edit.after))
            edit.save(update_fields=["before", "after"])


def _kept(version: dict[str, Any], queue_id: int) -> dict[str, Any]:
    hidden = _masked(Digest(version["text"], version["topics"], version["next_steps"]), queue_id)
    return version | {"text": hidden.text, "topics": hidden.topics, "next_steps": hidden.next_steps}
