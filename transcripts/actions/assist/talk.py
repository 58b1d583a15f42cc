"""The assistant's part of a live call: when to speak, what to say, when to hand over.

Each utterance of the customer wakes `heard`. One worker at a time answers (AssistedCall.claim); what is said meanwhile stops
the voice, and is answered next, by whoever claims then.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from threading import Event, Thread

from django.conf import settings
from django.db import DatabaseError, connections
from django.db.models import Subquery
from django.utils import timezone

from calls.models import Call
from calls.models.call import ParticipantRole
from transcripts.actions.assist.handing import ask_person, hand_over
from transcripts.actions.assist.speech import go_on, say, say_sentence, stop
from transcripts.actions.assist.words import sentence
from transcripts.actions.converse import (
    history,
    is_used_up,
    knowledge_of,
    language_model,
    policy_of,
    store_turn,
)
from transcripts.actions.prompts import version_of
from transcripts.assistant.embedded import SENTENCES as HOUSE
from transcripts.assistant.embedded import EmbeddedModel, meaning_of
from transcripts.assistant.errors import AssistantError
from transcripts.assistant.guard import Guard, defused
from transcripts.assistant.language_model import Turn, Usage
from transcripts.assistant.listening import agrees, is_back_channel, seconds_to_wait
from transcripts.assistant.sentences import sentences
from transcripts.assistant.sources import sources_of
from transcripts.masking.kinds import PROFANITY
from transcripts.models import (
    AssistantPolicy,
    AssistantTurn,
    AssistedCall,
    LineOutcome,
    Source,
    SpokenLine,
    Utterance,
)
from transcripts.tone.tone import label
from transcripts.vocabulary import rules

logger = logging.getLogger(__name__)

PERSON = "person"
FILLER_SECONDS = 1.5
"""A model that has said nothing for so long is spoken for."""
UNKNOWN_LIMIT = 2
INSULT_LIMIT = 2
ROUNDS = 20
"""More utterances than this while one worker answers are left to the next."""
RENEW_SECONDS = 4.0
RENEWALS = 15
"""One that takes longer than a minute hangs."""


def heard(call_id: uuid.UUID) -> float:
    """The customer has said something. Gives the seconds to wait before asking again: more is coming; 0: dealt with."""
    assisted = _running(call_id)
    if assisted is None:
        return 0.0
    fresh = unanswered(assisted)
    if not fresh:
        return 0.0
    last = fresh[-1]
    if (
        not assisted.offered_person
        and all(is_back_channel(one.masked_text) for one in fresh)
        and is_speaking(assisted)
    ):
        mark_heard(assisted, last)
        go_on(assisted)
        return 0.0
    stop(assisted)
    waited = (timezone.now() - last.created_at).total_seconds()
    patience = seconds_to_wait(last.text)
    if waited < patience:
        return patience - waited
    answer_all(assisted)
    return 0.0


def answer_all(assisted: AssistedCall) -> None:
    for _round in range(ROUNDS):
        key = assisted.claim()
        if key is None:
            return  # whoever answers sees what was said before it lets go
        with kept(assisted, key):
            assisted = AssistedCall.objects.whole().get(pk=assisted.pk)
            fresh = unanswered(assisted)
            if fresh:
                mark_heard(assisted, fresh[-1])
                answer(assisted, fresh)
        if not unanswered(assisted):
            return


@contextmanager
def kept(assisted: AssistedCall, key: uuid.UUID) -> Iterator[None]:
    """The lease lives while its holder does. What goes wrong is not the customer's loss: a person is asked."""
    done = Event()
    keeper = Thread(target=_keep, args=(assisted, key, done), name="assistant-lease", daemon=True)
    keeper.start()
    try:
        yield
    except Exception:
        ask_person(assisted, "lost")
        raise
    finally:
        done.set()
        keeper.join()
        assisted.release(key)


def _keep(assisted: AssistedCall, key: uuid.UUID, done: Event) -> None:
    try:
        for _renewal in range(RENEWALS):
            if done.wait(RENEW_SECONDS) or not assisted.renew(key):
                return
    except DatabaseError:
        logger.warning("assistant of call %s: its lease could not be renewed", assisted.call_id)
    finally:
        connections.close_all()


def want_person(call_id: uuid.UUID) -> None:
    """The key for a person needs no worker to understand it."""
    assisted = _running(call_id)
    if assisted is not None:
        ask_person(assisted, "asked")


def press(call_id: uuid.UUID, key: str) -> None:
    """A key in place of words."""
    assisted = _running(call_id)
    if assisted is None:
        return
    stop(assisted)
    if key == PERSON:
        hand_over(assisted, "asked")
    elif key == "bye":
        hang_up_after(assisted, "bye")
    else:
        last = AssistantTurn.objects.filter(call=call_id).exclude(reply="").order_by("position").last()
        say_sentence(assisted, last.reply if last else sentence(assisted.call.language, "quiet"))


def _running(call_id: uuid.UUID) -> AssistedCall | None:
    return AssistedCall.objects.running().whole().filter(call=call_id).first()


def unanswered(assisted: AssistedCall) -> list[Utterance]:
    return list(
        Utterance.objects.filter(
            call_id=assisted.call_id,
            source=Source.LIVE,
            participant__role=ParticipantRole.CUSTOMER,
            pk__gt=Subquery(AssistedCall.objects.filter(pk=assisted.pk).values("heard")),
        ).order_by("pk")
    )


def mark_heard(assisted: AssistedCall, last: Utterance) -> None:
    AssistedCall.objects.filter(pk=assisted.pk, heard__lt=last.pk).update(
        heard=last.pk, prompts=0, quiet_since=None
    )


def is_speaking(assisted: AssistedCall) -> bool:
    return SpokenLine.objects.filter(call_id=assisted.call_id, outcome=LineOutcome.PENDING).exists()


def answer(assisted: AssistedCall, fresh: list[Utterance]) -> None:
    call = assisted.call
    asked = " ".join(one.masked_text for one in fresh)
    insults = sum(mask["kind"] == PROFANITY for one in fresh for mask in one.masks)
    meaning = meaning_of(asked)
    if call.person_wanted_at is not None and meaning in ("person", ""):
        say_sentence(assisted, sentence(call.language, "waiting"))
    elif meaning == "person" or (assisted.offered_person and agrees(asked)):
        hand_over(assisted, "asked")
    elif insults and assisted.insults + 1 >= INSULT_LIMIT:
        hand_over(assisted, "abuse")
    elif insults:
        assisted.count(insults=1)
        say_sentence(assisted, sentence(call.language, "abuse"))
    elif meaning == "bye":
        hang_up_after(assisted, "bye")
    else:
        reply(assisted, asked, [one.tone for one in fresh if one.tone is not None])


def reply(assisted: AssistedCall, asked: str, tones: list[float]) -> None:
    call, usage = assisted.call, Usage()
    policy, hiding = policy_of(call), rules(call.queue_id)
    score = min(tones, default=0.0)
    turn = store_turn(
        call,
        user_text=asked,
        reply="",
        sentiment=label(score).value,
        score=score,
        model="",
        prompt="",
        prompt_version=version_of(policy),
    )
    spoken: list[str] = []

    def lines() -> Iterator[str]:
        for line in sentences(thought(call, policy, asked, turn, usage)):
            shown = hiding.mask(line).text
            spoken.append(shown)
            yield shown

    say(assisted, turn, lines(), policy.voice)
    told = " ".join(spoken)
    # An interruption has taken back what was not heard: that stands.
    AssistantTurn.objects.filter(pk=turn.pk, reply="").update(reply=told)
    AssistantTurn.objects.filter(pk=turn.pk).update(
        model=turn.model,
        sources=sources_of(usage.sources),
        prompt_tokens=usage.prompt,
        completion_tokens=usage.completion,
    )
    unknown = is_unknown(told)
    AssistedCall.objects.filter(pk=assisted.pk).update(
        offered_person=unknown, unknown=assisted.unknown + 1 if unknown else 0
    )
    if unknown and assisted.unknown + 1 >= UNKNOWN_LIMIT:
        hand_over(assisted, "unknown")


def is_unknown(told: str) -> bool:
    """It has said that it does not know, or failed; both end by offering a person."""
    endings = [words["unknown"].rsplit(". ", 1)[-1] for words in HOUSE.values()]
    endings += [sentence(language, "failed").rsplit(". ", 1)[-1] for language in ("ko", "en")]
    return any(told.endswith(ending) for ending in endings)


def thought(
    call: Call, policy: AssistantPolicy, asked: str, turn: AssistantTurn, usage: Usage
) -> Iterator[str]:
    """The answer in pieces: the language model's, with a word in between when it is slow, or the house's own."""
    knowledge = knowledge_of(call)
    house = EmbeddedModel(knowledge)
    turns = [*history(call, policy.turns), Turn("user", asked)]
    if not settings.ASSISTANT_MODEL or is_used_up(policy):
        turn.model = house.name
        yield from house.reply("", turns, usage)
        return
    usage.sources = knowledge.find(asked)
    guard = Guard(policy.prompt, tuple(found.entry.answer for found in usage.sources))
    shown = [Turn(each.role, defused(each.text)) for each in turns]
    said = False
    try:
        model = language_model()
        turn.model = model.name
        pieces = with_filler(model.reply(guard.system, shown, usage), sentence(call.language, "wait") + "\n")
        for line in guard.watch(sentences(pieces)):
            said = True
            yield line + "\n"
    except AssistantError as error:
        logger.warning("assistant of call %s: %s", call.pk, error.code)
        if not said:
            turn.model = house.name
            yield from house.reply("", turns, usage)
        else:
            yield "\n" + sentence(call.language, "failed")


def with_filler(pieces: Iterator[str], filler: str) -> Iterator[str]:
    """The pieces; `filler` before the first one when that takes long. Errors of `pieces` come through."""
    waiting: SimpleQueue[str | BaseException | None] = SimpleQueue()

    def pump() -> None:
        try:
            for piece in pieces:
                waiting.put(piece)
            waiting.put(None)
        except BaseException as error:  # noqa: BLE001 - it is raised again by who reads
            waiting.put(error)
        finally:
            connections.close_all()

    Thread(target=pump, name="assistant-thinks", daemon=True).start()
    try:
        got = waiting.get(timeout=FILLER_SECONDS)
    except Empty:
        yield filler
        got = waiting.get()
    while got is not None:
        if isinstance(got, BaseException):
            raise got
        yield got
        got = waiting.get()


def hang_up_after(assisted: AssistedCall, name: str) -> None:
    turn = say_sentence(assisted, sentence(assisted.call.language, name))
    AssistedCall.objects.filter(pk=assisted.pk).update(ends_after=str(turn.pk))
