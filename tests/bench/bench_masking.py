"""Masking one hour of stored sound with 199 spans: the product's splice against decoding, replacing and encoding.

`python -m tests.bench.bench_masking [--minutes 60]`. Both read the same Ogg Opus file; the peer is PyAV with libopus.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.accuracy.channel import stored
from tests.bench.bench_offline import long_side
from transcripts.engines.decode import decode
from transcripts.masking.audio import Piece, TimeSpan, splice
from transcripts.masking.encode import opus_packets

RATE = 48_000
SPANS = 199
SPAN_MS = 600


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=60)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder:
        side = Path(folder) / "side.opus"
        seconds = long_side(side, minutes * 60)
        spans = places(seconds)
        results = {name: timed(way, side, spans) for name, way in WAYS.items()}
    print(
        json.dumps(
            {"seconds of sound": round(seconds), "spans": len(spans), "seconds taken": results}, indent=1
        )
    )


def places(seconds: float) -> list[TimeSpan]:
    starts = np.linspace(1000, seconds * 1000 - 2 * SPAN_MS, SPANS).astype(int)
    return [TimeSpan(int(start), int(start) + SPAN_MS) for start in starts]


def by_splice(side: Path, spans: list[TimeSpan]) -> None:
    splice([Piece(0, side)], side.with_name("whole.opus"), side.with_name("masked.opus"), spans)


def by_encoding(side: Path, spans: list[TimeSpan]) -> None:
    samples = decode(side, rate=RATE)
    tone = 0.25 * np.sin(2 * np.pi * 1000 * np.arange(SPAN_MS * RATE // 1000) / RATE)
    for span in spans:
        first = span.start_ms * RATE // 1000
        samples[first : first + len(tone)] = tone[: len(samples) - first]
    stored(side.with_name("encoded.opus"), opus_packets(samples))


WAYS = {"splice (writes both files)": by_splice, "decode, replace, encode": by_encoding}


def timed(way: Callable[[Path, list[TimeSpan]], None], side: Path, spans: list[TimeSpan]) -> float:
    began = time.perf_counter()
    way(side, spans)
    return round(time.perf_counter() - began, 2)


if __name__ == "__main__":
    main()
