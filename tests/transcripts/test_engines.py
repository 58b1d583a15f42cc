"""Real speech through the real path: files, voice activity, a Whisper model, word times."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from tests.transcripts.voices import HUMAN_SPEECH, say, spoken
from transcripts.engines import vad
from transcripts.engines.base import EngineUnavailable
from transcripts.engines.decode import DecodeError, decode
from transcripts.engines.fixture import FixtureEngine, FixtureForbiddenError, unpacked
from transcripts.engines.registry import SpeechConfig, check, engine_for, forget_engines
from transcripts.engines.whisper import WhisperEngine
from transcripts.fixture.make_demo import FOLDER as DEMO
from transcripts.masking.lexicon import seed
from transcripts.masking.matcher import Matcher

pytestmark = pytest.mark.model

KOREAN = [
    "안녕하세요 무엇을 도와드릴까요?",
    "어제 산 노트북가 작동하지 않아요.",
    "야 이 개새끼야 당장 환불해.",
    "이 병신아 전화 끊어.",
    "씨발 이게 뭐야.",
    "새끼손가락을 다쳤어요.",
    "시발역에서 출발합니다.",
]
ENGLISH = [
    "Hello, how can I help you today?",
    "What the fuck is going on?",
    "You are a stupid asshole.",
    "This is bullshit, cancel my order.",
    "The delivery is too late.",
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> FixtureEngine:
    return FixtureEngine(tmp_path_factory.mktemp("models"), allow_fixture=True)


@pytest.mark.parametrize(("language", "text"), [("ko", t) for t in KOREAN] + [("en", t) for t in ENGLISH])
def test_every_sentence_is_heard_as_it_was_said(engine: FixtureEngine, language: str, text: str) -> None:
    assert engine.transcribe(spoken(text, language, voice="+m3"), language=language).text == text


def test_word_times_lie_where_the_words_are(engine: FixtureEngine) -> None:
    [segment] = engine.transcribe(spoken(KOREAN[2], before=1.0), language="ko", offset_ms=5000).segments
    times = [(w.start_ms, w.end_ms) for w in segment.words]
    assert times == sorted(times)
    assert all(segment.start_ms <= a <= b <= segment.end_ms for a, b in times)
    assert 5750 <= segment.start_ms <= 6100


def test_an_unknown_language_is_told_apart(engine: FixtureEngine) -> None:
    assert engine.transcribe(spoken(KOREAN[0]), language=None).language == "ko"
    assert engine.transcribe(spoken(ENGLISH[0], "en"), language=None).language == "en"


def test_silence_is_nobodys_words(engine: FixtureEngine) -> None:
    heard = engine.transcribe(np.zeros(16_000 * 5, np.float32), language="ko")
    assert heard.segments == ()


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("side", ["customer", "agent"])
def test_the_bundled_demo_calls_are_heard_word_for_word(
    engine: FixtureEngine, language: str, side: str
) -> None:
    script = json.loads((DEMO / "script.json").read_text(encoding="utf-8"))[language]
    turns = [turn for turn in script if turn["side"] == side]
    heard = engine.transcribe(decode(DEMO / f"{language}-{side}.opus"), language=language).segments
    assert [s.text for s in heard] == [turn["text"] for turn in turns]
    assert all(abs(s.start_ms - turn["start_ms"]) < 400 for s, turn in zip(heard, turns, strict=True))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_each_demo_customer_swears_once_and_is_otherwise_let_through(language: str) -> None:
    script = json.loads((DEMO / "script.json").read_text(encoding="utf-8"))[language]
    matcher = Matcher(seed())
    found = [turn["side"] for turn in script for _ in matcher.find(turn["text"])]
    assert found == ["customer"]
    pauses = [b["start_ms"] - a["end_ms"] for a, b in itertools.pairwise(script)]
    assert min(pauses) >= 700


def test_human_speech_is_found_where_it_is() -> None:
    """Real recordings of a person, with silence laid around each."""
    files = sorted(HUMAN_SPEECH.glob("vm-*.wav"))[:30]
    assert len(files) == 30, "install asterisk-core-sounds-en-wav"
    missed = []
    for file in files:
        sound = decode(file)
        quiet = np.zeros(16_000, np.float32)
        spans = vad.speech_spans(np.concatenate([quiet, sound, quiet]))
        found = sum(span.end_ms - span.start_ms for span in spans)
        if found < 0.5 * len(sound) / 16 or (spans and spans[0].start_ms < 600):
            missed.append(file.name)
    assert len(missed) <= 2, missed


def test_the_fixture_model_is_fenced(tmp_path: Path) -> None:
    with pytest.raises(FixtureForbiddenError):
        FixtureEngine(tmp_path)


def test_a_missing_model_says_how_to_get_it_and_nothing_takes_its_place(tmp_path: Path) -> None:
    config = SpeechConfig("tiny", "", tmp_path)
    with pytest.raises(EngineUnavailable, match="download_speech_model tiny") as refused:
        engine_for(config, "live")
    assert refused.value.retry
    with pytest.raises(EngineUnavailable, match="SPEECH_MODEL_OFFLINE"):
        check(config, "offline")


def test_a_damaged_model_is_an_unavailable_one(tmp_path: Path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(EngineUnavailable, match="cannot be loaded"):
        WhisperEngine(str(tmp_path), tmp_path)


def test_a_model_is_loaded_once_per_process(tmp_path: Path) -> None:
    config = SpeechConfig("", "", tmp_path, allow_fixture=True)
    assert engine_for(config, "live") is engine_for(config, "offline")


def test_a_directory_is_a_model_and_each_purpose_has_its_settings(tmp_path: Path) -> None:
    """The real engine, from a directory as an operator names it: a small beam live, a large one afterwards."""
    model = str(unpacked(tmp_path))
    config = SpeechConfig(model, model, tmp_path, device="cpu", compute_type="int8")
    live, offline = engine_for(config, "live"), engine_for(config, "offline")
    assert isinstance(live, WhisperEngine)
    assert isinstance(offline, WhisperEngine)
    assert (live.options.beam_size, offline.options.beam_size) == (1, 5)
    assert (live.listening, offline.listening) == (vad.LIVE, vad.OFFLINE)
    assert live.provenance.engine == "faster-whisper"
    assert [s.text for s in live.transcribe(spoken(KOREAN[0]), language="ko").segments] == [KOREAN[0]]
    forget_engines()


@pytest.mark.parametrize(("device", "compute_type"), [("cuda", "auto"), ("cpu", "no-such-type")])
def test_a_device_that_is_not_there_is_told_and_not_replaced(
    tmp_path: Path, device: str, compute_type: str
) -> None:
    import ctranslate2

    if device == "cuda" and ctranslate2.get_cuda_device_count():
        device = "cuda:99"
    config = SpeechConfig(str(unpacked(tmp_path)), "", tmp_path, device=device, compute_type=compute_type)
    with pytest.raises(EngineUnavailable, match="cannot be loaded on"):
        engine_for(config, "live")


def test_a_recogniser_that_loops_is_stopped_soon(engine: FixtureEngine) -> None:
    """Two seconds of sound give at most what two seconds can hold, however long the model would go on."""
    asked: list[int] = []
    inner = engine._model.transcribe

    def noting(audio: object, **settings: object) -> object:
        asked.append(settings["max_new_tokens"])  # type: ignore[arg-type]
        return inner(audio, **settings)

    engine._model.transcribe = noting  # type: ignore[method-assign]
    try:
        engine.recognise(np.zeros(16_000 * 2, np.float32), language="ko")
        engine.recognise(np.zeros(16_000 * 28, np.float32), language="ko")
    finally:
        engine._model.transcribe = inner  # type: ignore[method-assign]
    assert asked == [
        80,
        80,
        220,
    ]  # silence is doubtful, so that it is heard in a short window and in a whole one


@pytest.mark.parametrize("listening", [vad.LIVE, vad.OFFLINE])
def test_human_speech_in_noise_is_found_whole(listening: vad.Listening) -> None:
    """At 5 dB: every 20 ms of ten prompts that carries speech lies inside a piece, and quiet outside."""
    noise = np.random.default_rng(1)
    for file in sorted(HUMAN_SPEECH.glob("vm-*.wav"))[:10]:
        sound = decode(file)
        quiet = np.zeros(16_000, np.float32)
        level = np.sqrt((sound**2).mean() / 10**0.5)
        line = np.concatenate([quiet, sound, quiet])
        line += (noise.standard_normal(len(line)) * level).astype(np.float32)
        found = np.zeros(len(line) // 16 + 1, bool)
        for span in vad.speech_spans(line, listening):
            found[span.start_ms : span.end_ms] = True
        frames = sound[: len(sound) // 320 * 320].reshape(-1, 320)
        power = np.sqrt((frames**2).mean(1))
        spoken_frames = 1000 + 20 * np.flatnonzero(power > 0.1 * power.max())
        assert found[spoken_frames].mean() > 0.98, file.name
        assert found[:600].mean() < 0.1, file.name


def test_a_breath_parts_a_live_caption_and_not_a_final_sentence() -> None:
    first, second = (spoken(text, before=0, after=0) for text in (KOREAN[0], KOREAN[1]))
    loud = np.flatnonzero(np.abs(first) > 0.02)
    line = np.concatenate([first[: loud[-1]], np.zeros(int(16_000 * 0.55), np.float32), second])
    assert len(vad.speech_spans(line, vad.OFFLINE)) == 1
    assert len(vad.speech_spans(line, vad.LIVE)) == 2


@pytest.mark.parametrize("content", [b"", b"plain text" * 40, b"RIFF" + b"\0" * 40, b"OggS" + b"\0" * 200])
def test_what_is_not_sound_is_refused(content: bytes) -> None:
    with pytest.raises(DecodeError) as refused:
        decode(content)
    assert not refused.value.retry


def test_sound_longer_than_the_limit_is_refused() -> None:
    with pytest.raises(DecodeError, match="longer"):
        decode(say(KOREAN[0]), max_seconds=1)


def test_a_recording_that_was_cut_off_is_heard_to_its_end(tmp_path: Path) -> None:
    whole = (DEMO / "ko-customer.opus").read_bytes()
    sound = decode(whole[: len(whole) // 2])
    assert 10 < len(sound) / 16_000 < 25
