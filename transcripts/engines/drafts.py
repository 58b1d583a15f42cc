"""A quick hearing of what somebody is saying just now, for grey text that a better one will replace.

In a short window (see `windows`), with one try and without word times, which are spread over the sound by the words'
letters. A draft that loops is none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from transcripts.engines import guards
from transcripts.engines.base import SAMPLE_RATE, Samples
from transcripts.engines.words import Word

if TYPE_CHECKING:
    from faster_whisper import WhisperModel


def hear(
    model: WhisperModel, audio: Samples, language: str, *, most_tokens: int, shortest_s: int
) -> list[Word]:
    """The words of one window of speech; none when the model repeats itself. Raises RuntimeError as the model does."""
    from faster_whisper.audio import pad_or_trim
    from faster_whisper.tokenizer import Tokenizer

    from transcripts.engines.windows import FRAMES_PER_SECOND, seconds_for

    tokenizer = Tokenizer(
        model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language=language
    )
    prompt = model.get_prompt(tokenizer, [], without_timestamps=True)
    frames = seconds_for(len(audio), shortest_s) * FRAMES_PER_SECOND
    encoded = model.encode(pad_or_trim(model.feature_extractor(audio), frames))
    [result] = model.model.generate(
        encoded, [prompt], beam_size=1, max_length=len(prompt) + most_tokens, return_scores=True
    )
    text = tokenizer.decode([token for token in result.sequences_ids[0] if token < tokenizer.eot])
    words = list(spread(text, len(audio) * 1000 // SAMPLE_RATE, round(math.exp(result.scores[0]), 3)))
    return words if guards.collapse_loops(words) == words else []


def spread(text: str, length_ms: int, confidence: float) -> Iterator[Word]:
    """The words of `text` over `length_ms`, each as long as its share of the letters."""
    letters = sum(map(len, text.split()))
    done = 0
    for word in text.split():
        start, done = done, done + len(word)
        yield Word(f" {word}", start * length_ms // letters, done * length_ms // letters, confidence)
