"""What a person reads before taking a call over from the assistant, from masked words only. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LONGEST = 200
LAST_WORDS = 3
NAME = re.compile(
    r"(?:제\s?이름은|저는|성함은)\s*([가-힣]{2,4}?)(?:입니다|이에요|예요|이고|라고|인데)"
    r"|(?i:my name is|this is)\s+([A-Z][a-z]+(?:\s[A-Z][a-z]+)?)",
)
ORDER = re.compile(
    r"(?:주문|접수|예약|송장)\s?번호는?\s*(?:이|가)?\s*((?=[A-Z-]*\d)[0-9A-Z-]{3,20})"
    r"|(?:order|booking|reservation|case|ticket)\s(?:number|no\.?)\s*(?:is)?\s*((?=[A-Z-]*\d)[0-9A-Z-]{3,20}"
    r"|(?:(?:zero|one|two|three|four|five|six|seven|eight|nine)\s?){3,})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Said:
    """What one of the two said, masked."""

    by_customer: bool
    text: str


def handover(
    said: Sequence[Said], *, reason: str, intent: str, tone: float | None, source: str = ""
) -> dict[str, Any]:
    """`intent` is what they asked for: the question of the house's answers that came nearest, or their first words.

    `source` is the document that the last answer came from.
    """
    customer = [one.text for one in said if one.by_customer and one.text]
    whole = " ".join(customer)
    fields = {"name": _first(NAME, whole), "orderNumber": _first(ORDER, whole)}
    answers = [one.text for one in said if not one.by_customer and one.text]
    return {
        "reason": reason,
        "intent": _short(intent or (customer[0] if customer else "")),
        "summary": [_short(text) for text in customer[-LAST_WORDS:]],
        "lastAnswer": _short(answers[-1]) if answers else "",
        "lastSource": source,
        "fields": {name: value for name, value in fields.items() if value},
        "tone": None if tone is None else round(tone, 2),
    }


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return next((group.strip() for group in found.groups() if group), "") if found else ""


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"
