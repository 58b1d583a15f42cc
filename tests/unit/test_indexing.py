"""The searchable form of Korean and English."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcripts.indexing import index_text, places, terms

pytestmark = [pytest.mark.unit, pytest.mark.req("S1.8")]
SYLLABLES = st.text(
    alphabet=st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=6
)


@given(SYLLABLES, SYLLABLES, SYLLABLES)
def test_korean_is_found_by_whole_syllables_and_only_so(before: str, wanted: str, after: str) -> None:
    text = before + wanted + after
    [term] = terms(wanted)
    assert term in index_text(text)
    assert (term in index_text(before + after)) == (wanted in before + after)
    assert any(text[start:end].find(wanted) >= 0 for start, end in places(text, [term]))


def test_one_syllable_is_long_enough_and_two_letters_are_not() -> None:
    assert len(terms("네")[0]) == 3
    assert terms("ok") == []
    assert terms("환불 ok Laptop") == [*terms("환불"), "laptop"]


def test_half_a_syllable_is_not_found() -> None:
    assert terms("가")[0] not in index_text("각자")
    assert terms("환부")[0] not in index_text("환불")


def test_decomposed_and_wide_letters_are_the_same() -> None:
    assert index_text(unicodedata.normalize("NFD", "환불")) == index_text("환불")
    assert index_text("ＬＡＰＴＯＰ") == "laptop"


def test_what_hides_a_word_is_not_found() -> None:
    masks = [{"start": 2, "end": 5}, {"start": 11, "end": 18}]
    text = "아 ●●● 번호는  [PHONE] 요"
    assert text[11:18] == "[PHONE]"
    indexed = index_text(text, masks)
    assert "●" not in indexed
    assert "phone" not in indexed
    assert terms("번호는")[0] in indexed


def test_places_are_those_of_the_text_as_given() -> None:
    text = "네, 노트북 환불이요. 환불!"
    assert [text[a:b] for a, b in places(text, terms("환불"))] == ["환불", "환불"]
    assert places("abc", terms("환불")) == []
