"""Hiding spans of a text. A hidden word is three dots, personal data its kind: the length tells nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from transcripts.masking.kinds import PROFANITY, label
from transcripts.masking.matcher import Span

MASK = "●●●"


@dataclass(frozen=True, slots=True)
class Mask:
    """masked[start:end] is MASK, or the label of a kind, and stands for `source` in the original text."""

    start: int
    end: int
    source: Span

    @property
    def kind(self) -> str:
        return self.source.kind

    @property
    def severity(self) -> int:
        return self.source.severity


@dataclass(frozen=True, slots=True)
class MaskedText:
    text: str
    masks: tuple[Mask, ...]


def mask_text(text: str, spans: Iterable[Span]) -> MaskedText:
    """`text` with every span replaced by what stands for it. Spans must not overlap."""
    parts: list[str] = []
    masks: list[Mask] = []
    position = length = 0
    for span in sorted(spans):
        plain = text[position : span.start]
        start = length + len(plain)
        cover = MASK if span.kind == PROFANITY else label(span.kind)
        parts += [plain, cover]
        length = start + len(cover)
        masks.append(Mask(start, length, span))
        position = span.end
    parts.append(text[position:])
    return MaskedText("".join(parts), tuple(masks))
