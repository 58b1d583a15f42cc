"""Tone: told from words, drawn as a line, and never a way to what is hidden."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.accuracy.tone import LANGUAGES, judge
from transcripts.engines.words import Word
from transcripts.masking.mask import mask_text
from transcripts.masking.matcher import Span
from transcripts.masking.unsure import unsure
from transcripts.tone.line import BAND, ToneLine
from transcripts.tone.tone import Tone, label, tone

pytestmark = [pytest.mark.unit, pytest.mark.req("S2.8")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_negative_lines_are_found_and_hardly_any_other_is_called_so(language):
    found = judge(language, "eval")
    assert (found.accuracy >= 0.8, found.precision >= 0.9, found.recall >= 0.6) == (True, True, True), found
    assert found.opposite <= 1


@pytest.mark.parametrize(
    ("plain", "turned"),
    [
        ("직원이 친절해요", "직원이 안 친절해요"),
        ("정말 좋네요", "좋지 않네요"),
        ("this is good", "this is not good"),
    ],
)
def test_a_negation_turns_it_round(plain, turned):
    assert (tone(plain, "ko") or 0) > 0 > (tone(turned, "ko") or 0)


def test_what_was_said_abusively_is_negative_whatever_the_words():
    assert tone("네 알겠습니다", "ko") == 0
    assert label(tone("네 알겠습니다", "ko", insults=1) or 0) is Tone.NEGATIVE


def test_nothing_to_tell_it_from():
    assert tone("", "ko") is None
    assert tone("123 456", "en") is None


@given(st.text(), st.sampled_from(["ko", "en"]), st.integers(0, 9))
def test_whatever_is_said_the_score_stays_within_its_bounds(text, language, insults):
    score = tone(text, language, insults=insults)
    assert score is None or -1 <= score <= 1


def test_the_line_rises_into_the_band_where_the_talk_is_heated_and_sinks_back():
    line = ToneLine("customer", [(10_000, 0.0), (60_000, -0.9), (62_000, -0.8), (110_000, 0.2)], 120_000)
    assert line.at(61_000) < -0.5
    assert abs(line.at(90_000)) < 0.1
    heights = _heights(line)
    assert min(heights) < BAND < heights[0]
    assert line.heated_ms == [60_000, 62_000]


def _heights(line: ToneLine) -> list[float]:
    numbers = line.path[1:].replace("L", " ").split()
    return [float(number) for number in numbers[1::2]]


def words(*pairs: tuple[str, float]) -> list[Word]:
    return [Word(text, at * 100, at * 100 + 90, sure) for at, (text, sure) in enumerate(pairs)]


def test_doubtful_words_are_marked_where_they_stand_in_the_masked_text():
    text = "아 나쁜말 그 사진 말이에요"
    heard = words(("아", 0.9), (" 나쁜말", 0.2), (" 그", 0.9), (" 사진", 0.3), (" 말이에요", 0.9))
    hidden = mask_text(text, [Span(2, 5, "profanity", 2)])
    stretches = [(m.source.start, m.source.end, m.start, m.end) for m in hidden.masks]
    places = unsure(text, heard, stretches)
    assert [hidden.text[start:end] for start, end in places] == ["사진"]


@given(
    st.lists(st.tuples(st.text("가나다라 abc", min_size=1, max_size=6), st.floats(0, 1)), max_size=12),
    st.sets(st.integers(0, 60), max_size=6),
)
def test_no_doubtful_place_ever_touches_a_mask(pairs, edges):
    heard = words(*((f" {text}", sure) for text, sure in pairs))
    text = "".join(word.text for word in heard).strip()
    cuts = sorted(edge for edge in edges if edge <= len(text))
    spans = [Span(a, b, "profanity", 1) for a, b in zip(cuts[::2], cuts[1::2], strict=False) if a < b]
    hidden = mask_text(text, spans)
    stretches = [(m.source.start, m.source.end, m.start, m.end) for m in hidden.masks]
    for start, end in unsure(text, heard, stretches):
        assert 0 <= start < end <= len(hidden.text)
        assert all(end <= mask.start or mask.end <= start for mask in hidden.masks)
