"""Who speaks the answers, in MP3: an endpoint that speaks OpenAI's speech protocol, or espeak-ng on this machine."""

from __future__ import annotations

import abc
import io
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

import av

from transcripts.assistant.embedded import language_of
from transcripts.assistant.errors import AssistantError, VoiceUnavailable

VOICES = ("alloy", "echo", "fable", "onyx", "nova", "shimmer")
SPOKEN_SECONDS = 20.0
MOST_LETTERS = 2000
ESPEAK = {
    "alloy": ("+f2", 160, 50), "echo": ("+m3", 155, 45), "fable": ("+m1", 165, 55),
    "onyx": ("+m7", 150, 30), "nova": ("+f4", 170, 60), "shimmer": ("+f5", 165, 65),
}  # fmt: skip
"""Variant, words a minute and pitch of espeak-ng that stand for each of the six."""


class Voice(abc.ABC):
    name: str

    @abc.abstractmethod
    def sound(self, text: str, voice: str = "alloy") -> bytes:
        """`text` by one of VOICES, in a format that PyAV reads. Raises AssistantError."""

    def speak(self, text: str, voice: str = "alloy") -> bytes:
        """MP3 of `text`. Raises AssistantError."""
        try:
            return as_mp3(self.sound(text, voice))
        except av.error.FFmpegError as error:
            raise VoiceUnavailable(type(error).__name__) from None


class EspeakVoice(Voice):
    name = "espeak-ng"

    def sound(self, text: str, voice: str = "alloy") -> bytes:
        program = shutil.which("espeak-ng")
        if program is None:
            raise VoiceUnavailable("espeak-ng is not installed")
        variant, pace, pitch = ESPEAK[voice]
        language = "ko" if language_of(text) == "ko" else "en-us"
        command = [
            program,
            "-v",
            f"{language}{variant}",
            "-s",
            str(pace),
            "-p",
            str(pitch),
            "--stdin",
            "--stdout",
        ]
        try:
            done = subprocess.run(
                command,
                input=text[:MOST_LETTERS].encode(),
                capture_output=True,
                timeout=SPOKEN_SECONDS,
                check=True,
            )
            return done.stdout
        except (subprocess.SubprocessError, OSError) as error:
            raise VoiceUnavailable(type(error).__name__) from None


@dataclass(frozen=True, slots=True)
class VoiceOptions:
    url: str
    key: str
    model: str
    timeout: float = 20.0


class FallbackVoice(Voice):
    """The first one that speaks."""

    def __init__(self, *voices: Voice) -> None:
        self._voices = voices
        self.name = voices[0].name

    def speak(self, text: str, voice: str = "alloy") -> bytes:
        return self._first(lambda each: each.speak(text, voice))

    def sound(self, text: str, voice: str = "alloy") -> bytes:
        return self._first(lambda each: each.sound(text, voice))

    def _first(self, ask: Callable[[Voice], bytes]) -> bytes:
        failed: AssistantError = VoiceUnavailable("nobody speaks")
        for each in self._voices:
            try:
                return ask(each)
            except AssistantError as error:
                failed = error
        raise failed


def as_mp3(wav: bytes) -> bytes:
    """48 kbit/s mono. Raises av.error.FFmpegError on what is no sound."""
    out = io.BytesIO()
    with av.open(io.BytesIO(wav), "r") as source, av.open(out, "w", format="mp3") as target:
        stream = target.add_stream("libmp3lame", rate=24_000, layout="mono")
        stream.bit_rate = 48_000
        resampler = av.AudioResampler(format="s16p", layout="mono", rate=24_000)
        frames = [made for frame in source.decode(audio=0) for made in resampler.resample(frame)]
        for made in [*frames, *resampler.resample(None)]:
            made.pts = None
            target.mux(stream.encode(made))
        target.mux(stream.encode(None))
    return out.getvalue()
