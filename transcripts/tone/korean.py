"""Tone of Korean speech: stems with a weight, turned round by negation and made stronger by emphasis.

No lexicon of this kind is packaged with a licence that fits, so this one is our own: what callers say at a counter. Politeness
is no tone: a furious customer may well end on -요. The sum s of a text becomes s / sqrt(s² + 15), as VADER does it.
"""

from __future__ import annotations

import math
import re
from functools import cache
from pathlib import Path

ALPHA = 15.0
EMPHASIS = re.compile(
    r"(?:너무|정말|진짜|매우|아주|완전|굉장히|몹시|도저히|도대체|대체|훨씬|무척|참)(?:로|나)?$"
)
EMPHASIS_FACTOR = 1.4
NEGATED_BEFORE = re.compile(r"(?:^|\s)(?:안|못|별로|전혀|하나도)\s*$")
NEGATED_AFTER = re.compile(r"^[가-힣]{0,2}(?:지|진|지는|지도|지가)\s?(?:는\s?|도\s?)?(?:않|못|안|말)")
GONE_AFTER = re.compile(
    r"^(?:이|가|은|는|도|을|를)?\s?(?:전혀\s|하나도\s)?(?:없|안\s?(?:돼|되|됩|됐|생기|나))"
)

LEXICON = Path(__file__).with_name("korean.txt")
COURTESIES = re.compile(
    r"(?:도와|안내해|말씀해|설명해|확인해|기다려)\s?(?:주셔서|주시면)\s?(?:감사|고맙)[가-힣]*"
    r"|(?:전화|문의|이용|방문)\s?(?:해|하여)?\s?주셔서\s?감사[가-힣]*"
    r"|좋은 하루[가-힣]*|무엇을 도와[가-힣]*|도와\s?드릴[가-힣]*|도와\s?드리[가-힣]*"
    r"|(?:어떤|무슨) 문제[가-힣]*|문제\s?(?:가|는|도)?\s?없[가-힣]*|이상\s?없[가-힣]*|걱정\s?(?:하지|마|안)[가-힣\s]{0,4}"
    r"|바쁘신|불편(?:을|함)?\s?드려[가-힣]*|불편하신 (?:점|사항)[가-힣]*|좋을까[가-힣]*|좋은가[가-힣]*|(?:하면|면) 좋겠[가-힣]*"
    r"|(?:해도|가도|와도|써도|되어도|돼도) (?:괜찮|좋)[가-힣]*|별로\s?(?:시|분)"
)
"""What people say out of courtesy or only ask: it tells nothing of how they feel."""
THANKED_AFTER_ALL = re.compile(r"(?:정말|진짜|너무|덕분에)[가-힣\s]{0,14}(?:감사|고맙|고마)")


@cache
def _stems() -> tuple[re.Pattern[str], dict[str, float]]:
    weights: dict[str, float] = {}
    for line in LEXICON.read_text(encoding="utf-8").splitlines()[1:]:
        weight, _, words = line.partition(" ")
        weights |= dict.fromkeys(words.split("|"), float(weight))
    longest_first = sorted(weights, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))), weights


def score(text: str) -> float:
    """From -1 to 1."""
    warm = 2.0 if THANKED_AFTER_ALL.search(text) else 0.0
    text = COURTESIES.sub(" ", re.sub(r"\s+", " ", text))
    stems, weights = _stems()
    total = warm + sum(_weight(text, found, weights[found.group()]) for found in stems.finditer(text))
    return total / math.sqrt(total * total + ALPHA)


def _weight(text: str, found: re.Match[str], weight: float) -> float:
    before, after = text[: found.start()], text[found.end() :]
    if EMPHASIS.search(before.rstrip()):
        weight *= EMPHASIS_FACTOR
    if " " not in found.group() and NEGATED_BEFORE.search(before):
        return -0.8 * weight if weight > 0 else -0.4 * weight
    if NEGATED_AFTER.match(after) or GONE_AFTER.match(after):
        return -0.8 * weight if weight > 0 else -0.4 * weight
    return weight
