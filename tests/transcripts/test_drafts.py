"""What is being said is heard in a short window: quicker, with the words of a whole one, and never a loop."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from tests.transcripts.test_engines import ENGLISH, KOREAN
from tests.transcripts.voices import spoken
from transcripts.engines import drafts
from transcripts.engines.fixture import FixtureEngine

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


def windows_of(engine: FixtureEngine, seconds: float) -> list[int]:
    """The lengths in frames that the encoder is given for so much sound."""
    given: list[int] = []
    model: Any = engine._model

    def encode(features: np.ndarray) -> object:
        given.append(features.shape[-1])
        return type(model).encode(model, features)

    with patch.object(model, "encode", encode):
        engine.recognise_draft(np.zeros(round(seconds * 16_000), np.float32), language="ko")
    return given


@pytest.mark.parametrize(("seconds", "frames"), [(2, 1000), (7, 1000), (7.1, 1100), (12, 1500), (28, 3000)])
def test_the_encoder_is_given_the_speech_and_some_room(
    engine: FixtureEngine, seconds: float, frames: int
) -> None:
    assert windows_of(engine, seconds) == [frames]


def test_a_draft_that_repeats_itself_is_none(engine: FixtureEngine) -> None:
    tokens = engine._model.hf_tokenizer.encode(" 여보세요" * 9, add_special_tokens=False).ids
    looped = SimpleNamespace(sequences_ids=[tokens], scores=[-0.1])
    model = SimpleNamespace(generate=lambda *_, **__: [looped], is_multilingual=True)
    with patch.object(engine._model, "model", model), patch.object(engine._model, "encode"):
        assert engine.recognise_draft(spoken(KOREAN[0]), language="ko").words == []


def test_words_are_spread_by_their_letters() -> None:
    assert [(w.text, w.start_ms, w.end_ms) for w in drafts.spread("네 알겠습니다 네", 7000, 0.5)] == [
        (" 네", 0, 1000),
        (" 알겠습니다", 1000, 6000),
        (" 네", 6000, 7000),
    ]
    assert list(drafts.spread("", 7000, 0.5)) == []
