"""How fast speech is heard on this machine, measured with the bundled demo speech, and what that means in
calls.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from transcripts.engines import random_model, vad
from transcripts.engines.base import SAMPLE_RATE, Samples, SpeechEngine
from transcripts.engines.decode import decode
from transcripts.engines.fixture import unpacked
from transcripts.engines.registry import OFFLINE_BEAM, Purpose
from transcripts.engines.whisper import WINDOW_MS, WhisperEngine, WhisperOptions

DEMO = Path(__file__).parent / "fixture" / "demo"
# What is reckoned with: of each second of a call somebody speaks for this long, in pieces of this length,
# and a worker may be busy for this share of its time before captions come late.
SPEECH_SHARE = 0.8
UTTERANCE_SECONDS = 3.0
BUSY_SHARE = 0.7
LISTENINGS = {"live": vad.LIVE, "offline": vad.OFFLINE}


@dataclass(frozen=True, slots=True)
class Speed:
    """Of one engine on one thread of this machine. `utterance_seconds` is what one live caption of
    UTTERANCE_SECONDS costs; `real_time_factor` is of a longer stretch, voice activity included;
    `memory_mb` what loading it took (0 where the system does not say).
    """

    load_seconds: float
    utterance_seconds: float
    real_time_factor: float
    memory_mb: int

    def calls(self, workers: int) -> float:
        """How many calls `workers` threads caption at once, by the reckoning above."""
        per_call = self.utterance_seconds * SPEECH_SHARE / UTTERANCE_SECONDS
        return workers * BUSY_SHARE / per_call if per_call else 0.0

    def minutes_per_hour(self) -> float:
        """Minutes of work for both sides of a call of one hour, in which they speak in turn."""
        return 60 * SPEECH_SHARE * self.real_time_factor


def measure(engine: SpeechEngine, load_seconds: float, memory_mb: int) -> Speed:
    """Raises SpeechError when the engine fails. The first utterance is heard twice: the first warms up."""
    language = "ko" if "ko" in engine.capabilities.languages else "en"
    sound = decode(DEMO / f"{language}-customer.opus")
    span = max(vad.speech_spans(sound, engine.listening), key=lambda s: s.end_ms - s.start_ms)
    middle = (span.start_ms + span.end_ms) // 2
    utterance = _cut(sound, middle - round(UTTERANCE_SECONDS * 500), middle + round(UTTERANCE_SECONDS * 500))
    stretch = _cut(sound, 0, WINDOW_MS)
    engine.recognise(utterance, language=language)
    short = _timed(lambda: engine.recognise(utterance, language=language))
    whole = _timed(lambda: engine.transcribe(stretch, language=language))
    seconds = len(stretch) / SAMPLE_RATE
    return Speed(round(load_seconds, 2), round(short, 3), round(whole / seconds, 4), memory_mb)


def _cut(sound: Samples, start_ms: int, end_ms: int) -> Samples:
    return sound[max(0, start_ms) * SAMPLE_RATE // 1000 : end_ms * SAMPLE_RATE // 1000]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@contextmanager
def random_engine(size: str, purpose: Purpose, threads: int) -> Iterator[SpeechEngine]:
    """A model of a published shape that knows nothing, made in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = random_model.build(size, folder / f"random-{size}", unpacked(folder))
        beam = OFFLINE_BEAM if purpose == "offline" else 1
        options = WhisperOptions("cpu", "int8", threads, beam, temperatures=(0.0,))
        engine = WhisperEngine(str(model), folder, options)
        engine.listening = LISTENINGS[purpose]
        yield engine


def cores() -> int:
    """Processors that this process may use (a container may have fewer than the machine)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_mb() -> int:
    """Resident memory of this process now, in MB; 0 where /proc does not say."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS:")), 0)
