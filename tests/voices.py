"""Sound for fake microphones and for recognisers: synthetic speech, and human prompts where Debian has them."""

from __future__ import annotations

import subprocess
import wave
from pathlib import Path

import av
import numpy as np

from tests.services import ServiceError, find_program

MICROPHONE_RATE = 48_000
PROMPTS = Path("/usr/share/asterisk/sounds")
VOICES = {"ko": "ko", "en": "en-us"}


def say(text: str, path: Path, *, language: str = "ko", speed: int = 150, pitch: int = 50) -> Path:
    """Synthetic speech as a WAV file for a fake microphone: 48 kHz, mono."""
    rough = path.with_suffix(".espeak.wav")
    options = ["-v", VOICES[language], "-s", str(speed), "-p", str(pitch), "-w", str(rough)]
    subprocess.run([find_program("espeak-ng"), *options, text], check=True, capture_output=True)
    return as_microphone(rough, path)


def human(name: str, path: Path) -> Path:
    """A human prompt of asterisk-core-sounds-en (CC-BY-SA), for instance `hello-world`, as a WAV file."""
    found = sorted(PROMPTS.glob(f"*/{name}.g722"))
    if not found:
        raise ServiceError(f"no prompt {name}: install asterisk-core-sounds-en-g722")
    return as_microphone(found[0], path, format="g722")


def as_microphone(source: Path, target: Path, *, format: str | None = None) -> Path:
    """Any sound file as 48 kHz mono 16-bit WAV."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=MICROPHONE_RATE)
    with av.open(str(source), format=format) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    frames += resampler.resample(None)
    samples = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])
    return write_wav(target, samples)


def tone(path: Path, hertz: float, seconds: float = 5.0, level: float = 0.3) -> Path:
    """A sine. A browser's echo canceller and noise suppressor crush it: switch them off in that test."""
    times = np.arange(int(seconds * MICROPHONE_RATE)) / MICROPHONE_RATE
    return write_wav(path, (np.sin(2 * np.pi * hertz * times) * level * 32767).astype(np.int16))


def silence(path: Path, seconds: float = 5.0) -> Path:
    return write_wav(path, np.zeros(int(seconds * MICROPHONE_RATE), np.int16))


def write_wav(path: Path, samples: np.ndarray[tuple[int], np.dtype[np.int16]]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(MICROPHONE_RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return path
