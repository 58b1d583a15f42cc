"""Every command of the project, walked: none prints or logs a hidden word. A new command must be entered in COMMANDS."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command, get_commands

from tests.transcripts.test_nothing_unmasked import SENTENCE, Told, holds_nothing, told
from tests.transcripts.voices import record, tone
from transcripts.engines.base import Provenance
from transcripts.engines.words import Segment, Transcription, Word
from transcripts.management.commands import demo, transcribe_file
from transcripts.models import CallTranscript, Utterance

__all__ = ["told"]
pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db, pytest.mark.req("S1.6")]

OWN = ("accounts", "calls", "transcripts", "dashboard")


class Recogniser:
    """Hears SENTENCE in whatever it is given."""

    provenance = Provenance("whisper", "small", "1")

    def transcribe(self, _audio: object, *, language: str) -> Transcription:
        words = [Word(f" {word}", at * 300, at * 300 + 250, 0.9) for at, word in enumerate(SENTENCE.split())]
        return Transcription(language, (Segment(SENTENCE, 0, words[-1].end_ms, 0.9, tuple(words)),))


Run = Callable[[Told, pytest.MonkeyPatch, Path, StringIO], None]


def run_remask(_told: Told, _patch: pytest.MonkeyPatch, _folder: Path, out: StringIO) -> None:
    Utterance.objects.update(masked_text="")
    call_command("remask", stdout=out, stderr=out)


def run_mask_text(_told: Told, patch: pytest.MonkeyPatch, _folder: Path, out: StringIO) -> None:
    patch.setattr("sys.stdin", StringIO(SENTENCE))
    call_command("mask_text", stdout=out, stderr=out)


def run_transcribe_file(_told: Told, patch: pytest.MonkeyPatch, folder: Path, out: StringIO) -> None:
    patch.setattr(transcribe_file, "engine_for", lambda *_: Recogniser())
    file = folder / "call.opus"
    record(file, tone(1.0))
    call_command("transcribe_file", str(file), language="ko", stdout=out, stderr=out)
    assert "입니다" in out.getvalue()


def run_demo(told: Told, patch: pytest.MonkeyPatch, _folder: Path, out: StringIO) -> None:
    CallTranscript.objects.filter(call=told.made.call).update(state="ready")
    patch.setattr(demo.Command, "_hold", staticmethod(lambda _language: str(told.made.call.pk)))
    call_command("demo", stdout=out, stderr=out)
    assert "입니다" in out.getvalue()


def plain(name: str, *arguments: str) -> Run:
    return lambda _told, _patch, _folder, out: call_command(name, *arguments, stdout=out, stderr=out)


# How each command is run, or (a sentence) why no words of a call can come out of it.
COMMANDS: dict[str, Run | str] = {
    "create_agent": "reads no call, prints a name and a password",
    "create_place": "reads no call, prints an address",
    "demo": run_demo,
    "download_speech_model": "reads no call",
    "mask_text": run_mask_text,
    "remask": run_remask,
    "rotate_keys": plain("rotate_keys"),
    "run_media_server": "has the sound of calls and none of their words; its logs carry ids",
    "seal_originals": plain("seal_originals"),
    "seed_demo": plain("seed_demo", "--print"),
    "simulate_calls": "holds calls of its own, prints times and levels",
    "speech_doctor": plain("speech_doctor", "--quick"),
    "transcribe_file": run_transcribe_file,
}


def walked() -> Iterator[tuple[str, Run]]:
    for name, run in COMMANDS.items():
        if not isinstance(run, str):
            yield name, run


def test_every_command_is_in_the_table() -> None:
    names = {apps.get_app_config(label).name for label in OWN}
    own = {command for command, app in get_commands().items() if app in names}
    assert own == set(COMMANDS), "say in COMMANDS how these are safe"


@pytest.mark.parametrize(("name", "run"), list(walked()), ids=[name for name, _run in walked()])
def test_no_command_prints_or_logs_a_hidden_word(
    told: Told,
    name: str,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    out = StringIO()
    run(told, monkeypatch, tmp_path, out)
    assert out.getvalue()
    holds_nothing(out.getvalue(), name)
    holds_nothing("\n".join(record.getMessage() for record in caplog.records), f"logs of {name}")
