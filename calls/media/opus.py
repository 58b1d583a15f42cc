"""Opus packets without decoding: how long one lasts, silence, and a beep to lay over words.

Times are samples at 48 kHz, which is Opus's own clock in RTP and in Ogg whatever the coded bandwidth
(RFC 6716, RFC 7845).
"""

from __future__ import annotations

from functools import cache

SAMPLE_RATE = 48_000
PACKET_SAMPLES = 960
"""Samples of the usual 20 ms packet."""

SILENCE_20MS = b"\xf8\xff\xfe"
"""One CELT frame of 20 ms that decodes to digital silence."""

BEEP_HZ = 1000
BEEP_PACKETS = 50

_SILK_MS_TENTHS = (100, 200, 400, 600)
_HYBRID_MS_TENTHS = (100, 200)
_CELT_MS_TENTHS = (25, 50, 100, 200)
_LONGEST_SAMPLES = SAMPLE_RATE * 120 // 1000


class OpusError(ValueError):
    """The bytes are not an Opus packet."""


def packet_duration(packet: bytes) -> int:
    """Samples at 48 kHz that a packet decodes to, from its table-of-contents byte (RFC 6716 section 3.1).

    Raises OpusError for an empty packet, a missing frame count, or more than 120 ms.
    """
    if not packet:
        raise OpusError("an Opus packet has at least one byte")
    frames = _frame_count(packet)
    samples = frames * _frame_samples(packet[0] >> 3)
    if not 0 < samples <= _LONGEST_SAMPLES:
        raise OpusError(f"an Opus packet lasts at most 120 ms, not {samples} samples")
    return samples


def _frame_count(packet: bytes) -> int:
    code = packet[0] & 3
    if code == 0:
        return 1
    if code < 3:
        return 2
    if len(packet) < 2:
        raise OpusError("the frame count of a code 3 packet is missing")
    return packet[1] & 0x3F


def _frame_samples(config: int) -> int:
    if config < 12:
        tenths = _SILK_MS_TENTHS[config & 3]
    elif config < 16:
        tenths = _HYBRID_MS_TENTHS[config & 1]
    else:
        tenths = _CELT_MS_TENTHS[config & 3]
    return SAMPLE_RATE * tenths // 10_000


@cache
def _beep() -> tuple[bytes, ...]:
    # Imported here: only the process that lays beeps pays for the codec library.
    import av
    import numpy as np

    encoder = av.CodecContext.create("libopus", "w")
    encoder.bit_rate, encoder.sample_rate = 32_000, SAMPLE_RATE
    encoder.format, encoder.layout = "s16", "mono"
    # One second first warms the encoder up, so that the kept second loops without a click at its seam.
    count = 2 * BEEP_PACKETS
    instants = np.arange(count * PACKET_SAMPLES) / SAMPLE_RATE
    tone = (np.sin(2 * np.pi * BEEP_HZ * instants) * 8000).astype("<i2").reshape(count, 1, PACKET_SAMPLES)
    packets: list[bytes] = []
    for number, samples in enumerate(tone):
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE, number * PACKET_SAMPLES
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return tuple(packets[BEEP_PACKETS : 2 * BEEP_PACKETS])


def beep_packets() -> list[bytes]:
    """One second of a 1 kHz tone: 50 packets of 20 ms, repeatable end to end; encoded once per process."""
    return list(_beep())
