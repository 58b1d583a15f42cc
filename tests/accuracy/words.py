"""Word error of the configured speech model on human prompts; without a model it says so and measures nothing."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.conf import settings

from tests.accuracy.channel import resampled
from tests.accuracy.prompts import PROMPTS, as_samples
from tests.accuracy.report import Row
from transcripts.engines.base import SAMPLE_RATE, EngineUnavailable, SpeechEngine
from transcripts.engines.whisper import WhisperEngine

HEAD: Row = ("model", "prompts", "words", "word error")
TEXTS = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
EVERY = 10


def rows() -> Iterator[Row]:
    for name in dict.fromkeys((settings.SPEECH_MODEL_LIVE, settings.SPEECH_MODEL_OFFLINE)):
        yield _row(name)


def _row(name: str) -> Row:
    try:
        engine = WhisperEngine(name, Path(settings.SPEECH_MODEL_DIR))
    except EngineUnavailable:
        return (name or "none set", "", "", "no model installed: not measured")
    texts = said()
    if not texts:
        return (name, "", "", f"no {TEXTS.name} here: not measured")
    wrong, words = errors(engine, texts)
    return (name, str(len(texts)), str(words), f"{wrong / words:.3f}")


def said() -> dict[Path, str]:
    """Prompts of four words and more with what is said in them."""
    if not TEXTS.is_file():
        return {}
    with gzip.open(TEXTS, "rt", encoding="utf-8", errors="replace") as lines:
        pairs = (line.strip().split(": ", 1) for line in lines if ": " in line and not line.startswith(";"))
        files = ((next(PROMPTS.glob(f"*/{name}.g722"), None), text) for name, text in pairs)
        return dict([(file, text) for file, text in files if file and len(_bare(text)) > 3][::EVERY])


def errors(engine: SpeechEngine, texts: dict[Path, str]) -> tuple[int, int]:
    """Wrong words (put in, left out, changed), and the words that were said."""
    wrong = words = 0
    for path, text in texts.items():
        heard = engine.transcribe(resampled(as_samples(path), SAMPLE_RATE), language="en").text
        wrong += distance(_bare(text), _bare(heard))
        words += len(_bare(text))
    return wrong, words


def distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Edits that make one sequence of words the other."""
    row = list(range(len(other) + 1))
    for number, word in enumerate(one, start=1):
        before, row = row, [number]
        for place, against in enumerate(other):
            row.append(min(before[place + 1] + 1, row[place] + 1, before[place] + (word != against)))
    return row[-1]


def _bare(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())
