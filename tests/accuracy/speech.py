"""Synthetic speech as a microphone gives it, with the time of every word."""

from __future__ import annotations

from calls.media.opus import SAMPLE_RATE
from tests.accuracy.channel import Samples, resampled
from tests.espeak import Spoken, Voice, espeak, words


def say(text: str, voice: str, rate: int = 160, pitch: int = 50) -> tuple[Samples, list[Spoken]]:
    """48 kHz samples of `text`, and its words."""
    speaker = Voice(voice, rate, pitch)
    sound, sounds = espeak().say(text, speaker)
    return resampled(sound, SAMPLE_RATE, espeak().rate), words(text, speaker, sound, sounds)
