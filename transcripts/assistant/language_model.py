"""Who thinks up the answers, as every caller knows it."""

from __future__ import annotations

import abc
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

from transcripts.assistant.errors import ProviderDown
from transcripts.assistant.knowledge import Found

FAILURES_TO_OPEN = 3
"""So many failures one after the other, and nobody asks the endpoint for OPEN_SECONDS."""
OPEN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Turn:
    role: Literal["user", "assistant"]
    text: str


@dataclass(slots=True)
class Usage:
    """Of one answer: its tokens (0 where the endpoint does not tell), and what it was to be made from."""

    prompt: int = 0
    completion: int = 0
    sources: list[Found] = field(default_factory=list)


class LanguageModel(abc.ABC):
    """`reply` streams the answer in pieces; when it is exhausted `usage` says what it took."""

    name: str

    @abc.abstractmethod
    def reply(self, system: str, turns: Sequence[Turn], usage: Usage) -> Iterator[str]:
        """`turns` in order, the last one the user's. Raises AssistantError, also between two pieces."""


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """`url` is the base of the endpoint, as the client library wants it (".../v1")."""

    url: str
    key: str
    model: str
    timeout: float = 20.0
    retries: int = 1


class CircuitBreaker:
    """Who fails again and again is left alone for a while: callers wait for nothing."""

    def __init__(self, failures: int = FAILURES_TO_OPEN, seconds: float = OPEN_SECONDS) -> None:
        self._limit, self._seconds = failures, seconds
        self._failures = 0
        self._until = 0.0
        self._lock = Lock()

    def check(self) -> None:
        with self._lock:
            if time.monotonic() < self._until:
                raise ProviderDown("left alone for a while")

    def succeeded(self) -> None:
        with self._lock:
            self._failures, self._until = 0, 0.0

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= self._limit:
                self._until = time.monotonic() + self._seconds
