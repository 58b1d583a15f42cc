"""A finished call with sound on disk and words in the database, as the final pass leaves them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
from django.conf import settings
from django.utils import timezone

from accounts.models import User
from calls.actions import calls as call_actions
from calls.actions import presence
from calls.media.ogg import OggOpusWriter
from calls.models import Call, Participant, Recording
from tests.cast import talking
from transcripts.masking.encode import opus_packets
from transcripts.models import CallTranscript, Source, TranscriptState, Utterance

HIDDEN = "나쁜말"


@dataclass
class Made:
    call: Call
    customer: Participant
    agent: Participant

    @property
    def masked_utterance(self) -> Utterance:
        return next(said for said in Utterance.objects.filter(call=self.call) if said.masks)


def a_record(
    alice: User,
    *,
    seconds: int = 20,
    sound: bool = True,
    state: str = TranscriptState.READY,
    details: dict[str, str] | None = None,
    **place: Any,
) -> Made:
    """Cara and alice talked for `seconds`; cara said one word that is masked, at 6.0 to 6.8 s."""
    cara = talking(alice, **place, **(details or {}))
    call_actions.end_call(cara.party)
    presence.set_state(alice, "away")
    end = timezone.now()
    start = end - timedelta(seconds=seconds)
    Call.objects.filter(pk=cara.call.pk).update(answered_at=start, connected_at=start, ended_at=end)
    call = Call.objects.get(pk=cara.call.pk)
    made = Made(call, call.participants.get(role="customer"), call.participants.get(role="agent"))
    transcript = {"state": state, "engine": "whisper", "engine_model": "small", "finished_at": end}
    CallTranscript.objects.update_or_create(call=call, defaults=transcript)
    say(made.agent, 500, 3500, "안녕하세요, 무엇을 도와드릴까요?")
    say(made.customer, 4000, 9000, f"아 {HIDDEN} 여권 사진이 반려됐어요.", HIDDEN)
    say(made.agent, 10000, 14000, "사진 배경에 그림자가 있어서 반려되었습니다.")
    if sound:
        for person in (made.customer, made.agent):
            record(person, seconds)
    return made


def say(
    person: Participant, start: int, end: int, text: str, hidden: str = "", source: Source = Source.OFFLINE
) -> Utterance:
    masks = []
    at = text.find(hidden) if hidden else -1
    if at >= 0:
        masks = [
            {"start": at, "end": at + 3, "kind": "profanity", "severity": 2, "start_ms": 6000, "end_ms": 6800,
             "source_start": at, "source_end": at + len(hidden)}
        ]  # fmt: skip
    return Utterance.objects.create(
        call=person.call,
        participant=person,
        source=source,
        position=start,
        start_ms=start,
        end_ms=end,
        text=text,
        masked_text=text.replace(hidden, "●●●") if hidden else text,
        masks=masks,
        language="ko",
        confidence=0.9,
        engine="whisper",
        engine_model="small",
    )


@cache
def _voice(seconds: int) -> list[bytes]:
    """A 200 Hz voice in every other second, encoded once: dozens of tests have the same."""
    time = np.arange(48_000 * seconds) / 48_000
    loud = (time.astype(int) % 2 == 0) * 0.3 * np.sin(2 * np.pi * 200 * time)
    return opus_packets(loud.astype(np.float32))


def record(person: Participant, seconds: int, *, interrupted: bool = False) -> Recording:
    """A side with a 200 Hz voice in every other second."""
    base = f"audio/{person.call_id}/{person.pk}"
    path = settings.DATA_DIR / f"{base}.masked.opus"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        writer = OggOpusWriter(file)
        for packet in _voice(seconds):
            writer.write(packet)
        writer.close()
    return Recording.objects.create(
        call_id=person.call_id,
        participant=person,
        started_ms=0,
        duration_ms=seconds * 1000,
        interrupted=interrupted,
        original_path=f"{base}.opus",
        masked_path=f"{base}.masked.opus",
    )
