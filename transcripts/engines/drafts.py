"""A quick hearing of what somebody is saying just now, for grey text that a better one will replace.

Whisper's encoder takes 30 s of sound however little was said, and most of the time of a short decode goes there. A
draft gives it a short window instead: several times quicker (docs/benchmarks.md). A model that never saw short windows
repeats itself now and then in them, so a window keeps room after the speech, and a draft that loops is none. There is
one try, and there are no word times: they are spread over the sound by the words' letters.
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

FRAMES_PER_SECOND = 100
WHOLE_WINDOW_S = 30
SPARE_S = 3


def hear(
    model: WhisperModel, audio: Samples, language: str, *, most_tokens: int, shortest_s: int
) -> list[Word]:
    """The words of one window of speech; none when the model repeats itself. Raises RuntimeError as the model does."""
    from faster_whisper.audio import pad_or_trim
    from faster_whisper.tokenizer import Tokenizer

    tokenizer = Tokenizer(
        model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language=language
    )
    prompt = model.get_prompt(tokenizer, [], without_timestamps=True)
    frames = window_frames(audio, shortest_s)
    encoded = model.encode(pad_or_trim(model.feature_extractor(audio), frames))
    [result] = model.model.generate(
        encoded, [prompt], beam_size=1, max_length=len(prompt) + most_tokens, return_scores=True
    )
    text = tokenizer.decode([token for token in result.sequences_ids[0] if token < tokenizer.eot])
    words = list(spread(text, len(audio) * 1000 // SAMPLE_RATE, round(math.exp(result.scores[0]), 3)))
    return words if guards.collapse_loops(words) == words else []


def window_frames(audio: Samples, shortest_s: int) -> int:
    """How much the encoder is given, in frames of 10 ms: whole seconds, at least `shortest_s`."""
    seconds = max(shortest_s, math.ceil(len(audio) / SAMPLE_RATE) + SPARE_S)
    return min(WHOLE_WINDOW_S, seconds) * FRAMES_PER_SECOND


def spread(text: str, length_ms: int, confidence: float) -> Iterator[Word]:
    """The words of `text` over `length_ms`, each as long as its share of the letters."""
    letters = sum(map(len, text.split()))
    done = 0
    for word in text.split():
        start, done = done, done + len(word)
        yield Word(f" {word}", start * length_ms // letters, done * length_ms // letters, confidence)
