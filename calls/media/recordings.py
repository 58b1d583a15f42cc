"""The files of recordings: their names, what is in them, and what to do with those that a dead process left.

`<recordings_dir>/<room>/<peer>/<n:06d>-<started_ms>.opus`, with `.part` behind it while it is being written.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from calls.media.ogg import OggError, OggOpusWriter, read_packets
from calls.media.opus import SAMPLE_RATE, OpusError, packet_duration
from calls.vault import sealed_path

logger = logging.getLogger(__name__)

PART = ".part"
_NAME = re.compile(r"(\d{6,})-(\d+)\.opus(?:\.part|\.sealed)?")
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")


@dataclass(frozen=True)
class Segment:
    """One closed file: an utterance of one party. `path` is relative to the recordings' directory.

    `has_speech` is True also where nobody measured it (a recovered file, a client without audio levels).
    """

    room_id: str
    peer_id: str
    index: int
    path: str
    started_ms: int
    duration_ms: int
    packets: int
    lost: int
    has_speech: bool
    codec: str = "opus"


def is_safe_name(text: object) -> bool:
    """May stand as a directory's name: it cannot climb, hide or be taken for something else."""
    return isinstance(text, str) and _SAFE.fullmatch(text) is not None and ".." not in text


def file_name(index: int, started_ms: int) -> str:
    return f"{index:06d}-{started_ms}.opus"


def next_index(directory: Path) -> int:
    """The number after the highest one in a party's directory; 0 in an empty or missing one."""
    if not directory.is_dir():
        return 0
    numbers = [int(match[1]) for entry in os.scandir(directory) if (match := _NAME.fullmatch(entry.name))]
    return max(numbers, default=-1) + 1


def sync_directory(directory: Path) -> None:
    """Make a rename in a directory outlive a power failure."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def recover_segments(recordings_dir: Path) -> list[Segment]:
    """Close every file that a dead recorder left open and tell what they hold; empty ones are removed.

    Safe to repeat, and safe against its own death. Nothing else may be recording meanwhile.
    """
    recovered = []
    for part in sorted(recordings_dir.glob(f"*/*/*.opus{PART}")):
        try:
            segment = _recover(recordings_dir, part)
        except OSError as error:
            logger.error("recording not recovered: %s", error)
            continue
        if segment is not None:
            recovered.append(segment)
    return recovered


def list_segments(recordings_dir: Path, *, since_ms: int = 0) -> Iterator[Segment]:
    """Every closed file that began at `since_ms` (Unix) or later. Unreadable ones are passed over."""
    for path in sorted(recordings_dir.glob("*/*/*.opus")):
        match = _NAME.fullmatch(path.name)
        if match is None or int(match[2]) < since_ms:
            continue
        try:
            packets = _packets(path)
        except OSError as error:
            logger.error("recording not readable: %s", error)
            continue
        if packets:
            yield _segment(recordings_dir, path, match, packets)


def _recover(recordings_dir: Path, part: Path) -> Segment | None:
    match = _NAME.fullmatch(part.name)
    closed = part.with_name(part.name.removesuffix(PART))
    if match is None:
        return None
    packets = _packets(part)
    if not packets or closed.exists() or sealed_path(closed).exists():
        # A closed (or sealed) file beside it: recovery itself died between its last two steps.
        part.unlink()
        return None
    rewritten = part.with_name(part.name + ".tmp")
    with rewritten.open("wb") as file:
        writer = OggOpusWriter(file)
        for packet in packets:
            writer.write(packet)
        writer.close()
        os.fsync(file.fileno())
    rewritten.replace(closed)
    part.unlink()
    sync_directory(closed.parent)
    return _segment(recordings_dir, closed, match, packets)


def _packets(path: Path) -> list[bytes]:
    """The audio packets up to the end or to the first damage."""
    packets: list[bytes] = []
    with path.open("rb") as file:
        try:
            for packet in read_packets(file):
                packet_duration(packet)
                packets.append(packet)
        except (OggError, OpusError) as error:
            logger.warning("recording %s ends early: %s", path.name, error)
    return packets


def _segment(recordings_dir: Path, path: Path, match: re.Match[str], packets: list[bytes]) -> Segment:
    samples = sum(packet_duration(packet) for packet in packets)
    return Segment(
        room_id=path.parent.parent.name,
        peer_id=path.parent.name,
        index=int(match[1]),
        path=path.relative_to(recordings_dir).as_posix(),
        started_ms=int(match[2]),
        duration_ms=samples * 1000 // SAMPLE_RATE,
        packets=len(packets),
        lost=0,
        has_speech=True,
    )
