"""What the page of one call shows. Everything said is masked here: the original text is not even read."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from calls.models import Call, Message, Participant, Recording
from calls.models.call import ParticipantRole
from transcripts.access import utterances_for
from transcripts.labels import kind_label, missing_label
from transcripts.masking.kinds import PROFANITY
from transcripts.models import CallTranscript, Reveal, TranscriptState, Utterance
from transcripts.speech import availability, is_rough
from transcripts.tone.line import ToneLine
from transcripts.tone.tone import Tone, label
from transcripts.vocabulary import masked
from transcripts.waveform import Drawing, draw, levels

UNFINISHED = (TranscriptState.PENDING, TranscriptState.PROCESSING)
SLOW_AFTER = timedelta(minutes=10)
VOICES = ("customer", "agent")


def voice_of(role: str) -> str:
    """Which of the two sides of a page a party stands on."""
    return "customer" if role == ParticipantRole.CUSTOMER else "agent"


@dataclass(frozen=True, slots=True)
class Run:
    """Plain text. `unsure`: the recogniser may have misheard it."""

    text: str
    unsure: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of plain text, or (mask not None) a hidden word by its number in the utterance; `label` names personal data.

    `doubts` are places in `text` that the recogniser was not sure of.
    """

    text: str
    mask: int | None = None
    label: str = ""
    doubts: tuple[tuple[int, int], ...] = ()

    @property
    def runs(self) -> Iterator[Run]:
        at = 0
        for start, end in self.doubts:
            if start > at:
                yield Run(self.text[at:start], unsure=False)
            yield Run(self.text[start:end], unsure=True)
            at = end
        if at < len(self.text):
            yield Run(self.text[at:], unsure=False)


@dataclass(frozen=True, slots=True)
class Hidden:
    """One masked word. `looks` is who looked behind it, the latest first."""

    utterance_id: int
    index: int
    start_ms: int
    end_ms: int
    kind: str
    looks: list[Reveal]

    @property
    def seconds(self) -> float:
        return (self.end_ms - self.start_ms) / 1000

    @property
    def kind_name(self) -> str:
        return kind_label(self.kind)


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of one side that nobody could hear, and why."""

    start_ms: int
    end_ms: int
    role: str
    speaker: str
    reason: str
    hidden: tuple[Hidden, ...] = ()

    @property
    def seconds(self) -> int:
        return max(1, round((self.end_ms - self.start_ms) / 1000))


@dataclass(frozen=True, slots=True)
class Turn:
    id: int
    start_ms: int
    end_ms: int
    role: str
    speaker: str
    pieces: list[Piece]
    hidden: list[Hidden]
    person: uuid.UUID
    """The party who spoke: of several agents it says which."""
    tone: float | None = None
    """-1 negative to 1 positive."""

    @property
    def feel(self) -> str:
        """`positive`, `negative`, or "" where there is nothing to point out."""
        told = Tone.NEUTRAL if self.tone is None else label(self.tone)
        return "" if told is Tone.NEUTRAL else told.value


@dataclass(frozen=True, slots=True)
class Side:
    """One party's track. Without `recording` there is nothing to hear (yet)."""

    participant: Participant
    recording: Recording | None
    drawing: Drawing
    share: int
    hidden: list[Hidden]

    @property
    def can_play(self) -> bool:
        file = self.recording.masked_file() if self.recording else None
        return bool(file and file.exists())

    @property
    def voice(self) -> str:
        return voice_of(self.participant.role)


@dataclass(frozen=True, slots=True)
class Written:
    """A message of the chat. A number was written to be read then; who reads the record sees it as if it had been said."""

    message: Message
    text: str
    file_name: str


@dataclass(frozen=True)
class Record:
    """`turns` are the final transcript, or the live captions while there is none."""

    call: Call
    transcript: CallTranscript | None
    participants: list[Participant]
    recordings: list[Recording]
    turns: list[Turn]

    @cached_property
    def hidden(self) -> list[Hidden]:
        return [word for turn in self.turns for word in turn.hidden]

    @cached_property
    def written(self) -> list[Written]:
        """The chat, asked for by the whole page only: its parts are asked for again and again."""
        queue_id = self.call.queue_id
        return [
            Written(message, masked(message.text, queue_id).text, masked(message.file_name, queue_id).text)
            for message in Message.objects.filter(room__call=self.call)
            .select_related("attachment")
            .order_by("seq")
        ]

    @cached_property
    def rows(self) -> list[Turn | Gap]:
        """What the page lists: the turns, and between them what could not be heard."""
        return sorted([*self.turns, *self._gaps()], key=lambda row: row.start_ms)

    def _gaps(self) -> Iterator[Gap]:
        people = {str(person.pk): person for person in self.participants}
        for gap in self.transcript.missing if self.transcript else []:
            person = people.get(str(gap.get("peer")))
            if person is not None:
                speaker = "" if person.role == ParticipantRole.CUSTOMER else person.name
                reason = missing_label(str(gap.get("reason", "")))
                yield Gap(gap["start_ms"], gap["end_ms"], person.role, speaker, reason)

    @cached_property
    def length_ms(self) -> int:
        """Of the drawing and the player: the call, or what was heard when that is longer."""
        heard = max((turn.end_ms for turn in self.turns), default=0)
        return max(round(self.call.duration.total_seconds() * 1000), heard, 1)

    @cached_property
    def sides(self) -> list[Side]:
        spoken = [person for person in self.participants if person.role != ParticipantRole.SUPERVISOR]
        return [self._side(person) for person in spoken]

    def _side(self, person: Participant) -> Side:
        recording = next((each for each in self.recordings if each.participant_id == person.pk), None)
        turns = [turn for turn in self.turns if turn.person == person.pk]
        talked = sum(turn.end_ms - turn.start_ms for turn in turns)
        hidden = [word for turn in turns for word in turn.hidden]
        file = recording.masked_file() if recording else None
        spans = [(word.start_ms, word.end_ms) for word in hidden]
        drawing = draw(levels(file) if file else [], self.length_ms, spans)
        return Side(person, recording, drawing, min(100, round(100 * talked / self.length_ms)), hidden)

    @cached_property
    def tone_lines(self) -> list[ToneLine]:
        """How each side sounded over the call, where anything tells it."""
        return [ToneLine(voice, points, self.length_ms) for voice in VOICES if (points := self._tones(voice))]

    def _tones(self, voice: str) -> list[tuple[int, float]]:
        return [
            ((turn.start_ms + turn.end_ms) // 2, turn.tone)
            for turn in self.turns
            if turn.tone is not None and voice_of(turn.role) == voice
        ]

    @property
    def has_doubts(self) -> bool:
        return any(piece.doubts for turn in self.turns for piece in turn.pieces)

    @property
    def can_play(self) -> bool:
        return any(side.can_play for side in self.sides)

    @property
    def was_answered(self) -> bool:
        return self.call.answered_at is not None

    @property
    def is_rough(self) -> bool:
        return self.transcript is not None and is_rough(self.transcript.engine)

    @property
    def interrupted(self) -> bool:
        return any(recording.interrupted for recording in self.recordings)

    @property
    def is_final(self) -> bool:
        return self.transcript is not None and self.transcript.state not in UNFINISHED

    @property
    def state(self) -> str:
        """One word for what the page says above the transcript; empty when there is nothing to say."""
        if self.call.erased_at:
            return "erased"
        if self.call.is_active:
            return "running"
        if not self.was_answered:
            return "unanswered"
        if self.transcript is None and not self.recordings:
            return "unrecorded"
        if self.transcript is None or self.transcript.state in UNFINISHED:
            return "making"
        if self.transcript.state == TranscriptState.WAITING_MODEL:
            return "no_model"
        if not self.turns:
            return "silent"
        return "partial" if self.transcript.state == TranscriptState.PARTIAL else ""

    @property
    def is_moving(self) -> bool:
        """The page looks again by itself."""
        return self.state in ("running", "making")

    @property
    def is_slow(self) -> bool:
        ended = self.call.ended_at
        return self.state == "making" and ended is not None and timezone.now() - ended > SLOW_AFTER

    @property
    def how_to_install(self) -> str:
        return availability(self.call, "offline").how

    @property
    def kept_until(self) -> date:
        return timezone.localdate(self.call.created_at) + timedelta(days=settings.RETENTION_DAYS)


def read(user: User, call: Call) -> Record:
    """The record of a call that `user` may see. The same few queries however long the call was."""
    participants = list(call.participants.all())
    looks = _looks(call)
    # `text` and `words` hold the original: they stay in the database.
    said = utterances_for(user).best(call).defer("text", "words")
    people = {person.pk: person for person in participants}
    return Record(
        call=call,
        transcript=CallTranscript.objects.filter(call=call).first(),
        participants=participants,
        recordings=list(call.recordings.all()),
        turns=[_turn(utterance, people[utterance.participant_id], looks) for utterance in said],
    )


def _looks(call: Call) -> dict[tuple[int | None, int], list[Reveal]]:
    found: dict[tuple[int | None, int], list[Reveal]] = {}
    for look in Reveal.objects.filter(call=call).select_related("user"):
        found.setdefault((look.utterance_id, look.mask_index), []).append(look)
    return found


def _turn(
    utterance: Utterance, person: Participant, looks: dict[tuple[int | None, int], list[Reveal]]
) -> Turn:
    hidden = [
        Hidden(
            utterance.pk,
            index,
            mask.get("start_ms") or utterance.start_ms,
            mask.get("end_ms") or utterance.end_ms,
            mask["kind"],
            looks.get((utterance.pk, index), []),
        )
        for index, mask in enumerate(utterance.masks)
    ]
    return Turn(
        id=utterance.pk,
        start_ms=utterance.start_ms,
        end_ms=utterance.end_ms,
        role=person.role,
        speaker="" if person.role == ParticipantRole.CUSTOMER else person.name,
        pieces=list(pieces(utterance.masked_text, utterance.masks, utterance.unsure)),
        hidden=hidden,
        person=person.pk,
        tone=utterance.tone,
    )


def pieces(text: str, masks: list[dict[str, Any]], unsure: Sequence[Sequence[int]] = ()) -> Iterator[Piece]:
    """Cut masked text at its masks: `start` and `end`, and the pairs of `unsure`, are places in `text`."""
    at = 0
    for index, mask in sorted(enumerate(masks), key=lambda each: each[1]["start"]):
        if mask["start"] > at:
            yield _plain(text, at, mask["start"], unsure)
        yield Piece("", index, "" if mask["kind"] == PROFANITY else kind_label(mask["kind"]))
        at = mask["end"]
    if at < len(text):
        yield _plain(text, at, len(text), unsure)


def _plain(text: str, start: int, end: int, unsure: Sequence[Sequence[int]]) -> Piece:
    inside = tuple((first - start, last - start) for first, last in unsure if start <= first and last <= end)
    return Piece(text[start:end], doubts=inside)
