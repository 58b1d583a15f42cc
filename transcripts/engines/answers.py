"""A remote server's `verbose_json`, read with distrust: any field may be missing, wrong or absurd."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from transcripts.engines.base import Heard
from transcripts.engines.words import Word

LANGUAGES = {"ko": "ko", "korean": "ko", "en": "en", "english": "en"}
# Whisper's own measure: sure that nobody speaks, and unsure of every word.
NO_SPEECH, LEAST_LOG_PROBABILITY = 0.6, -1.0
# A server that says nothing about its confidence is not doubted.
UNSAID = 1.0


def heard_from(answer: dict[str, Any], language: str | None, length_ms: int) -> Heard:
    """Words with their times in `length_ms` of speech.

    Servers give words with times, or segments with times, or text alone. A word without a time of its own
    is placed over all of its segment, so that a mask on it covers what was said, whenever it was.
    """
    spoken = language or LANGUAGES.get(str(answer.get("language", "")).lower(), "en")
    segments = [segment for segment in _objects(answer.get("segments")) if not _is_silence(segment)]
    words = _words(answer, segments)
    if words and all(_is_timed(word) for word in words):
        return Heard(spoken, [_word(each, length_ms) for each in words])
    if segments:
        return Heard(spoken, [word for segment in segments for word in _spread(segment, length_ms)])
    text = "" if answer.get("segments") else answer.get("text")
    return Heard(spoken, list(_spread({"text": text}, length_ms)))


def _words(answer: dict[str, Any], segments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of the segments where they hold words, of the whole answer otherwise."""
    inside = [word for segment in segments for word in _objects(segment.get("words"))]
    return [word for word in inside or _objects(answer.get("words")) if _text(word)]


def _is_timed(word: dict[str, Any]) -> bool:
    return _number(word.get("start")) is not None and _number(word.get("end")) is not None


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _is_silence(segment: dict[str, Any]) -> bool:
    no_speech = _number(segment.get("no_speech_prob"))
    sure = _number(segment.get("avg_logprob"))
    return (
        no_speech is not None and sure is not None and no_speech > NO_SPEECH and sure < LEAST_LOG_PROBABILITY
    )


def _word(each: dict[str, Any], length_ms: int) -> Word:
    confidence = _number(each.get("probability"))
    return Word(
        text=f" {_text(each)}",
        start_ms=_ms(each.get("start"), 0, length_ms),
        end_ms=_ms(each.get("end"), length_ms, length_ms),
        confidence=round(min(max(confidence, 0.0), 1.0), 3) if confidence is not None else UNSAID,
    )


def _spread(segment: dict[str, Any], length_ms: int) -> Iterator[Word]:
    start = _ms(segment.get("start"), 0, length_ms)
    end = max(_ms(segment.get("end"), length_ms, length_ms), start)
    sure = _number(segment.get("avg_logprob"))
    confidence = round(math.exp(min(sure, 0.0)), 3) if sure is not None else UNSAID
    text = segment.get("text")
    for word in text.split() if isinstance(text, str) else ():
        yield Word(f" {word}", start, end, confidence)


def _text(each: dict[str, Any]) -> str:
    text = each.get("word")
    return text.strip() if isinstance(text, str) else ""


def _ms(value: Any, default: int, length_ms: int) -> int:
    seconds = _number(value)
    return default if seconds is None else round(min(max(seconds, 0.0), length_ms / 1000) * 1000)


def _number(value: Any) -> float | None:
    """A finite number, or None for anything else that JSON can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
