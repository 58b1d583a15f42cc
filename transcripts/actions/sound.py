"""The sound of a chunk, sealed or not, for those who hear it. An unknown key (UnknownKey) stops them: sound that a
returned key would open again must not be taken for lost.
"""

from __future__ import annotations

from calls.models import Chunk
from calls.vault import Damaged
from transcripts.engines.base import SAMPLE_RATE, Samples
from transcripts.engines.decode import DecodeError, decode


def heard(chunk: Chunk, *, rate: int = SAMPLE_RATE) -> Samples:
    """Float32 mono at `rate` Hz. Raises DecodeError when nothing can be read, UnknownKey."""
    try:
        data = chunk.sound()
    except (OSError, Damaged) as error:
        raise DecodeError(f"not readable ({type(error).__name__})") from error
    return decode(data, rate=rate)


def readable(chunk: Chunk) -> bytes:
    """Its bytes, none when they are gone or damaged. Raises UnknownKey."""
    try:
        return chunk.sound()
    except (OSError, Damaged):
        return b""
