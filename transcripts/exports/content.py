"""What an export tells of a call: masked text only, made from the same record that the page shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from calls.models import Call
from transcripts.labels import kind_label, missing_label
from transcripts.masking.kinds import PROFANITY, label
from transcripts.masking.mask import MASK
from transcripts.record import Piece, Record, Turn

CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Line:
    """One turn. Times in ms since the agent answered. `text` is for people ("[phone number]"), `coded` for
    programs ("[PHONE]"). A line with a `reason` is speech that could not be heard."""

    start_ms: int
    end_ms: int
    role: str
    speaker: str
    text: str
    coded: str
    kinds: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that any format may tell."""

    title: str
    organisation: str
    reference: str
    place: str
    began: datetime
    duration_ms: int
    state: str
    language: str
    engine: str
    model: str
    is_demo: bool
    is_final: bool
    lines: tuple[Line, ...]

    @property
    def notices(self) -> list[str]:
        """What a reader must know before the first word."""
        notes = [_("Abusive words and personal data are masked.")]
        if not self.is_final:
            notes.append(_("These are the live captions; the final transcript is not made yet."))
        if self.is_demo:
            notes.append(_("A demonstration: the words come from the bundled fixture model."))
        return notes


def content(call: Call, record: Record) -> Content:
    """`call` with its place; `record` as `transcripts.record.read` gives it."""
    transcript = record.transcript
    lines = [_line(turn, record) for turn in record.turns]
    lines += [_gap(gap, record) for gap in (transcript.missing if transcript else [])]
    return Content(
        title=_("Transcript"),
        organisation=settings.ORGANISATION["en" if (get_language() or "ko").startswith("en") else "ko"],
        reference=call.reference,
        place=call.place.local_name,
        began=call.answered_at or call.created_at,
        duration_ms=record.length_ms,
        state=transcript.state if transcript else "",
        language=call.language,
        engine=transcript.engine if transcript else "",
        model=transcript.engine_model if transcript else "",
        is_demo=call.is_simulated or bool(transcript and transcript.is_demo),
        is_final=record.is_final,
        lines=tuple(sorted(lines, key=lambda line: (line.start_ms, line.end_ms))),
    )


def _line(turn: Turn, record: Record) -> Line:
    return Line(
        start_ms=turn.start_ms,
        end_ms=max(turn.end_ms, turn.start_ms),
        role=turn.role,
        speaker=turn.speaker or _("Customer"),
        text="".join(_for_people(piece, turn) for piece in turn.pieces),
        coded="".join(_for_programs(piece, turn) for piece in turn.pieces),
        kinds=tuple(hidden.kind for hidden in turn.hidden),
    )


def _for_people(piece: Piece, turn: Turn) -> str:
    if piece.mask is None:
        return piece.text
    kind = turn.hidden[piece.mask].kind
    return MASK if kind == PROFANITY else f"[{kind_label(kind)}]"


def _for_programs(piece: Piece, turn: Turn) -> str:
    if piece.mask is None:
        return piece.text
    kind = turn.hidden[piece.mask].kind
    return MASK if kind == PROFANITY else label(kind)


def _gap(gap: dict[str, Any], record: Record) -> Line:
    person = next((each for each in record.participants if str(each.pk) == str(gap.get("peer"))), None)
    role = person.role if person else CUSTOMER
    name = person.name if person and role != CUSTOMER else _("Customer")
    why = missing_label(str(gap.get("reason", "")))
    text = _("(not heard: %(why)s)") % {"why": why}
    return Line(gap["start_ms"], gap["end_ms"], role, name, text, "", reason=str(gap.get("reason", "")))


def clock(ms: int) -> str:
    """1:02:03 or 02:03, for people."""
    seconds = ms // 1000
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60:02d}:{rest % 60:02d}"


def facts(content: Content) -> Iterator[tuple[str, str]]:
    """The head of a document, as pairs of name and value."""
    yield _("Reference"), content.reference
    yield _("Place"), content.place
    yield _("Began"), content.began.strftime("%Y-%m-%d %H:%M")
    yield _("Length"), clock(content.duration_ms)
    if content.engine:
        yield _("Transcribed by"), f"{content.engine} {content.model}".strip()
