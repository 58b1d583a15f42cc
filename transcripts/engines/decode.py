"""Any audio file to 16 kHz mono samples, by PyAV (which carries FFmpeg: nothing to install)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from transcripts.engines.base import SAMPLE_RATE, SpeechError

MAX_SECONDS = 4 * 3600


class DecodeError(SpeechError):
    """The bytes are not audio that can be read. Trying again does not help."""

    code = "undecodable_audio"
    retry = False


def decode(
    source: Path | bytes, *, rate: int = SAMPLE_RATE, max_seconds: int = MAX_SECONDS
) -> npt.NDArray[np.float32]:
    """Decode a file, or its bytes, to float32 mono at `rate` Hz.

    A damaged tail (a recorder that was killed) is left out; what comes before it is kept. Raises
    DecodeError when nothing can be read, when there is no sound track, and for more than `max_seconds` of
    audio.
    """
    file = io.BytesIO(source) if isinstance(source, bytes) else str(source)
    blocks: list[npt.NDArray[np.float32]] = []
    left = max_seconds * rate
    try:
        for block in _blocks(file, rate):
            left -= len(block)
            if left < 0:
                raise DecodeError(f"longer than {max_seconds} s")
            blocks.append(block)
    except (av.FFmpegError, OSError, ValueError, IndexError) as error:
        raise DecodeError(f"not readable as audio ({type(error).__name__})") from error
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)


def _blocks(file: io.BytesIO | str, rate: int) -> Iterator[npt.NDArray[np.float32]]:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
    with av.open(file, mode="r", metadata_errors="ignore") as container:
        if not container.streams.audio:
            raise DecodeError("no sound track")
        for frame in _frames(container):
            frame.pts = None  # sources with jumping clocks are read as one line
            for resampled in resampler.resample(frame):
                yield resampled.to_ndarray()[0]
    for resampled in resampler.resample(None):
        yield resampled.to_ndarray()[0]


def _frames(container: av.container.InputContainer) -> Iterator[av.AudioFrame]:
    """Decoded frames up to the first damage; damage before any frame is the caller's error."""
    heard = False
    try:
        for packet in container.demux(audio=0):
            for frame in _decoded(packet):
                heard = True
                yield frame
    except av.FFmpegError:
        if not heard:
            raise


def _decoded(packet: av.Packet[av.AudioStream]) -> list[av.AudioFrame]:
    """One damaged packet in the middle costs only itself."""
    try:
        return packet.decode()
    except av.InvalidDataError:
        return []
