"""Tone of English speech by VADER (Hutto and Gilbert, 2014): a lexicon with rules for negation and emphasis."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

PHRASES = {
    r"\bthank you for (?:calling|waiting|holding)\b": " ",
    r"\b(?:please|kind(?:ly)? regards)\b": " ",
    r"\b(?:hello|hi|dear|sure|yes|okay|ok)\b": " ",
    r"\b(?:would|'d|do you|did you) like\b": " ",
    r"\b(?:how|what|anything|something)\b[^.?!]{0,12}\b(?:can|could|may) (?:i|we) (?:help|do)\b": " ",
    r"\bnever (?:arrived|came|called|comes|calls|works|worked|told|answered)\b": " ignored ",
    r"\b(?:a|another) lie\b|\blying\b": " dishonest ",
    r"\b(?:late|wrong|broken|missing) again\b": " annoying bad ",
    r"\b(?:can't|cannot) believe how\b": " very ",
    r"\bno problem(?:s)?(?: at all)?\b": " fine ",
    r"\bstill (?:waiting|not|no|hasn't|haven't|isn't|doesn't)\b": " annoying not ",
    r"\b(?:does|did|do|is|has|have|was)(?:n't| not) (?:work|working|arrive|arrived|help|come)\b": " broken ",
    r"\b(?:third|fourth|fifth) time\b": " annoying ",
    r"\bno ?(?:body|one) (?:has |ever )?(?:answers?|answered|calls?|called|helps?|helped)\b": " ignored ",
    r"\bwaste of\b": " terrible waste of ",
    r"\b(?:money|refund) back\b": " back ",
}
"""What a shop's callers say that the lexicon reads as warmer or colder than it is: courtesies carry no tone,
and what did not arrive or does not work is a complaint."""


@cache
def _analyser() -> Any:
    # Imported when the first English sentence comes: it brings an HTTP client along, which no page needs.
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


def score(text: str) -> float:
    """From -1 to 1."""
    text = text.replace("’", "'")
    for pattern, meaning in PHRASES.items():
        text = re.sub(pattern, meaning, text, flags=re.IGNORECASE)
    return float(_analyser().polarity_scores(text)["compound"])
