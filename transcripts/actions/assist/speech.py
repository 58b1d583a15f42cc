"""Sentences become sound at the media server, and rows: what was queued, and how much of it was heard."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.utils import timezone

from calls.actions import assistant_media
from calls.media.errors import MediaError
from calls.media.opus import PACKET_SAMPLES, SAMPLE_RATE
from transcripts.actions.converse import policy_of, speaker
from transcripts.actions.prompts import version_of
from transcripts.assistant.errors import AssistantError
from transcripts.assistant.opus import opus_packets
from transcripts.models import AssistantTurn, AssistedCall, LineOutcome, SpokenLine
from transcripts.tone.tone import Tone

logger = logging.getLogger(__name__)

PACKET_MS = PACKET_SAMPLES * 1000 // SAMPLE_RATE
MOST_PACKETS = 1_400
SPOKEN_BEFORE = 256
"""Sentences whose sound is kept: greetings and the answers of the house are said again and again."""
BEGUN = "begun"


def say(assisted: AssistedCall, turn: AssistantTurn, lines: Iterable[str], voice: str) -> bool:
    """Speak a new turn sentence by sentence as they come. False when the customer cut in: then the rest is not made."""
    return all(_say_line(assisted, turn, position, text, voice) for position, text in enumerate(lines))


def say_sentence(assisted: AssistedCall, text: str) -> AssistantTurn:
    """A sentence of its own: a greeting, a prompt, what it says before it hands over."""
    from transcripts.actions.converse import store_turn

    policy = policy_of(assisted.call)
    turn = store_turn(
        assisted.call,
        user_text="",
        reply=text,
        sentiment=Tone.NEUTRAL.value,
        score=0.0,
        model="house",
        prompt_version=version_of(policy),
    )
    say(assisted, turn, [text], policy.voice)
    return turn


def _say_line(assisted: AssistedCall, turn: AssistantTurn, position: int, text: str, voice: str) -> bool:
    packets = _packets(text, voice)
    line = SpokenLine.objects.create(
        call_id=assisted.call_id, turn=turn, position=position, text=text, ms=len(packets) * PACKET_MS
    )
    AssistedCall.objects.filter(pk=assisted.pk).update(quiet_since=None)
    if not packets:
        # Nobody can speak: the words are told as a caption all the same.
        told = {"outcome": LineOutcome.WHOLE, "started_ms": round(timezone.now().timestamp() * 1000)}
        SpokenLine.objects.filter(pk=line.pk).update(**told)
        return True
    data = {
        "sayId": str(line.pk),
        "turn": str(turn.pk),
        "packets": [b64encode(one).decode() for one in packets],
    }
    try:
        answer = assistant_media.ask(assisted.participant, "say", data)
    except MediaError as error:
        logger.warning("assistant of call %s cannot speak: %s", assisted.call_id, error.code)
        return _drop(line)
    return True if answer["accepted"] else _drop(line)


def _drop(line: SpokenLine) -> bool:
    SpokenLine.objects.filter(pk=line.pk).update(outcome=LineOutcome.STOPPED)
    return False


def _packets(text: str, voice: str) -> list[bytes]:
    try:
        return list(_spoken(speaker().name, text, voice))
    except AssistantError as error:
        logger.warning("the assistant has no voice: %s", error.code)
        return []


@lru_cache(maxsize=SPOKEN_BEFORE)
def _spoken(_engine: str, text: str, voice: str) -> tuple[bytes, ...]:
    return tuple(opus_packets(speaker().sound(text, voice))[:MOST_PACKETS])


def stop(assisted: AssistedCall) -> None:
    """Quiet at once. What was not heard is taken back from what it said."""
    try:
        stopped = assistant_media.ask(assisted.participant, "stop-voice")["stopped"]
    except MediaError:
        return
    for told in stopped:
        said(assisted, told)


def go_on(assisted: AssistedCall) -> None:
    try:
        assistant_media.ask(assisted.participant, "let-voice")
    except MediaError as error:
        logger.warning("assistant of call %s: %s", assisted.call_id, error.code)


def said(assisted: AssistedCall, told: dict[str, Any]) -> None:
    """What became of one sentence. Told twice (by the answer and by the event) it is the same."""
    line = SpokenLine.objects.filter(pk=int(told["sayId"]), call_id=assisted.call_id).first()
    if line is None:
        return
    if told["outcome"] == BEGUN:
        SpokenLine.objects.filter(pk=line.pk, started_ms=None).update(started_ms=told["startedMs"])
        return
    line.outcome, line.started_ms, line.heard_ms = told["outcome"], told["startedMs"], told["heardMs"]
    line.save(update_fields=["outcome", "started_ms", "heard_ms"])
    if line.outcome == LineOutcome.STOPPED:
        heard = [one.heard_text() for one in line.turn.lines.order_by("position")]
        AssistantTurn.objects.filter(pk=line.turn_id).update(reply=" ".join(filter(None, heard)))
