"""The fixture model: a real Whisper architecture that knows only the sentences of the bundled demo calls.

It takes the real path (PyAV, VAD, language tokens, word times, masking) with no download, for tests and for
the demo. It is NOT a recogniser: on a real voice it invents its own sentences and its confidence does not
show it. Hence the fence.
"""

from __future__ import annotations

import os
import tarfile
import tempfile
from pathlib import Path

from transcripts.engines.base import Capabilities, Provenance
from transcripts.engines.whisper import CAPTION_WINDOW_S, LANGUAGES, WhisperEngine, WhisperOptions

ARCHIVE = Path(__file__).parents[1] / "fixture" / "model.tar.xz"
FOLDER = "fixture-model-2"


class FixtureForbiddenError(Exception):
    """Somebody tried to hear a real voice with the fixture model."""


class FixtureEngine(WhisperEngine):
    """Refuses to exist without `allow_fixture`. One piece of speech per window: it is weak on long ones."""

    capabilities = Capabilities(
        languages=frozenset(LANGUAGES), word_times=True, live=True, offline=True, window_ms=0
    )

    def __init__(self, cache_dir: Path, *, allow_fixture: bool = False) -> None:
        if not allow_fixture:
            raise FixtureForbiddenError("the fixture model serves tests and the demo call only")
        # Its sentences are short, and it hears them in a short window as it does in a whole one, in less than half the time.
        # Computed with whole numbers, two processors hear it differently, and it is small enough for that to count.
        options = WhisperOptions(device="cpu", compute_type="float32", window_s=CAPTION_WINDOW_S)
        super().__init__(str(unpacked(cache_dir)), cache_dir, options)
        self.provenance = Provenance("fixture", FOLDER, self.provenance.version)


def unpacked(cache_dir: Path) -> Path:
    """The model's directory, unpacked at first use. Two processes may race: the rename of one wins."""
    target = cache_dir / FOLDER
    if target.is_dir():
        return target
    cache_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_dir, prefix=".unpacking-") as scratch:
        fresh = Path(scratch) / FOLDER
        with tarfile.open(ARCHIVE) as archive:
            archive.extractall(fresh, filter="data")
        try:
            os.rename(fresh, target)
        except OSError:
            if not target.is_dir():
                raise
    return target
