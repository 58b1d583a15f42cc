"""Whisper in short windows: quicker, with the words of a whole one, and never believed when it repeats itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from tests.transcripts.test_engines import ENGLISH, KOREAN
from tests.transcripts.voices import spoken
from transcripts.engines import drafts, registry, windows
from transcripts.engines.fixture import FixtureEngine, unpacked
from transcripts.engines.registry import SpeechConfig
from transcripts.engines.whisper import WhisperEngine, WhisperOptions

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> FixtureEngine:
    return FixtureEngine(tmp_path_factory.mktemp("models"), allow_fixture=True)


@pytest.mark.req("S1.5")
@pytest.mark.parametrize(("language", "text"), [("ko", t) for t in KOREAN] + [("en", t) for t in ENGLISH])
def test_a_draft_has_the_words_that_were_said(engine: FixtureEngine, language: str, text: str) -> None:
    drafted = engine.draft(spoken(text, language, voice="+m3"), language=language, offset_ms=1000)
    assert drafted.text == text
    times = [(word.start_ms, word.end_ms) for segment in drafted.segments for word in segment.words]
    assert times == sorted(times)
    assert all(1000 <= start < end for start, end in times)


@contextmanager
def watched(engine: WhisperEngine) -> Iterator[list[int]]:
    """The lengths in frames that the encoder is given."""
    given: list[int] = []
    inner: Any = engine._model.model

    def encode(features: Any, **options: Any) -> object:
        given.append(features.shape[-1])
        return inner.encode(features, **options)

    stand_in = SimpleNamespace(
        **{name: getattr(inner, name) for name in ("generate", "align", "is_multilingual", "device")},
        device_index=[0],
        encode=encode,
    )
    with patch.object(engine._model, "model", stand_in):
        yield given


@pytest.mark.parametrize(("seconds", "frames"), [(2, 1000), (7, 1000), (7.1, 1100), (12, 1500), (28, 3000)])
def test_the_encoder_is_given_the_speech_and_some_room(
    engine: FixtureEngine, seconds: float, frames: int
) -> None:
    with watched(engine) as given:
        engine.recognise_draft(np.zeros(round(seconds * 16_000), np.float32), language="ko")
    assert given == [frames]


def test_a_draft_that_repeats_itself_is_none(engine: FixtureEngine) -> None:
    tokens = engine._model.hf_tokenizer.encode(" 여보세요" * 9, add_special_tokens=False).ids
    looped = SimpleNamespace(sequences_ids=[tokens], scores=[-0.1])
    model = SimpleNamespace(generate=lambda *_, **__: [looped], is_multilingual=True)
    with patch.object(engine._model, "model", model), patch.object(engine._model, "encode"):
        assert engine.recognise_draft(spoken(KOREAN[0]), language="ko").words == []


@pytest.fixture(scope="module")
def live(engine: FixtureEngine, tmp_path_factory: pytest.TempPathFactory) -> WhisperEngine:
    """The fixture model as a model for captions is set up."""
    folder = tmp_path_factory.mktemp("models")
    return WhisperEngine(str(unpacked(folder)), folder, WhisperOptions("cpu", "int8", window_s=15))


@pytest.mark.req("S1.5")
@pytest.mark.parametrize(("language", "text"), [("ko", KOREAN[2]), ("en", ENGLISH[1])])
def test_a_caption_is_heard_in_a_short_window_with_the_times_of_a_whole_one(
    engine: FixtureEngine, live: WhisperEngine, language: str, text: str
) -> None:
    sound = spoken(text, language, voice="+m3")
    with watched(live) as given:
        [short] = live.transcribe(sound, language=language).segments
    [whole] = engine.transcribe(sound, language=language).segments
    assert given == [1500]
    assert short.text == whole.text == text
    for a, b in zip(short.words, whole.words, strict=True):
        assert abs(a.start_ms - b.start_ms) <= 100


@pytest.mark.parametrize(
    "doubtful",
    [{"text": " 네", "avg_logprob": -1.1}, {"compression_ratio": 2.5}, {"text": " 네" * 9}, {"text": ""}],
)
def test_what_a_short_window_gives_is_heard_again_when_it_is_doubtful(
    live: WhisperEngine, doubtful: dict[str, Any]
) -> None:
    said = {"text": " 여보세요", "avg_logprob": -0.2, "compression_ratio": 1.0} | doubtful
    words = [SimpleNamespace(word=f" {w}", start=0.0, end=0.5, probability=0.9) for w in said["text"].split()]
    poor = SimpleNamespace(**said, words=words)
    given: list[tuple[int, int]] = []

    def transcribe(_audio: Any, *, temperature: tuple[float, ...], **_options: Any) -> tuple[Any, None]:
        given.append((windows._frames.get(), len(temperature)))
        return [poor], None

    with patch.object(live._model, "transcribe", transcribe):
        live.recognise(spoken(KOREAN[0]), language="ko")
    assert given == [(1500, 1), (3000, 2)]


def test_the_final_transcript_is_heard_in_the_whole_window(tmp_path: Path) -> None:
    config = SpeechConfig("base", "small", tmp_path, caption_window_s=12)
    assert registry._options(config, "live").window_s == 12
    assert registry._options(config, "offline").window_s == windows.WHOLE_S


def test_words_are_spread_by_their_letters() -> None:
    assert [(w.text, w.start_ms, w.end_ms) for w in drafts.spread("네 알겠습니다 네", 7000, 0.5)] == [
        (" 네", 0, 1000),
        (" 알겠습니다", 1000, 6000),
        (" 네", 6000, 7000),
    ]
    assert list(drafts.spread("", 7000, 0.5)) == []
