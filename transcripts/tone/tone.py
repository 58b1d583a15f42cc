"""How something was said, from its words: a hint for who looks for calls that went badly, never a judgement on a person.

`tone` gives -1 (negative) to 1 (positive), or None where there is nothing to tell it from.
"""

from __future__ import annotations

from enum import StrEnum

from transcripts.tone import english, korean

NEGATIVE = -0.3
"""At this or below an utterance counts as negative; VADER's own border of 0.05 calls half of all speech something."""
POSITIVE = 0.3
ABUSE = 0.35
"""Every hidden insult takes so much."""
MOST_ABUSE = 0.8


class Tone(StrEnum):
    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


def tone(text: str, language: str, *, insults: int = 0) -> float | None:
    """`insults` is how many words of abuse the detector hid in it: they count, whatever else was said."""
    if not any(char.isalpha() for char in text):
        return None
    known = korean.score(text) if _is_korean(text, language) else english.score(text)
    return round(max(-1.0, known - min(MOST_ABUSE, insults * ABUSE)), 3)


def label(score: float) -> Tone:
    if score <= NEGATIVE:
        return Tone.NEGATIVE
    return Tone.POSITIVE if score >= POSITIVE else Tone.NEUTRAL


def _is_korean(text: str, language: str) -> bool:
    """By its letters: an engine may have been told the language of the call, not of this sentence."""
    hangul = sum("가" <= char <= "힣" for char in text)
    latin = sum("a" <= char.lower() <= "z" for char in text)
    return hangul >= latin if hangul or latin else language == "ko"
