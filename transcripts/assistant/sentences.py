"""A stream of pieces of text into sentences, so that the first is spoken while the second is thought up. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

END = re.compile(r"(?<=[.!?。？！…])[\"'”’)]*\s+|\n+")
"""The mark is followed by a space: `3.5` and `example.com` are not cut."""
LONGEST = 160
BREATH = re.compile(r"(?<=[,;:·])\s|\s")
MARKUP = re.compile(r"[*_`#>|<\[\]{}]+|https?://\S+")


def sentences(pieces: Iterable[str]) -> Iterator[str]:
    """Each as soon as the next one begins; long ones are cut at a comma or a space."""
    waiting = ""
    for piece in pieces:
        waiting += piece
        while (cut := _cut(waiting)) is not None:
            yield from _spoken(waiting[:cut])
            waiting = waiting[cut:].lstrip()
    yield from _spoken(waiting)


def _cut(text: str) -> int | None:
    end = END.search(text)
    if end is not None and end.start() > 0:
        return end.end()
    if len(text) <= LONGEST:
        return None
    breaths = [match.end() for match in BREATH.finditer(text, 0, LONGEST)]
    return breaths[-1] if breaths else LONGEST


def _spoken(text: str) -> Iterator[str]:
    """What can be read aloud of it."""
    plain = re.sub(r"\s+", " ", MARKUP.sub(" ", text)).strip()
    if any(char.isalnum() for char in plain):
        yield plain
