"""Speech for tests: espeak-ng says the fixture model's own sentences; a packet writer makes recordings of
it.
"""

from __future__ import annotations

import subprocess
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from calls.media.ogg import OggOpusWriter
from transcripts.engines.decode import decode
from transcripts.masking.encode import opus_packets

HUMAN_SPEECH = Path("/usr/share/asterisk/sounds/en")
VOICES = {"ko": "ko", "en": "en-us"}


@lru_cache(maxsize=64)
def say(text: str, language: str = "ko", *, voice: str = "", rate: int = 160) -> bytes:
    """A WAV file of `text`."""
    command = ["espeak-ng", "-v", VOICES[language] + voice, "-s", str(rate), "--stdout", text]
    return subprocess.run(command, capture_output=True, check=True).stdout


def spoken(
    text: str,
    language: str = "ko",
    *,
    before: float = 0.4,
    after: float = 0.8,
    rate: int = 16_000,
    **voice: object,
) -> npt.NDArray[np.float32]:
    """Samples of `text` with silence around it."""
    sound = decode(say(text, language, **voice), rate=rate)  # type: ignore[arg-type]
    return np.concatenate(
        [np.zeros(int(before * rate), np.float32), sound, np.zeros(int(after * rate), np.float32)]
    )


def record(path: Path, samples: npt.NDArray[np.float32]) -> int:
    """Write 48 kHz samples as a recorder's chunk; gives its length in ms."""
    path.parent.mkdir(parents=True, exist_ok=True)
    packets = opus_packets(samples)
    with path.open("wb") as file:
        writer = OggOpusWriter(file, channels=1)
        for packet in packets:
            writer.write(packet)
        writer.close()
    return len(packets) * 20


def tone(seconds: float, hertz: float = 440.0, rate: int = 48_000) -> npt.NDArray[np.float32]:
    instants = np.arange(int(seconds * rate)) / rate
    return (0.3 * np.sin(2 * np.pi * hertz * instants)).astype(np.float32)
