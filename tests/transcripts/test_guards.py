"""What recognisers invent does not become somebody's words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcripts.engines import guards, vad
from transcripts.engines.vad import Span
from transcripts.engines.words import Word

pytestmark = pytest.mark.unit


def words(text: str, start: int = 0, each: int = 300) -> list[Word]:
    return [Word(" " + w, start + i * each, start + (i + 1) * each, 0.9) for i, w in enumerate(text.split())]


@pytest.mark.parametrize(
    "text",
    [
        "시청해 주셔서 감사합니다.",
        "오늘도 시청해주셔서 감사합니다",
        "MBC 뉴스 이덕영입니다.",
        "한글자막 by 한효정",
        "구독과 좋아요 부탁드립니다!",
        "Thanks for watching!",
        "Please subscribe to my channel.",
        " ... ",
    ],
)
def test_what_subtitles_end_with_is_nobody_speaking(text: str) -> None:
    assert guards.utterances(words(text), [Span(0, 4000)]) == []


@pytest.mark.parametrize(
    "text",
    [
        "감사합니다.",
        "설명을 다 봐 주셔서 감사합니다 고객님",
        "네",
        "Thank you.",
        "I watched the video, thanks",
    ],
)
def test_what_people_say_stays(text: str) -> None:
    assert [s.text for s in guards.utterances(words(text), [Span(0, 4000)])] == [text]


def test_a_loop_is_cut_down_and_its_last_words_cover_it() -> None:
    looped = words("그래서 " + "네 알겠습니다 " * 9 + "끝", each=200)
    kept = guards.collapse_loops(looped)
    assert "".join(w.text for w in kept).split() == ["그래서", "네", "알겠습니다", "네", "알겠습니다", "끝"]
    assert kept[-2].end_ms == looped[-2].end_ms


def test_three_repeats_are_how_people_talk() -> None:
    said = words("아니 아니 아니 그게 아니고")
    assert guards.collapse_loops(said) == said


def test_text_faster_than_anyone_speaks_is_dropped() -> None:
    assert (
        guards.utterances(words("이것은 반 초 안에 말할 수 없는 아주 긴 문장입니다", each=10), [Span(0, 400)])
        == []
    )


def test_words_go_to_the_piece_of_speech_they_belong_to() -> None:
    spans = [Span(0, 1000), Span(3000, 4000)]
    found = guards.utterances([*words("안녕하세요", 100), *words("네 맞습니다", 3100)], spans)
    assert [(s.text, s.start_ms, s.end_ms) for s in found] == [
        ("안녕하세요", 0, 1000),
        ("네 맞습니다", 3000, 4000),
    ]


@given(st.lists(st.tuples(st.integers(-500, 5000), st.integers(-500, 5000)), max_size=8))
def test_word_times_stay_inside_the_speech_and_in_order(times: list[tuple[int, int]]) -> None:
    kept = guards.clamped([Word(" 말", start, end, 1.0) for start, end in times], Span(200, 3000))
    assert all(200 <= w.start_ms <= w.end_ms <= 3000 for w in kept)
    assert [w.start_ms for w in kept] == sorted(w.start_ms for w in kept)


@pytest.mark.parametrize("hertz", [0, 60, 1000])
def test_silence_hum_and_beeps_are_not_speech(hertz: int) -> None:
    instants = np.arange(16_000 * 5) / 16_000
    assert vad.speech_spans((0.1 * np.sin(2 * np.pi * hertz * instants)).astype(np.float32)) == []


def test_neighbouring_speech_is_heard_in_one_window_up_to_its_length() -> None:
    spans = [Span(0, 9000), Span(10_000, 19_000), Span(20_000, 29_000), Span(40_000, 41_000)]
    assert [len(w) for w in vad.windows(spans, 28_000)] == [2, 1, 1]
    assert [len(w) for w in vad.windows(spans, 0)] == [1, 1, 1, 1]


def test_laughter_is_kept_short_and_numbers_as_they_are() -> None:
    [laugh] = guards.utterances(words("네" + "하하" * 30), [Span(0, 4000)])
    assert laugh.text == "네" + "하" * 3
    assert guards.collapse_stutters(words("0000000000")) == words("0000000000")
    assert guards.collapse_stutters(words("ㅋㅋㅋㅋㅋ")) == words("ㅋㅋㅋㅋㅋ")


def test_words_without_length_get_one_that_a_beep_can_cover() -> None:
    broken = [Word(" 아", 1000, 1000, 0.9), Word(" 씨발", 2000, 1000, 0.9), Word(" 진짜", 9000, 9000, 0.9)]
    [said] = guards.utterances(broken, [Span(500, 3000)])
    assert [(w.start_ms, w.end_ms) for w in said.words] == [(1000, 1060), (2000, 2060), (2940, 3000)]


anyword = st.builds(
    Word,
    st.sampled_from([" 네", " 아니", " 씨발", " yes", "?", " ", " ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ"]),
    st.integers(-5_000, 40_000),
    st.integers(-5_000, 40_000),
    st.floats(0, 1),
)
gaps = st.lists(st.tuples(st.integers(0, 2_000), st.integers(1, 9_000)), min_size=1, max_size=4)


@pytest.mark.req("S2.6")
@given(st.lists(anyword, max_size=40), gaps)
def test_any_list_of_words_becomes_utterances_with_sound_times(
    heard: list[Word], pieces: list[tuple[int, int]]
) -> None:
    spans, at = [], 0
    for gap, length in pieces:
        spans.append(Span(at + gap, at + gap + length))
        at += gap + length
    said = guards.utterances(heard, spans)
    assert [s.start_ms for s in said] == sorted(s.start_ms for s in said)
    for segment in said:
        span = next(s for s in spans if s.start_ms == segment.start_ms)
        room = min(guards.MIN_WORD_MS, span.end_ms - span.start_ms)
        starts, ends = [w.start_ms for w in segment.words], [w.end_ms for w in segment.words]
        assert starts == sorted(starts)
        assert ends == sorted(ends)
        assert starts[0] >= span.start_ms
        assert ends[-1] <= span.end_ms
        assert all(w.end_ms - w.start_ms >= room for w in segment.words)
        assert segment.text == "".join(w.text for w in segment.words).strip()
