"""The commands for operators: masking lines, transcribing files, and what is installed."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts.models import Role
from tests import cast
from tests.transcripts.scene import PROFANE
from tests.transcripts.voices import say
from transcripts.masking.mask import MASK
from transcripts.migrations._seeding import add_new
from transcripts.models import LexiconEntry
from transcripts.vocabulary import masked

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]


def output(*command: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out, **options)
    return out.getvalue()


def test_mask_text_gives_one_object_per_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("아 씨발 진짜\n시발역에서 만나요\n\n"))
    first, second, third = (json.loads(line) for line in output("mask_text", "--json").splitlines())
    assert first == {
        "text": "아 씨발 진짜",
        "masked": f"아 {MASK} 진짜",
        "spans": [{"start": 2, "end": 4, "kind": "profanity", "severity": 3}],
    }
    assert second["masked"] == "시발역에서 만나요"
    assert third == {"text": "", "masked": "", "spans": []}


def test_mask_text_shows_personal_data_by_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("제 번호는 공일공에 일이삼사에 오육칠팔이요\n"))
    (line,) = (json.loads(line) for line in output("mask_text", "--json").splitlines())
    assert line["masked"] == "제 번호는 [PHONE]이요"
    assert line["spans"] == [{"start": 6, "end": 21, "kind": "phone", "severity": 0}]


def test_the_seed_reaches_a_database_that_has_an_older_one() -> None:
    LexiconEntry.objects.filter(term="느금마").delete()
    LexiconEntry.objects.filter(term="씨발").update(severity=1, enabled=False)
    add_new(apps, None)
    assert LexiconEntry.objects.filter(term="느금마").count() == 1
    assert LexiconEntry.objects.get(term="씨발").severity == 1


def test_what_an_administrator_adds_or_allows_counts_at_once() -> None:
    assert masked("이 감자야").masks == ()
    LexiconEntry.objects.create(term="감자", language="ko", severity=1)
    assert masked("이 감자야").text == f"이 {MASK}야"
    LexiconEntry.objects.create(term="감자튀김", language="ko", is_allowed=True)
    assert masked("감자튀김 주세요").masks == ()
    LexiconEntry.objects.filter(term="감자").update(enabled=False)
    assert masked("이 감자야").masks == ()


def test_an_emptied_lexicon_does_not_leave_staff_unprotected() -> None:
    LexiconEntry.objects.all().delete()
    assert masked("아 씨발").text == f"아 {MASK}"


def test_the_migration_has_filled_the_lexicon() -> None:
    assert LexiconEntry.objects.filter(is_allowed=False).count() > 800
    assert LexiconEntry.objects.filter(is_allowed=True).count() > 400


def test_transcribe_file_gives_words_and_masks(tmp_path: Path) -> None:
    file = tmp_path / "cara.wav"
    file.write_bytes(say(PROFANE, voice="+m3"))
    line = output(
        "transcribe_file", str(file), language="ko", json=True, engine="fixture", allow_fixture=True
    )
    heard = json.loads(line)
    [utterance] = heard["utterances"]
    assert heard["engine"] == "fixture"
    assert utterance["masked"] == PROFANE.replace("씨발", MASK)
    [mask], [beep] = utterance["masks"], heard["audio_masks"]
    assert beep["start_ms"] <= mask["start_ms"] < mask["end_ms"] <= beep["end_ms"]
    assert [w["text"] for w in utterance["words"]][:2] == ["아", "씨발"]


def test_transcribe_file_never_uses_the_fixture_unasked(tmp_path: Path, settings: Settings) -> None:
    settings.ALLOW_FIXTURE_SPEECH = False
    settings.SPEECH_MODEL_OFFLINE = "small"
    file = tmp_path / "cara.wav"
    file.write_bytes(say(PROFANE))
    with pytest.raises(CommandError, match="download_speech_model small"):
        output("transcribe_file", str(file), language="ko")
    with pytest.raises(CommandError, match="allow-fixture"):
        output("transcribe_file", str(file), language="ko", engine="fixture")


def test_transcribe_file_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not sound")
    with pytest.raises(CommandError, match="not readable as audio"):
        output("transcribe_file", str(file), language="ko")


def test_an_administrator_tries_a_sentence(client: Client) -> None:
    admin = cast.an_agent("root", role=Role.ADMIN, is_staff=True, is_superuser=True)
    client.force_login(admin)
    page = client.post("/admin/transcripts/lexiconentry/", {"trial": "아 씨발 <b>진짜</b>"})
    assert page.status_code == 200
    assert f"아 {MASK} &lt;b&gt;진짜&lt;/b&gt;" in page.content.decode()


@pytest.mark.parametrize("model", ["utterance", "reveal", "calltranscript", "speechjob"])
def test_what_the_system_wrote_cannot_be_changed_in_the_admin(client: Client, model: str) -> None:
    admin = cast.an_agent("root", role=Role.ADMIN, is_staff=True, is_superuser=True)
    client.force_login(admin)
    assert client.get(f"/admin/transcripts/{model}/").status_code == 200
    assert client.get(f"/admin/transcripts/{model}/add/").status_code == 403
