"""One hearing of each sound per process, for tests that ask what becomes of the words and not how they are recognised.

The same four sentences are said in a hundred database tests. The fixture model hears a sound the same way each time, and
its own tests (kind `model`) run it for real every time; elsewhere what it heard once is given again. Voice activity,
windows, guards, masking and times around it stay as they are.
"""

from __future__ import annotations

from functools import wraps
from hashlib import sha256

import pytest

from transcripts.engines.base import Heard, Samples
from transcripts.engines.fixture import FixtureEngine


def hear_each_sound_once(patch: pytest.MonkeyPatch) -> None:
    recognise = FixtureEngine.recognise
    known: dict[tuple[object, ...], Heard] = {}

    @wraps(recognise)
    def remembered(engine: FixtureEngine, audio: Samples, *, language: str | None) -> Heard:
        key = (engine.options, language, sha256(audio.tobytes()).digest())
        if key not in known:
            known[key] = recognise(engine, audio, language=language)
        return Heard(known[key].language, list(known[key].words))

    patch.setattr(FixtureEngine, "recognise", remembered)


def hear_for_real(patch: pytest.MonkeyPatch) -> None:
    """Undoes it for who measures how long hearing takes."""
    patch.setattr(FixtureEngine, "recognise", FixtureEngine.recognise.__wrapped__)
