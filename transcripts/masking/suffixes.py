"""Terms that make an insult of the word that they are put to (고자새끼, 눈치없는년); alone they may be anything."""

from __future__ import annotations

import re

from transcripts.masking import syllables
from transcripts.masking.place import ANIMALS

LONGEST = 11
SHORT = 2
"""Syllables of a noun that goes with its suffix: 애새끼. Of a longer one the mask leaves who was meant."""

YOUNG = re.compile(
    rf"(?:{ANIMALS}|개|쥐|소|말|뱀|돼지|거미|개미|모기|나비|공룡|조개|해마|[가-힣]어|우리|자기|아기|애기|집|^[제지]|하나|[둘셋넷]|"
    r"[의은는운한된난린큰쁜픈간째번른던들를을가도로서며와과])$"
)
"""What has young (제비새끼), is called so with love (우리새끼), or only stands before it without a space (예쁜새끼)."""
YEARS = re.compile(r"(?:[소청중노장말학성유동작금내매수몇천백십만억일이삼사오육칠팔구]|여러)$")
"""소년들, 청년아, 춘년이: years and who has so many of them."""
NEVER = re.compile(r"(?!)")

OFFSPRING = frozenset({"새끼", "쌔끼", "쉐끼", "섀끼"})
DOERS = frozenset({"는년", "은년", "린년", "른년", "쁜년", "친년", "던년", "튄년"})
"""눈치없는년, 싸돌아다니는년, 미쳐버린년: who does so. 좋은년도 is a year."""
HARMLESS_BEFORE = {
    **dict.fromkeys(OFFSPRING, YOUNG),
    **dict.fromkeys(("년들", "년놈들"), YEARS),
    **dict.fromkeys(DOERS, NEVER),
}
YEARLY = re.compile(r"[도간월생식차말초]|[가-힣]?도[를의에는]")


def is_one(term: str, before: str, after: str) -> bool:
    """Whether `term` insults what stands right before it in the same word."""
    harmless = HARMLESS_BEFORE.get(term)
    if harmless is None or not 0 < len(before) <= LONGEST:
        return False
    if "년" in term and YEARLY.match(after):
        return False
    return all(map(syllables.is_syllable, before)) and not harmless.search(before)


def goes_with(term: str, before: str) -> int:
    """How many syllables before the term are hidden with it; of 는년 the verb's ending stays."""
    if term in DOERS:
        return -1
    return len(before) if term in OFFSPRING and len(before) <= SHORT else 0
