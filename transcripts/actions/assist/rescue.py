"""Customers whom the assistant leaves waiting: its worker is down, or hangs. Another worker looks, and asks for a person."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils import timezone

from calls.actions import assistant_media
from calls.actions.snapshots import agents_on_duty
from calls.media.errors import MediaError
from calls.models.call import ParticipantRole
from transcripts.actions.assist.handing import ask_person
from transcripts.actions.assist.speech import say_sentence
from transcripts.actions.assist.words import sentence
from transcripts.models import AssistedCall, Source, SpokenLine, Utterance

logger = logging.getLogger(__name__)

SEEN = "assistant-seen"
MISSED = timedelta(seconds=8)
"""The assistant's worker tells every two seconds that it takes work; after so long without it is down."""
PATIENCE = timedelta(seconds=5)
PATIENCE_WITH_A_WORKER = timedelta(seconds=15)
"""It is there, and yet says nothing to this customer. A slow language model is spoken for long before."""


def tell_alive() -> None:
    cache.set(SEEN, timezone.now(), None)


def is_down() -> bool:
    """It worked once, and does no longer. One that was never seen may be about to start."""
    seen: datetime | None = cache.get(SEEN)
    return seen is not None and seen < timezone.now() - MISSED


def rescue() -> list[uuid.UUID]:
    """Ask for a person wherever a customer waits in vain; these calls."""
    down = is_down()
    patience = PATIENCE if down else PATIENCE_WITH_A_WORKER
    running = AssistedCall.objects.running().whole()
    stranded = [
        assisted
        for assisted in running.filter(call__person_wanted_at=None)
        if (since := _waits_since(assisted, down=down)) is not None and since < timezone.now() - patience
    ]
    return [assisted.call_id for assisted in stranded if _give_to_a_person(assisted)]


def _waits_since(assisted: AssistedCall, *, down: bool) -> datetime | None:
    """Since when the customer has waited for its next word; None while it is not its turn.

    A worker that lives may be letting them finish a long story: it is counted from the end of that.
    """
    said = SpokenLine.objects.filter(call=assisted.call_id)
    if not said.exists():
        return assisted.created_at
    asked = Utterance.objects.filter(
        call=assisted.call_id, source=Source.LIVE, participant__role=ParticipantRole.CUSTOMER
    )
    asked = asked.filter(pk__gt=assisted.answered if assisted.busy_with else assisted.heard)
    since = asked.order_by("pk" if down else "-pk").values_list("created_at", flat=True).first()
    return None if since is None or said.filter(turn__created_at__gt=since).exists() else since


def _give_to_a_person(assisted: AssistedCall) -> bool:
    if not ask_person(assisted, "lost"):
        return False
    logger.warning("assistant of call %s: it does not answer, a person is asked", assisted.call_id)
    language = assisted.call.language
    here = agents_on_duty(assisted.call.queue_id)
    words = f"{sentence(language, 'lost')} {sentence(language, 'hold' if here else 'nobody')}"
    try:
        assistant_media.enter(assisted.participant)
        say_sentence(assisted, words)
    except MediaError as error:
        logger.warning("assistant of call %s: the page alone tells it (%s)", assisted.call_id, error.code)
    return True
