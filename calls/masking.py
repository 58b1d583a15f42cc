"""From written words to what may be seen of them. Another app does the masking: until it has said how, nothing is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Seen:
    """What everybody may see; `masks` are {start, end, kind, severity} in `text`."""

    text: str
    masks: list[dict[str, Any]]


Masker = Callable[[str, int | None], Seen]
_masker: list[Masker] = []


class NoMasker(RuntimeError):
    """Words would have been told unmasked."""


def use(masker: Masker) -> None:
    """`masker(text, queue_id)`; the queue is None outside customers' calls."""
    _masker[:] = [masker]


def seen(text: str, queue_id: int | None = None) -> Seen:
    """Raises NoMasker."""
    if not _masker:
        raise NoMasker
    return _masker[0](text, queue_id)
