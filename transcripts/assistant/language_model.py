"""Who thinks up the answers: any endpoint that speaks OpenAI's chat protocol, by its official client library."""

from __future__ import annotations

import abc
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Literal

import openai

from transcripts.assistant.errors import AssistantError, KeyMissing, ProviderDown, ProviderRefused
from transcripts.assistant.knowledge import Found

FAILURES_TO_OPEN = 3
"""So many failures one after the other, and nobody asks the endpoint for OPEN_SECONDS."""
OPEN_SECONDS = 30.0
MOST_TOKENS = 400


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


class OpenAIModel(LanguageModel):
    def __init__(self, options: ModelOptions, breaker: CircuitBreaker | None = None) -> None:
        if not options.key:
            raise KeyMissing("no key is set")
        self.name = options.model
        self._breaker = breaker or CircuitBreaker()
        self._client = openai.OpenAI(
            base_url=options.url or None,
            api_key=options.key,
            timeout=options.timeout,
            max_retries=options.retries,
        )
        # The library loads this part when it is first named: now, and not while a caller waits.
        self._completions = self._client.chat.completions

    def reply(self, system: str, turns: Sequence[Turn], usage: Usage) -> Iterator[str]:
        self._breaker.check()
        said = False
        try:
            for piece in self._stream(system, turns, usage):
                said = True
                yield piece
        except openai.OpenAIError as error:
            raise self._translated(error) from None
        except (ValueError, KeyError, AttributeError, TypeError):
            # What came was no answer in the protocol. Its text may hold the customer's words: it goes nowhere.
            raise self._translated(None) from None
        if not said:
            raise self._translated(None)
        self._breaker.succeeded()

    def _stream(self, system: str, turns: Sequence[Turn], usage: Usage) -> Iterator[str]:
        messages: list[Any] = [{"role": "system", "content": system}]
        messages += [{"role": turn.role, "content": turn.text} for turn in turns]
        stream = self._completions.create(
            model=self.name,
            messages=messages,
            max_tokens=MOST_TOKENS,
            temperature=0.3,
            stream=True,
            stream_options={"include_usage": True},
        )
        with stream:
            for chunk in stream:
                if chunk.usage is not None:
                    usage.prompt, usage.completion = chunk.usage.prompt_tokens, chunk.usage.completion_tokens
                for choice in chunk.choices[:1]:
                    if choice.finish_reason == "content_filter":
                        raise ProviderRefused("the answer was held back")
                    if choice.delta.content:
                        yield choice.delta.content

    def _translated(self, error: openai.OpenAIError | None) -> AssistantError:
        if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
            return KeyMissing("the key was refused")
        if isinstance(error, openai.BadRequestError | openai.UnprocessableEntityError):
            return ProviderRefused("the question was refused")
        self._breaker.failed()
        return ProviderDown(type(error).__name__ if error else "no answer in the protocol")
