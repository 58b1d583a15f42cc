"""Answering what was sent with "Prefer: respond-async": kept until a worker takes it, answered once, then its sound is gone."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from calls.models import Call
from transcripts.actions.converse import ConversationRefused, Exchange, converse, policy_of, speak
from transcripts.models import AskedLater, AskedState

TOO_LATE = timedelta(minutes=5)
"""Nobody waits longer; its worker is dead or there is none."""
KEPT = timedelta(hours=1)


def keep(call: Call, sound: bytes, system_prompt: str, voice: str) -> AskedLater:
    """Raises ConversationRefused where it would be refused at once anyway."""
    if call.erased_at is not None or not call.is_active:
        raise ConversationRefused("wrong_state")
    asked = AskedLater(call=call, system_prompt=system_prompt, voice=voice)
    asked.file().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    asked.file().write_bytes(sound)
    with transaction.atomic():
        asked.save()
    return asked


def answer_kept(asked_id: uuid.UUID) -> None:
    """Taken by another worker, answered or gone: nothing."""
    taken = AskedLater.objects.filter(pk=asked_id, state=AskedState.PENDING).update(state=AskedState.RUNNING)
    if not taken:
        return
    asked = AskedLater.objects.select_related("call__place").get(pk=asked_id)
    try:
        made = converse(asked.call, asked.file().read_bytes(), asked.system_prompt, asked.voice)
    except ConversationRefused as error:
        _settle(asked, state=AskedState.FAILED, code=error.code)
    except OSError:
        _settle(asked, state=AskedState.FAILED, code="assistant_failed")
    else:
        _settle(asked, state=AskedState.DONE, turn=made.turn, fell_back=made.fell_back)


def _settle(asked: AskedLater, **fields: object) -> None:
    AskedLater.objects.filter(pk=asked.pk, state=AskedState.RUNNING).update(system_prompt="", **fields)
    asked.file().unlink(missing_ok=True)


def exchange_of(asked: AskedLater) -> Exchange | None:
    """What was answered, spoken anew; None while it is not there. Raises ConversationRefused as `converse` would."""
    if asked.state == AskedState.FAILED:
        raise ConversationRefused(asked.code)
    if asked.state != AskedState.DONE or asked.turn is None:
        return None
    audio, missing = speak(asked.turn.reply, asked.voice or policy_of(asked.call).voice)
    return Exchange(asked.turn, audio, missing, asked.fell_back, asked.turn.created_at)


def give_up() -> None:
    """What nobody answered in time has failed; what was fetched or forgotten goes."""
    now = timezone.now()
    late = AskedLater.objects.filter(
        state__in=(AskedState.PENDING, AskedState.RUNNING), created_at__lt=now - TOO_LATE
    )
    for asked in late:
        AskedLater.objects.filter(pk=asked.pk, state=asked.state).update(
            state=AskedState.FAILED, code="assistant_failed", system_prompt=""
        )
        asked.file().unlink(missing_ok=True)
    AskedLater.objects.filter(created_at__lt=now - KEPT).delete()
