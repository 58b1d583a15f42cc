"""What an utterance asks of who listens: to wait for the rest, to take no notice, or to answer. Pure."""

from __future__ import annotations

import re

BACK_CHANNEL = re.compile(
    r"^\W*(?:(?:네|예|응|어|음|아|아하|그래요?|그렇군요|맞아요|좋아요|흠"
    r"|mm+|mhm+|m+-?hm+|uh-?\s?huh|aha|yeah|yes|yep|ok(?:ay)?|right|sure|i see|hm+|ah|oh)[\s,.!?~…]*){1,3}$",
    re.IGNORECASE,
)
"""Said while the other one talks, so that they go on."""
YES = re.compile(
    r"^\W*(?:네|예|응|그래요?|좋아요|부탁\S*|그렇게\s?해\s?\S*|연결\S*|알겠\S*|yes|yeah|yep|sure|ok(?:ay)?|please|correct|right)\b",
    re.IGNORECASE,
)
NO = re.compile(r"^\W*(?:아니\S*|괜찮\S*|됐\S*|no\b|nope|not now|never mind)", re.IGNORECASE)
OPEN = re.compile(
    r"(?:그리고|그런데|근데|그래서|그러니까|왜냐하면|혹시|저기|그게|뭐냐면|아니면|만약에?"
    r"|(?:\S(?:는데|지만|니까|거든|으면|려고|면서|해서|하고|이랑|에서|한테|에게|은|는|이|가|을|를|의|와|과))"
    r"|\b(?:and|but|so|or|because|if|when|the|a|an|my|to|for|of|with|is|um+|uh+|er+|well))[\s,.…]*$",
    re.IGNORECASE,
)
"""Nobody ends a sentence with these: more is coming."""
DIGITS = re.compile(
    r"(?:\d|[공영일이삼사오육칠팔구]|zero|one|two|three|four|five|six|seven|eight|nine)[\s,.-]*$",
    re.IGNORECASE,
)
WAIT_OPEN_S = 1.6
WAIT_DIGITS_S = 1.0


def is_back_channel(text: str) -> bool:
    return bool(BACK_CHANNEL.match(text))


def agrees(text: str) -> bool:
    """Yes to a question, and not no."""
    return bool(YES.match(text)) and not NO.match(text)


def seconds_to_wait(text: str) -> float:
    """How long the speaker is given to go on after the pause that ended the utterance: by how it ends."""
    if OPEN.search(text):
        return WAIT_OPEN_S
    return WAIT_DIGITS_S if DIGITS.search(text) else 0.0
