"""An endpoint that speaks OpenAI's protocols, by its official client library: it thinks up answers and speaks them.

The library takes seconds to load: whoever makes one of these imports this module when it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import openai

from transcripts.assistant.errors import AssistantError, KeyMissing, ProviderDown, ProviderRefused
from transcripts.assistant.language_model import CircuitBreaker, LanguageModel, ModelOptions, Turn, Usage
from transcripts.assistant.voice import MOST_LETTERS, Voice, VoiceOptions

MOST_TOKENS = 400


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


class OpenAIVoice(Voice):
    def __init__(self, options: VoiceOptions) -> None:
        if not options.key:
            raise KeyMissing("no key is set")
        self.name = options.model
        self._client = openai.OpenAI(
            base_url=options.url or None, api_key=options.key, timeout=options.timeout, max_retries=1
        )

    def speak(self, text: str, voice: str = "alloy") -> bytes:
        return self.sound(text, voice)  # it is MP3

    def sound(self, text: str, voice: str = "alloy") -> bytes:
        try:
            answer = self._client.audio.speech.create(
                model=self.name, voice=voice, input=text[:MOST_LETTERS], response_format="mp3"
            )
            return answer.content
        except openai.AuthenticationError:
            raise KeyMissing("the key was refused") from None
        except openai.OpenAIError as error:
            raise ProviderDown(type(error).__name__) from None
