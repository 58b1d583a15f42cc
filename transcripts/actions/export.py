"""Taking a transcript or its masked sound out of the house. The row is written before the first byte leaves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.models import User
from calls.models import Call
from transcripts.exports.content import Content, content
from transcripts.exports.data import payload
from transcripts.exports.formats import FORMATS
from transcripts.exports.pdf import FontMissing
from transcripts.models import CallTranscript, Export
from transcripts.record import read

MIX = "mix"
SOUND_TYPE = "audio/ogg"


class ExportRefused(Exception):
    """`code` is stable: unknown_format, not_ready, font_missing."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Document:
    """A finished export: what a browser saves it as."""

    file_name: str
    content_type: str
    body: bytes


def export_text(user: User, call: Call, form: str) -> Document:
    """`call` must be visible to `user` and come with its place. Raises ExportRefused."""
    wanted = FORMATS.get(form)
    if wanted is None:
        raise ExportRefused("unknown_format")
    try:
        body = wanted.render(_content(user, call))
    except FontMissing as error:
        raise ExportRefused("font_missing") from error
    _note(user, call, form)
    return Document(f"{call.reference}.{form}", wanted.content_type, body)


def export_data(user: User, call: Call) -> dict[str, Any]:
    """What the JSON format holds, for the API. Raises ExportRefused."""
    found = payload(_content(user, call))
    _note(user, call, "api")
    return found


def _content(user: User, call: Call) -> Content:
    if call.is_active or call.erased_at:
        raise ExportRefused("not_ready")
    return content(call, read(user, call))


def export_sound(user: User, call: Call, side: str) -> tuple[str, Path]:
    """The file name and the file of the masked sound: `mix`, `customer` or `agent`. Raises ExportRefused."""
    file = masked_sound(call, side)
    if file is None or not file.exists():
        raise ExportRefused("not_ready")
    _note(user, call, side)
    return f"{call.reference}.{side}.opus", file


def masked_sound(call: Call, side: str) -> Path | None:
    if side == MIX:
        made = CallTranscript.objects.filter(call=call).exclude(mix_path="").first()
        return settings.DATA_DIR / made.mix_path if made else None
    recording = call.recordings.filter(participant__role=side).exclude(masked_path="").first()
    return recording.masked_file() if recording else None


def _note(user: User, call: Call, form: str) -> None:
    Export.objects.create(user=user, call=call, form=form)
