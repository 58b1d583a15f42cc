"""The offline pass: how much of real time each step costs, for one side of a call.

`python -m tests.bench.bench_offline [--minutes 5] [--model DIRECTORY_OR_NAME] [--device auto]`. Without
--model the fixture model is used: its recognition is far cheaper than a real model's, all other steps are
the product's own. With a model the recognition figure is that model's.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from calls.media.ogg import OggOpusWriter, read_packets
from transcripts.engines import vad
from transcripts.engines.base import SpeechEngine
from transcripts.engines.decode import decode
from transcripts.engines.fixture import FixtureEngine
from transcripts.engines.whisper import WhisperEngine, WhisperOptions
from transcripts.fixture.make_demo import FOLDER
from transcripts.masking.audio import Piece, padded, splice, word_times
from transcripts.masking.lexicon import seed
from transcripts.masking.matcher import Matcher


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--model", default="")
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(Path(folder), options), indent=1))


def measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    side = folder / "side.opus"
    seconds = long_side(side, options.minutes * 60)
    engine, load = timed(lambda: an_engine(folder, options))
    audio, decoding = timed(lambda: decode(side))
    _, finding = timed(lambda: vad.speech_spans(audio))
    heard, hearing = timed(lambda: engine.transcribe(audio, language="ko"))
    matcher = Matcher(seed())
    found, masking = timed(lambda: [(s, matcher.find(s.text)) for s in heard.segments])
    times = [word_times(s.text, s.words, span, s.end_ms) for s, spans in found for span in spans]
    spans = padded(t for t in times if t)
    _, splicing = timed(lambda: splice([Piece(0, side)], folder / "o.opus", folder / "m.opus", spans))
    steps = {
        "decode": decoding,
        "vad": finding,
        "vad + recognition": hearing,
        "masking": masking,
        "splice": splicing,
    }
    return {
        "engine": f"{engine.provenance.engine} {engine.provenance.model}",
        "seconds of audio": round(seconds),
        "utterances": len(heard.segments),
        "masked": len(spans),
        "load seconds": round(load, 2),
        "real-time factor": {name: round(took / seconds, 5) for name, took in steps.items()},
        "real-time factor, all": round((decoding + hearing + masking + splicing) / seconds, 5),
    }


def an_engine(folder: Path, options: argparse.Namespace) -> SpeechEngine:
    if options.model:
        return WhisperEngine(options.model, folder, WhisperOptions(device=options.device, beam_size=5))
    return FixtureEngine(folder, allow_fixture=True)


def long_side(path: Path, seconds: float) -> float:
    """The demo's Korean customer again and again."""
    with (FOLDER / "ko-customer.opus").open("rb") as file:
        packets = list(read_packets(file))
    rounds = int(np.ceil(seconds / (len(packets) * 0.02)))
    with path.open("wb") as file:
        writer = OggOpusWriter(file, channels=1)
        for packet in packets * rounds:
            writer.write(packet)
        writer.close()
    return rounds * len(packets) * 0.02


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began


if __name__ == "__main__":
    main()
