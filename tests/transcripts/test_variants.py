"""The spellings that an administrator is shown for a term are found for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcripts.masking import suffixes
from transcripts.masking.lexicon import Entry, Match, of, seed
from transcripts.masking.matcher import Matcher
from transcripts.masking.variants import variants

pytestmark = [pytest.mark.unit, pytest.mark.req("S1.6")]
MASKED = [entry for entry in seed().entries if not entry.allowed]


@given(st.sampled_from(MASKED))
def test_every_variant_is_found_because_of_its_entry(entry: Entry) -> None:
    matcher = Matcher(of([entry]))
    shown = variants(entry)
    assert len(shown) == len(set(shown)) <= 40
    assert all(matcher.find(spelling) for spelling in shown)


def test_every_term_of_the_lexicon_is_its_own_first_variant() -> None:
    alone = [entry for entry in MASKED if entry.term not in suffixes.DOERS]
    assert [entry.term for entry in alone if variants(entry, limit=1) != [entry.term]] == []


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            Entry("시발", "ko", 3, sound_alikes=True),
            {"시1발", "시 발", "ㅅㅣㅂㅏㄹ", "시이발", "씨발", "쉬발", "시발아"},
        ),
        (Entry("병신", "ko", 2, sound_alikes=True), {"병.신", "병시인", "병쉰", "병신들"}),
        (Entry("fuck", "en", 3, Match.ANYWHERE), {"fucking", "f u c k", "f*ck", "fuuuuck", "FUCK"}),
        (Entry("shit", "en", 2, Match.START), {"sh1t", "s.h.i.t", "shits"}),
    ],
)
def test_the_usual_disguises_are_among_them(entry: Entry, expected: set[str]) -> None:
    assert expected <= set(variants(entry))


def test_sounds_alike_only_where_the_entry_says_so() -> None:
    assert "쉬발" not in variants(Entry("시발", "ko", 3))


def test_an_exception_has_no_variants() -> None:
    assert variants(Entry("시발역", "ko", allowed=True)) == []
