"""The assistant comes into a call and goes: by the place's rules, by what is told of its voice, and by the clock."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone, translation

from calls.actions import assistant_media, assistants
from calls.actions.calls import finish_call
from calls.actions.snapshots import agents_on_duty
from calls.media.errors import MediaError
from calls.models import Call
from calls.models.call import CallSource, ParticipantRole
from calls.states import TALKING, CallStatus, EndReason
from transcripts.actions.assist.handing import ask_person
from transcripts.actions.assist.rescue import is_down
from transcripts.actions.assist.speech import said, say_sentence, stop
from transcripts.actions.assist.talk import answer_all, hang_up_after, kept, unanswered
from transcripts.actions.assist.words import sentence
from transcripts.actions.converse import knowledge_of, language_model, policy_of
from transcripts.assistant.errors import AssistantError
from transcripts.models import (
    AssistantMode,
    AssistantPolicy,
    AssistedCall,
    LineOutcome,
    SpokenLine,
    Utterance,
)
from transcripts.speech import availability
from transcripts.vocabulary import rules

logger = logging.getLogger(__name__)

QUIET_SECONDS = 12
PROMPTS = 2
"""So often it asks into silence before it says good-bye."""
ENTERED_WITHIN, ENTERED_UNTIL = timedelta(seconds=4), timedelta(seconds=20)
LOST_SECONDS = 45
"""A sentence of which nothing was told for so long was lost with its media server."""


def consider(call: Call) -> bool:
    """Should the assistant answer this waiting call now? If so it takes it; its sound follows."""
    if call.source == CallSource.SIMULATION or call.state is not CallStatus.RINGING:
        return False
    if not is_wanted(policy_of(call), call) or is_down():
        return False
    return take(call)


def take(call: Call) -> bool:
    try:
        with transaction.atomic():
            participant = assistants.take_call(call, sentence(call.language, "name"))
            if participant is None:
                return False
            AssistedCall.objects.create(call=call, participant=participant)
    except IntegrityError:
        return False
    return True


def is_wanted(policy: AssistantPolicy, call: Call) -> bool:
    if policy.mode == AssistantMode.FIRST:
        return True
    if policy.mode == AssistantMode.OUT_OF_HOURS:
        return not is_open(policy) or not agents_on_duty(call.queue_id)
    if policy.mode == AssistantMode.OVERFLOW:
        return call.created_at < timezone.now() - timedelta(seconds=policy.overflow_seconds)
    return False


def is_open(policy: AssistantPolicy) -> bool:
    """Without hours it is open whenever somebody is on duty."""
    if policy.opens_at is None or policy.closes_at is None:
        return True
    now = timezone.localtime()
    return str(now.isoweekday()) in policy.weekdays and policy.opens_at <= now.time() < policy.closes_at


def consider_waiting() -> list[Call]:
    """Calls that have waited long enough by now, or whose agents have gone; those that were taken."""
    rules = AssistantPolicy.objects.filter(mode__in=(AssistantMode.OVERFLOW, AssistantMode.OUT_OF_HOURS))
    if not rules.exists():
        return []
    waiting = Call.objects.filter(status=CallStatus.RINGING).select_related("place", "queue")
    return [call for call in waiting if consider(call)]


def enter(call_id: uuid.UUID) -> None:
    """Into the room, and the greeting. Done again it does nothing; raises MediaError while there is no media server."""
    assisted = _running(call_id)
    if assisted is None:
        return
    assistant_media.enter(assisted.participant)
    key = assisted.claim()
    if key is None:
        return
    with kept(assisted, key):
        if not SpokenLine.objects.filter(call_id=call_id).exists():
            greet(assisted)
        make_ready(assisted.call)
    answer_all(assisted)  # what was said into the greeting


def make_ready(call: Call) -> None:
    """While the greeting is heard: what the first answer would have to wait for."""
    knowledge_of(call)
    rules(call.queue_id)
    if settings.ASSISTANT_MODEL:
        try:
            language_model()
        except AssistantError as error:
            logger.warning("assistant of call %s: %s", call.pk, error.code)


def greet(assisted: AssistedCall) -> None:
    call = assisted.call
    if availability(call).available:
        say_sentence(assisted, f"{greeting(call)} {sentence(call.language, 'automatic')}")
        return
    say_sentence(assisted, sentence(call.language, "deaf"))
    ask_person(assisted, "deaf")


def greeting(call: Call) -> str:
    policy = policy_of(call)
    own = policy.greeting_en if call.language == "en" else policy.greeting
    with translation.override(call.language):
        return own or sentence(call.language, "greeting", place=call.place.local_name)


def voice_told(participant_id: uuid.UUID, told: dict[str, Any]) -> None:
    """The media server tells of a sentence: said whole, or stopped."""
    assisted = AssistedCall.objects.filter(participant=participant_id).select_related("call").first()
    if assisted is None or told["type"] != "said":
        return
    said(assisted, told)
    if told["outcome"] == LineOutcome.WHOLE and told.get("last"):
        AssistedCall.objects.filter(pk=assisted.pk).update(quiet_since=timezone.now())
        if assisted.ends_after == told["turn"]:
            finish_call(assisted.call, EndReason.HANG_UP, actor=assisted.participant)


def step_back(call_id: uuid.UUID) -> None:
    """A person is there: from now on it answers nothing, whatever still waits for its worker."""
    assisted = AssistedCall.objects.filter(call=call_id).select_related("participant").first()
    if assisted is None:
        return
    AssistedCall.objects.filter(pk=assisted.pk, left_at=None).update(left_at=timezone.now())
    assistants.leave(assisted.participant)


def leave(call_id: uuid.UUID) -> None:
    """A person is there, or the call is over: quiet, and out of the room. To leave twice is no error."""
    assisted = AssistedCall.objects.filter(call=call_id).select_related("call", "participant").first()
    if assisted is None:
        return
    stop(assisted)
    step_back(call_id)
    try:
        assistant_media.ask(assisted.participant, "leave")
    except MediaError as error:
        logger.info("assistant of call %s: left with its media server (%s)", call_id, error.code)


def not_entered() -> list[uuid.UUID]:
    """Calls that it has taken and has said nothing in: the worker that was to enter has died."""
    now = timezone.now()
    taken = AssistedCall.objects.running().filter(
        created_at__range=(now - ENTERED_UNTIL, now - ENTERED_WITHIN), call__spoken_lines=None
    )
    return list(taken.filter(busy_until=None).values_list("call_id", flat=True))


def watch() -> list[uuid.UUID]:
    """What only the clock tells. Gives the calls in which somebody waits for an answer that nobody is making."""
    for assisted in AssistedCall.objects.filter(left_at=None).exclude(call__status__in=TALKING):
        leave(assisted.call_id)
    forgotten = []
    now = timezone.now()
    for assisted in AssistedCall.objects.running().whole():
        _lose_lines(assisted)
        if assisted.recover():
            forgotten.append(assisted.call_id)
            continue
        is_busy = assisted.busy_until is not None and assisted.busy_until > now
        fresh = [] if is_busy else unanswered(assisted)
        if fresh and fresh[-1].created_at < now - timedelta(seconds=5):
            forgotten.append(assisted.call_id)
        elif (
            not is_busy
            and assisted.quiet_since
            and assisted.quiet_since < now - timedelta(seconds=QUIET_SECONDS)
        ):
            _ask_into_silence(assisted)
    return forgotten


def _ask_into_silence(assisted: AssistedCall) -> None:
    """Only one of two that look at once asks."""
    mine = AssistedCall.objects.filter(pk=assisted.pk, quiet_since=assisted.quiet_since)
    if _is_talking(assisted) or not mine.update(quiet_since=None):
        return
    if assisted.call.person_wanted_at is not None:
        say_sentence(assisted, sentence(assisted.call.language, "waiting"))
    elif assisted.prompts < PROMPTS:
        assisted.count(prompts=1)
        say_sentence(assisted, sentence(assisted.call.language, "quiet"))
    else:
        hang_up_after(assisted, "gone")


def _is_talking(assisted: AssistedCall) -> bool:
    """The customer was heard after the assistant's last word."""
    latest = Utterance.objects.filter(
        call_id=assisted.call_id, participant__role=ParticipantRole.CUSTOMER
    ).aggregate(at=Max("created_at"))["at"]
    return latest is not None and latest > timezone.now() - timedelta(seconds=QUIET_SECONDS)


def _lose_lines(assisted: AssistedCall) -> None:
    """A media server that died tells nothing any more: what it had to say was not heard."""
    late = SpokenLine.objects.filter(
        call_id=assisted.call_id,
        outcome=LineOutcome.PENDING,
        turn__created_at__lt=timezone.now() - timedelta(seconds=LOST_SECONDS),
    )
    if late.update(outcome=LineOutcome.STOPPED):
        AssistedCall.objects.filter(pk=assisted.pk).update(quiet_since=timezone.now())


def _running(call_id: uuid.UUID) -> AssistedCall | None:
    return AssistedCall.objects.running().whole().filter(call=call_id).first()
