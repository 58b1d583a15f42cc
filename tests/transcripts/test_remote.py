"""A transcription server elsewhere: real HTTP over loopback, well-behaved and not."""

from __future__ import annotations

import io
import logging
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transcripts.transcription_server import (
    Server,
    answer,
    endless,
    hanging_up,
    serving,
    silent,
    trickling,
)
from tests.transcripts.voices import spoken
from transcripts.engines.answers import heard_from
from transcripts.engines.base import SAMPLE_RATE, EngineUnavailable
from transcripts.engines.registry import SpeechConfig, check, engine_for, forget_engines
from transcripts.engines.remote import (
    ATTEMPTS,
    LONGEST_PAUSE,
    RemoteBusy,
    RemoteEngine,
    RemoteOptions,
    RemoteRefused,
)

pytestmark = pytest.mark.unit

KEY = "sk-made-up-key"
SECOND = np.zeros(SAMPLE_RATE, np.float32)
TIMED = {
    "language": "korean",
    "text": "아 씨발 진짜",
    "words": [
        {"word": "아", "start": 0.0, "end": 0.2},
        {"word": "씨발", "start": 0.3, "end": 0.6},
        {"word": "진짜", "start": 0.65, "end": 0.95, "probability": 0.4},
    ],
}


def engine(server: Server, timeout: float = 5.0) -> tuple[RemoteEngine, list[float]]:
    waits: list[float] = []
    options = RemoteOptions(server.url, "whisper-1", KEY, timeout)
    return RemoteEngine(options, pause=waits.append), waits


@pytest.mark.req("S1.5")
def test_it_asks_as_the_protocol_wants_and_reads_word_times() -> None:
    with serving(answer(TIMED)) as server:
        heard = engine(server)[0].recognise(SECOND, language="ko")
    [asked] = server.asked
    assert asked.path == "/v1/audio/transcriptions"
    assert asked.key == f"Bearer {KEY}"
    assert asked.all("model") == [b"whisper-1"]
    assert asked.all("language") == [b"ko"]
    assert asked.all("response_format") == [b"verbose_json"]
    assert asked.all("timestamp_granularities[]") == [b"word", b"segment"]
    with wave.open(io.BytesIO(asked.all("file")[0])) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getnframes()) == (16_000, 1, 16_000)
    assert [(w.text, w.start_ms, w.end_ms, w.confidence) for w in heard.words] == [
        (" 아", 0, 200, 1.0),
        (" 씨발", 300, 600, 1.0),
        (" 진짜", 650, 950, 0.4),
    ]


def test_speech_is_placed_where_it_was_said_and_silence_is_not_sent() -> None:
    with serving(answer(TIMED)) as server:
        remote = engine(server)[0]
        assert remote.transcribe(np.zeros(SAMPLE_RATE * 3, np.float32), language="ko").segments == ()
        assert server.asked == []
        [said] = remote.transcribe(
            spoken("안녕하세요 무엇을 도와드릴까요?", before=1.0), language="ko"
        ).segments
    assert said.text == "아 씨발 진짜"
    assert 700 <= said.start_ms <= 1100
    assert said.words[0].start_ms == said.start_ms


def test_without_word_times_a_word_lies_over_all_of_its_segment() -> None:
    segments = [{"start": 0.1, "end": 0.8, "text": " 아 씨발", "avg_logprob": -0.5}]
    with serving(answer({"text": "아 씨발", "segments": segments})) as server:
        heard = engine(server)[0].recognise(SECOND, language="ko")
    assert [(w.text, w.start_ms, w.end_ms) for w in heard.words] == [(" 아", 100, 800), (" 씨발", 100, 800)]
    assert heard.words[0].confidence == pytest.approx(0.607)


def test_with_text_alone_a_word_lies_over_the_whole_piece_of_speech() -> None:
    with serving(answer({"text": "Hello there"})) as server:
        heard = engine(server)[0].recognise(SECOND, language="en")
    assert [(w.text, w.start_ms, w.end_ms) for w in heard.words] == [(" Hello", 0, 1000), (" there", 0, 1000)]


def test_what_the_server_itself_takes_for_silence_is_nobodys_words() -> None:
    invented = {"text": "감사합니다", "no_speech_prob": 0.9, "avg_logprob": -1.4, "start": 0, "end": 1}
    with serving(answer({"text": "감사합니다", "segments": [invented]})) as server:
        assert engine(server)[0].recognise(SECOND, language="ko").words == []


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again_a_little_later(status: int) -> None:
    with serving(answer({}, status, {"Retry-After": "3"}), answer({}, status), answer(TIMED)) as server:
        remote, waits = engine(server)
        assert len(remote.recognise(SECOND, language="ko").words) == 3
    assert len(server.asked) == 3
    assert waits[0] == 0
    assert waits[1] == 3
    assert 0.8 <= waits[2] <= 1.2


def test_a_server_that_stays_busy_is_left_alone_and_may_be_asked_later() -> None:
    with serving(answer({}, 503, {"Retry-After": "100000"})) as server:
        remote, waits = engine(server)
        with pytest.raises(RemoteBusy) as given_up:
            remote.recognise(SECOND, language="ko")
    assert given_up.value.retry
    assert len(server.asked) == ATTEMPTS
    assert max(waits) == LONGEST_PAUSE


@pytest.mark.parametrize("reply", [silent, trickling, hanging_up])
def test_a_server_that_does_not_answer_holds_nobody_up(reply: object) -> None:
    with serving(reply) as server:  # type: ignore[arg-type]
        with pytest.raises(RemoteBusy):
            engine(server, timeout=0.2)[0].recognise(SECOND, language="ko")
        assert len(server.asked) == ATTEMPTS


def test_an_endless_answer_is_cut_off() -> None:
    with serving(endless) as server, pytest.raises(RemoteRefused):
        engine(server)[0].recognise(SECOND, language="ko")


@pytest.mark.parametrize("content", [b"", b"<html>502</html>", b"[1]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_garbage_is_refused_for_good(content: bytes) -> None:
    with serving(answer(content)) as server, pytest.raises(RemoteRefused) as refused:
        engine(server)[0].recognise(SECOND, language="ko")
    assert not refused.value.retry
    assert len(server.asked) == 1


def test_a_redirect_does_not_carry_the_key_elsewhere() -> None:
    with serving(answer(TIMED)) as other:
        location = {"Location": f"{other.url}/audio/transcriptions"}
        with serving(answer({}, 307, location)) as server, pytest.raises(RemoteRefused):
            engine(server)[0].recognise(SECOND, language="ko")
        assert other.asked == []


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refused_key_is_a_missing_engine_and_is_never_logged(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(answer({"error": KEY}, status)) as server:
        remote = engine(server)[0]
        with pytest.raises(EngineUnavailable, match="SPEECH_REMOTE_KEY") as refused:
            remote.recognise(SECOND, language="ko")
    assert KEY not in f"{refused.value!r} {refused.value} {remote._options!r} {caplog.text}"


def test_the_settings_name_a_server_or_there_is_none(tmp_path: Path) -> None:
    for url in (
        "",
        "speech.example.org",
        "file:///etc/passwd",
        "http://",
        "http://host:port/v1",
        "http://a/\n",
    ):
        with pytest.raises(EngineUnavailable, match="SPEECH_REMOTE_URL"):
            check(SpeechConfig("remote", "", tmp_path, remote=RemoteOptions(url, "whisper-1")), "live")
    config = SpeechConfig("remote", "", tmp_path, remote=RemoteOptions("https://speech.example.org/v1", "m"))
    check(config, "live", language="ko")
    found = engine_for(config, "live", language="ko")
    assert (found.provenance.engine, found.provenance.model) == ("remote", "m")
    forget_engines()


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", " ", "네", "씨발 진짜", "1"])
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "text",
                    "words",
                    "segments",
                    "word",
                    "start",
                    "end",
                    "probability",
                    "avg_logprob",
                    "no_speech_prob",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["text", "words", "segments", "language"]), anything))
def test_no_answer_whatever_breaks_the_reader(content: dict[str, object]) -> None:
    heard = heard_from(content, "ko", 1000)
    assert heard.language == "ko"
    assert all(0 <= w.start_ms <= 1000 and 0 <= w.end_ms <= 1000 for w in heard.words)
    assert all(0 <= w.confidence <= 1 and w.text.strip() for w in heard.words)
