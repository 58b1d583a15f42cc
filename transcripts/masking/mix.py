"""Both sides of a call as one stereo file: the left ear hears the customer, the right one the agent.

Made from the masked sides, so nothing that is hidden can be in it. It is the one file that is encoded again: two mono
streams cannot be spliced into a stereo one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

RATE = 48_000
BLOCK = 960
"""Samples of one Opus packet: 20 ms."""
BITS_PER_SECOND = 48_000

Block = npt.NDArray[np.int16]
SILENCE: Block = np.zeros(BLOCK, np.int16)


def mix(left: Sequence[Path], right: Sequence[Path], target: Path) -> None:
    """Write `target` (Ogg Opus, stereo) from files that all begin at zero; an ear without a file hears silence.

    The file appears only when it is complete. Memory does not grow with the length. Raises av.FFmpegError or OSError
    when a file cannot be read.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(target.name + ".part")
    with av.open(str(draft), "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=RATE, layout="stereo")
        stream.bit_rate = BITS_PER_SECOND
        for number, (one, other) in enumerate(zip_longest(_ear(left), _ear(right), fillvalue=SILENCE)):
            container.mux(stream.encode(_frame(one, other, number)))
        container.mux(stream.encode(None))
    draft.replace(target)


def _ear(files: Sequence[Path]) -> Iterator[Block]:
    """What several people on one side said, added up."""
    for blocks in zip_longest(*map(_blocks, files), fillvalue=SILENCE):
        if len(blocks) == 1:
            yield blocks[0]
        else:
            total = np.sum(blocks, axis=0, dtype=np.int32)
            yield total.clip(-32_768, 32_767).astype(np.int16)


def _blocks(file: Path) -> Iterator[Block]:
    """The samples of a file in blocks of BLOCK; the last one is filled up with silence."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE, frame_size=BLOCK)
    with av.open(str(file)) as container:
        for frame in container.decode(audio=0):
            frame.pts = None
            yield from map(_samples, resampler.resample(frame))
    yield from map(_samples, resampler.resample(None))


def _samples(frame: av.AudioFrame) -> Block:
    block: Block = frame.to_ndarray()[0]
    return block if len(block) == BLOCK else np.pad(block, (0, BLOCK - len(block)))


def _frame(left: Block, right: Block, number: int) -> av.AudioFrame:
    both = np.stack([left, right], axis=1).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(both, format="s16", layout="stereo")
    frame.sample_rate = RATE
    frame.pts = number * BLOCK
    return frame
