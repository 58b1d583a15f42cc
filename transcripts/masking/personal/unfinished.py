"""The beginning of a number at the end of what was said: the rest may come in the next breath, and would be too late.

Held back only where the beginning tells by itself (010 1234) or somebody has said what it is; a few digits alone are shown.
"""

from __future__ import annotations

import re

from transcripts.masking.kinds import PersonalData
from transcripts.masking.normalise import units
from transcripts.masking.personal import checks, digits
from transcripts.masking.personal.topics import Topics
from transcripts.masking.spans import Span

MOBILE = re.compile(r"01[016789]")
END = re.compile(
    r"(?<![\d*])(?<![a-z_~])\d(?:[-. ]{0,3}\d){4,18}"
    r"(?=[\s.,~-]*(?:(?:이고|이구|이|고|구|하고)?요?|and|then)[\s.,~-]*$)"
)
LEAST = {
    PersonalData.PHONE: 5,
    PersonalData.ACCOUNT: 6,
    PersonalData.RRN: 6,
    PersonalData.FRN: 6,
    PersonalData.CARD: 8,
}
"""Digits from which a beginning is hidden: the last four, which people are asked for, stay readable."""


def find(text: str) -> Span | None:
    """The unfinished number at the end of `text`."""
    row = units(text)
    # The shortest reading: the last syllable of 오육칠팔이요 is no digit.
    *_longer, reading = digits.readings("".join(unit.char for unit in row))
    match = END.search(reading.text)
    kind = _kind(reading.text, match) if match else ""
    if not match or not kind:
        return None
    return Span(row[reading.first[match.start()]].start, row[reading.last[match.end() - 1]].end, kind, 0)


def _kind(text: str, match: re.Match[str]) -> str:
    number = checks.bare(match.group())
    if MOBILE.match(number):
        return PersonalData.PHONE
    topic = Topics(text).of(*match.span())
    return topic if len(number) >= LEAST.get(topic, 99) else ""  # type: ignore[call-overload] # topics are kinds or "other"
