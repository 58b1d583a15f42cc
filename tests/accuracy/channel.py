"""What a network does to a voice before it is stored: noise in the room, the codec, its bandwidth."""

from __future__ import annotations

import fractions
import io
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from calls.media.ogg import OggOpusWriter
from calls.media.opus import SAMPLE_RATE as OPUS_RATE
from transcripts.engines.decode import decode
from transcripts.masking.encode import opus_packets

Samples = npt.NDArray[np.float32]

FRAME_MS = 20


def with_noise(sound: Samples, decibels: float, seed: int) -> Samples:
    """`sound` with white noise so many decibels below its speech (silences do not count), at most full scale."""
    loud = sound[np.abs(sound) > 0.01]
    power = float(np.mean(loud**2)) if len(loud) else 1e-4
    noise = np.random.default_rng(seed).standard_normal(len(sound)) * np.sqrt(power / 10 ** (decibels / 10))
    return np.clip(sound + noise, -1, 1).astype(np.float32)


def opus(rate: int) -> Callable[[Samples], list[bytes]]:
    """Packets as a phone sends them whose codec runs at `rate` Hz: 16000 is wideband, 8000 narrowband."""
    return lambda sound: _encoded("libopus", resampled(sound, rate), rate, bit_rate=16_000)


def mu_law(sound: Samples) -> list[bytes]:
    """G.711 of a telephone line (8 kHz), then as the product stores what is not Opus."""
    coded = b"".join(_encoded("pcm_mulaw", resampled(sound, 8000), 8000))
    return opus_packets(_from_mu_law(coded))


def _from_mu_law(coded: bytes) -> Samples:
    container = io.BytesIO()
    with av.open(container, "w", format="wav") as file:
        stream = file.add_stream("pcm_mulaw", rate=8000, layout="mono")
        packet = av.Packet(coded)
        packet.stream, packet.pts, packet.time_base = stream, 0, fractions.Fraction(1, 8000)
        file.mux(packet)
    return decode(container.getvalue(), rate=OPUS_RATE)


CODECS: dict[str, Callable[[Samples], list[bytes]]] = {
    "Opus, 16 kHz": opus(16_000),
    "Opus, 8 kHz": opus(8_000),
    "G.711, 8 kHz": mu_law,
}


def stored(path: Path, packets: list[bytes]) -> Path:
    """The packets as the recorder's file."""
    with path.open("wb") as file:
        writer = OggOpusWriter(file, channels=1)
        for packet in packets:
            writer.write(packet)
        writer.close()
    return path


def resampled(sound: Samples, rate: int, source_rate: int = OPUS_RATE) -> Samples:
    """`sound` at another rate."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
    frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), format="flt", layout="mono")
    frame.sample_rate = source_rate
    blocks = [out.to_ndarray()[0] for part in (frame, None) for out in resampler.resample(part)]
    return np.concatenate(blocks)


def _encoded(codec: str, sound: Samples, rate: int, bit_rate: int = 0) -> list[bytes]:
    encoder = av.CodecContext.create(codec, "w")
    encoder.sample_rate, encoder.format, encoder.layout = rate, "s16", "mono"
    if bit_rate:
        encoder.bit_rate = bit_rate
    size = rate * FRAME_MS // 1000
    blocks = np.resize(np.pad(sound, (0, -len(sound) % size)), (-(-len(sound) // size), 1, size))
    packets: list[bytes] = []
    for number, block in enumerate((np.clip(blocks, -1, 1) * 32767).astype(np.int16)):
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
        frame.sample_rate, frame.pts = rate, number * size
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets + [bytes(packet) for packet in encoder.encode(None)]
