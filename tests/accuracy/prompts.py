"""Voice activity on human prompts, through codecs and noise, and on what is no speech."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from calls.media.opus import SAMPLE_RATE
from tests.accuracy.channel import CODECS, Samples, stored, with_noise
from tests.accuracy.report import Row
from transcripts.engines import vad
from transcripts.engines.decode import decode

PROMPTS = Path("/usr/share/asterisk/sounds")
HEAD: Row = ("voice through", "prompts, minutes", "speech found", "marked besides")
NOISE_HEAD: Row = ("sound", "minutes", "taken for speech")
NOTE = "Every tenth prompt that lasts a second or more, a pause of a second around each."

EVERY = 10
FRAME_MS = 20
LOUD_DB = 30.0
MINUTES = 1.0
NOISES: dict[str, float | None] = {"clean": None, "noise at 10 dB": 10.0}


def sounds() -> list[Samples]:
    """The prompts at 48 kHz with silence around them. Ends the program, naming the package, when there are none."""
    files = sorted(PROMPTS.glob("*/*.g722"))
    if not files:
        sys.exit("no human prompts here; install them: apt-get install asterisk-core-sounds-en-g722")
    quiet = np.zeros(SAMPLE_RATE, np.float32)
    read = (as_samples(path) for path in files)
    return [np.concatenate([quiet, s, quiet]) for s in read if len(s) >= SAMPLE_RATE][::EVERY]


def as_samples(path: Path) -> Samples:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    with av.open(str(path), format="g722") as container:
        blocks = [
            out.to_ndarray()[0] for frame in container.decode(audio=0) for out in resampler.resample(frame)
        ]
    blocks += [out.to_ndarray()[0] for out in resampler.resample(None)]
    return np.concatenate(blocks)


def rows() -> Iterator[Row]:
    said = sounds()
    length = sum(map(len, said)) / SAMPLE_RATE / 60
    for noise, decibels in NOISES.items():
        for codec in CODECS:
            found, besides = _measure(said, codec, decibels)
            yield (f"{codec}, {noise}", f"{len(said)}, {length:.1f}", f"{found:.3f}", f"{besides:.3f}")


def _measure(said: list[Samples], codec: str, decibels: float | None) -> tuple[float, float]:
    """The share of loud frames that are marked, and of those marked how many are nowhere near a loud one."""
    loud_found = loud_all = marked_all = marked_far = 0
    reach = (vad.LIVE.pad_ms + vad.LIVE.silence_ms) // FRAME_MS
    with tempfile.TemporaryDirectory() as folder:
        for number, sound in enumerate(said):
            heard = sound if decibels is None else with_noise(sound, decibels, number)
            loud = _loud(sound)
            marked = _marked(decode(stored(Path(folder) / "prompt.opus", CODECS[codec](heard))), len(loud))
            near = np.convolve(loud, np.ones(2 * reach + 1), "same") > 0
            loud_found += int((loud & marked).sum())
            loud_all += int(loud.sum())
            marked_all += int(marked.sum())
            marked_far += int((marked & ~near).sum())
    return loud_found / loud_all, marked_far / max(marked_all, 1)


def _loud(sound: Samples) -> npt.NDArray[np.bool_]:
    size = SAMPLE_RATE * FRAME_MS // 1000
    frames = sound[: len(sound) // size * size].reshape(-1, size)
    power = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
    return np.asarray(power > power.max() - LOUD_DB)


def _marked(audio: Samples, frames: int) -> npt.NDArray[np.bool_]:
    line = np.zeros(frames, np.bool_)
    for span in vad.speech_spans(audio):
        line[span.start_ms // FRAME_MS : -(-span.end_ms // FRAME_MS)] = True
    return line


def noise_rows() -> Iterator[Row]:
    for name, sound in no_speech().items():
        spans = vad.speech_spans(sound)
        share = sum(s.end_ms - s.start_ms for s in spans) / (len(sound) * 1000 / vad.SAMPLE_RATE)
        yield (name, f"{MINUTES:.0f}", f"{share:.3f}")


def no_speech() -> dict[str, Samples]:
    """A minute each at 16 kHz."""
    count = int(MINUTES * 60 * vad.SAMPLE_RATE)
    instants = np.arange(count) / vad.SAMPLE_RATE
    white = np.random.default_rng(1).standard_normal(count)
    ringing = np.sin(2 * np.pi * 440 * instants) + np.sin(2 * np.pi * 480 * instants)
    made = {
        "silence": np.zeros(count),
        "white noise": 0.05 * white,
        "rumble": 0.5 * np.convolve(white, np.ones(80) / 80, "same"),
        "mains hum": 0.1 * np.sin(2 * np.pi * 60 * instants) + 0.05 * np.sin(2 * np.pi * 180 * instants),
        "tone of 1 kHz": 0.3 * np.sin(2 * np.pi * 1000 * instants),
        "ringing, 2 s of 6": 0.2 * ringing * (instants % 6 < 2),
    }
    return {name: sound.astype(np.float32) for name, sound in made.items()}
