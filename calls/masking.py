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
_maskers: dict[str, Masker] = {}


class NoMasker(RuntimeError):
    """Words would have been told unmasked."""


def use(*, chat: Masker, form: Masker) -> None:
    """How chats are masked, and how what customers type into a form; each is `masker(text, queue_id)`.

    The queue is None outside customers' calls.
    """
    _maskers.update(chat=chat, form=form)


def seen(text: str, queue_id: int | None = None) -> Seen:
    """A written message. Raises NoMasker."""
    return _masker("chat")(text, queue_id)


def typed(text: str, queue_id: int) -> str:
    """What a customer typed into a form, as it is kept. It may be longer than it was. Raises NoMasker."""
    return _masker("form")(text, queue_id).text if text else ""


def _masker(kind: str) -> Masker:
    if kind not in _maskers:
        raise NoMasker
    return _maskers[kind]
