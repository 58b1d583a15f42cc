"""Other formats made into 20 ms Opus packets, so that one splice serves all."""

from __future__ import annotations

import av
import numpy as np
import numpy.typing as npt

from calls.media.opus import PACKET_SAMPLES, SAMPLE_RATE

BIT_RATE = 32_000


def opus_packets(samples: npt.NDArray[np.float32]) -> list[bytes]:
    """Encode mono samples at 48 kHz; the end is padded with silence to whole packets."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.bit_rate, encoder.sample_rate = BIT_RATE, SAMPLE_RATE
    encoder.format, encoder.layout = "s16", "mono"
    packets: list[bytes] = []
    for number, block in enumerate(_blocks(samples)):
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE, number * PACKET_SAMPLES
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets + [bytes(packet) for packet in encoder.encode(None)]


def _blocks(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    count = -(-len(samples) // PACKET_SAMPLES)
    whole = np.zeros(count * PACKET_SAMPLES, np.int16)
    whole[: len(samples)] = (np.clip(samples, -1, 1) * 32767).astype(np.int16)
    return whole.reshape(count, 1, PACKET_SAMPLES)
