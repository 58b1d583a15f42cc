"""What the speech doctor finds, measures and advises."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from tests import cast
from tests.hearing import hear_for_real
from tests.transcripts.records import a_record
from tests.transcripts.transcription_server import answer, serving
from transcripts.checkup import Speed, random_engine
from transcripts.engines.registry import KINDS, forget_engines
from transcripts.models import CallTranscript
from transcripts.speech import availability, is_rough

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def real_engines(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    hear_for_real(monkeypatch)
    settings.ALLOW_FIXTURE_SPEECH = False
    settings.SPEECH_MODEL_DIR = tmp_path
    settings.SPEECH_MODEL_LIVE, settings.SPEECH_MODEL_OFFLINE = "base", "small"
    yield
    forget_engines()


def doctor(*, code: int = 0, **options: Any) -> str:
    out = io.StringIO()
    if code:
        with pytest.raises(SystemExit) as left:
            call_command("speech_doctor", stdout=out, **options)
        assert left.value.code == code
    else:
        call_command("speech_doctor", stdout=out, **options)
    return out.getvalue()


@pytest.mark.req("S2.6")
def test_without_a_model_it_tells_what_to_run_and_fails() -> None:
    said = doctor(code=1, language="en")
    assert (
        "Captions while people talk: faster-whisper base: not available. "
        "Run: manage.py download_speech_model base" in said
    )
    assert "Waiting for an engine: 0 pieces of sound, 0 calls" in said
    assert "Calls cannot be captioned now." in said
    assert "is not known before" in said


def test_it_speaks_the_language_of_the_house_and_that_it_is_asked_for() -> None:
    assert "통화에 자막을 달 수 없습니다" in doctor(code=1)
    assert not re.search("[가-힣]", doctor(code=1, language="en"))


def test_programs_get_the_same_as_json() -> None:
    report = json.loads(doctor(code=1, json=True, quick=True))
    assert report["live"] == {
        "engine": "faster-whisper",
        "model": "base",
        "languages": ["en", "ko"],
        "rough": False,
        "ok": False,
        "code": "engine_unavailable",
        "how": "Run: manage.py download_speech_model base",
        "speed": None,
    }
    assert report["waiting"] == {"chunks": 0, "calls": 0}


def test_it_measures_the_model_in_use(settings: Settings) -> None:
    settings.ALLOW_FIXTURE_SPEECH = True
    report = json.loads(doctor(json=True, workers=1))
    for purpose in ("live", "offline"):
        speed = report[purpose]["speed"]
        assert report[purpose]["engine"] == "fixture"
        assert speed["utterance_seconds"] > 0
        assert 0 < speed["real_time_factor"] < 10
        assert speed["calls"] > 0
    assert "works" in doctor(language="en", workers=1)
    assert "knows the demo only" in doctor(language="en", quick=True)


def test_a_model_that_is_there_and_broken_is_found_out(settings: Settings, tmp_path: Path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"{}")
    settings.SPEECH_MODEL_LIVE = str(tmp_path)
    assert "cannot be loaded" in doctor(code=1, language="en")


def test_a_shape_can_be_timed_before_it_is_downloaded() -> None:
    report = json.loads(doctor(code=1, json=True, random="tiny", workers=1))
    live, offline = report["random"]["live"]["speed"], report["random"]["offline"]["speed"]
    assert live["utterance_seconds"] > 0
    assert offline["real_time_factor"] > 0
    with random_engine("tiny", "live", 1) as engine:
        heard = engine.recognise(_noise(), language="ko")
    assert 0 < len(heard.words) <= 20


def _noise() -> Any:
    import numpy as np

    return (np.random.default_rng(0).standard_normal(32_000) * 0.1).astype(np.float32)


def test_calls_follow_from_speed() -> None:
    speed = Speed(load_seconds=1, utterance_seconds=0.5, real_time_factor=0.1, memory_mb=1)
    assert speed.calls(workers=2) == pytest.approx(2 * 0.7 / (0.5 * 0.8 / 3))
    assert speed.minutes_per_hour() == pytest.approx(4.8)


def test_rough_english_is_called_rough(settings: Settings) -> None:
    settings.SPEECH_MODEL_LIVE = "pocketsphinx"
    said = doctor(language="en", workers=1)
    assert "Captions while people talk: pocketsphinx pocketsphinx: works" in said
    assert "one word in three is wrong" in said


def test_a_server_elsewhere_is_asked_and_its_danger_told(settings: Settings) -> None:
    settings.SPEECH_MODEL_LIVE = "remote"
    settings.SPEECH_REMOTE_MODEL, settings.SPEECH_REMOTE_KEY = "whisper-1", "sk-made-up-key"
    with serving(answer({"text": "여보세요"})) as server:
        settings.SPEECH_REMOTE_URL = server.url
        said = doctor(language="en", workers=1)
        assert server.asked
    assert "sent to the server of SPEECH_REMOTE_URL" in said
    assert "not encrypted" not in said
    assert "sk-made-up-key" not in said
    with serving(answer({}, 401)) as server:
        settings.SPEECH_REMOTE_URL = server.url
        assert "refuses us (401)" in doctor(code=1, language="en", workers=1)
    settings.SPEECH_REMOTE_URL = "http://speech.example.org/v1"
    assert "not encrypted" in doctor(language="en", quick=True)


def test_every_engine_says_what_it_can() -> None:
    assert set(KINDS) == {"faster-whisper", "pocketsphinx", "remote", "fixture"}
    assert [name for name in KINDS if is_rough(name)] == ["pocketsphinx"]
    assert not is_rough("an engine that was removed")


@pytest.mark.req("S1.5")
def test_pages_are_told_that_text_is_rough_or_why_there_is_none(settings: Settings) -> None:
    settings.SPEECH_MODEL_LIVE = "pocketsphinx"
    call = cast.talking(cast.an_agent("alice")).call
    call.language = "en"
    assert availability(call).payload() == {"available": True, "reason": "", "delayed": False, "rough": True}
    call.language = "ko"
    assert availability(call).payload() == {
        "available": False,
        "reason": "language_unsupported",
        "delayed": False,
    }
    settings.SPEECH_MODEL_LIVE = "base"
    assert availability(call).payload() == {"available": False, "reason": "no_model", "delayed": False}


def test_the_record_says_that_its_text_is_rough(client: Client) -> None:
    alice = cast.an_agent("alice")
    made = a_record(alice, sound=False)
    CallTranscript.objects.filter(call=made.call).update(engine="pocketsphinx", engine_model="en-us")
    client.force_login(alice)
    page = client.get(f"/records/{made.call.pk}/", headers={"accept-language": "en"})
    assert "rough English (pocketsphinx)" in page.content.decode()


def arriving(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> list[str]:
    """The hub gives these files. Collects what was asked for."""
    asked: list[str] = []

    def download(model: str, output_dir: str) -> None:
        asked.append(model)
        for name, content in files.items():
            (Path(output_dir) / name).write_bytes(content)

    monkeypatch.setattr("faster_whisper.utils.download_model", download)
    return asked


def download(*models: str) -> str:
    out = io.StringIO()
    call_command("download_speech_model", *models, stdout=out)
    return out.getvalue()


WHOLE = {"model.bin": b"x", "config.json": b"{}", "tokenizer.json": b"{}"}


def test_a_download_that_fails_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(model: str, output_dir: str) -> None:
        raise RuntimeError("a network library's own error")

    monkeypatch.setattr("faster_whisper.utils.download_model", nothing)
    with pytest.raises(CommandError, match=r"RuntimeError.*Without internet"):
        download("base")


def test_a_model_is_downloaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = arriving(monkeypatch, WHOLE)
    assert "done" in download("owner/name")
    assert "is here" in download("owner/name")
    assert asked == ["owner/name"]


@pytest.mark.parametrize(
    ("model", "files", "wrong"),
    [
        ("owner/name", {**WHOLE, "tokenizer.json": b""}, "tokenizer.json missing or empty"),
        ("owner/name", {**WHOLE, "config.json": b"<html>"}, "config.json is not readable"),
        ("base", WHOLE, "model.bin is too small"),
    ],
)
def test_half_a_model_is_not_called_done(
    monkeypatch: pytest.MonkeyPatch, model: str, files: dict[str, bytes], wrong: str
) -> None:
    arriving(monkeypatch, files)
    with pytest.raises(CommandError, match=wrong):
        download(model)


def test_a_full_disk_is_told_before_the_download(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = arriving(monkeypatch, WHOLE)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=5_000_000))
    with pytest.raises(CommandError, match=r"needs 350 MB, and .* has 5 MB left"):
        download("base")
    assert asked == []


def test_engines_without_a_model_need_no_download(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.SPEECH_MODEL_LIVE, settings.SPEECH_MODEL_OFFLINE = "pocketsphinx", "remote"
    asked = arriving(monkeypatch, WHOLE)
    assert download().count("has no model to download") == 2
    assert asked == []
