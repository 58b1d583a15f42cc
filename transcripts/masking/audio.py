"""Hiding words in stored sound: which stretches of time, and the splice that lays a beep over them.

Nothing is decoded or encoded again: Opus packets outside the stretches are the recorder's own, byte for byte.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import BinaryIO

from calls.media.ogg import OggError, OggOpusWriter, read_packets
from calls.media.opus import SILENCE_20MS, beep_packets, packet_duration
from transcripts.engines.words import Word
from transcripts.masking.matcher import Span

# Word times are off by up to 0.2 s; at 120 ms every word of a measured set was covered.
PAD_MS = 140
# How much later than a recogniser says a word may end: 0.12 s was the most in a measured set (docs/accuracy.md).
LATE_END_MS = 150
MERGE_GAP_MS = 60
SAMPLES_PER_MS = 48
PACKET = 960
# A chunk that begins this little before the end of the last one is jitter, not an overlap.
JITTER_MS = 60


@dataclass(frozen=True, slots=True, order=True)
class TimeSpan:
    """Milliseconds from the moment the agent answered."""

    start_ms: int
    end_ms: int


def word_times(text: str, words: Sequence[Word], span: Span, end_ms: int) -> TimeSpan | None:
    """When a span of `text` was spoken; None when the words have no times.

    `end_ms` is where the speech ends: recognisers end a word early, so it lasts until the next word begins, but
    a pause after it is not hidden as a whole.
    """
    places = word_places(text, words)
    inside = [i for i, (start, end) in enumerate(places) if start < span.end and span.start < end]
    if not inside:
        return None
    last = inside[-1]
    following = words[last + 1].start_ms if last + 1 < len(words) else end_ms
    until = min(following, words[last].end_ms + LATE_END_MS)
    return TimeSpan(words[inside[0]].start_ms, max(until, words[last].end_ms))


def word_places(text: str, words: Sequence[Word]) -> list[tuple[int, int]]:
    """Where each word stands in the text."""
    places, position = [], 0
    for word in words:
        bare = word.text.strip()
        found = text.find(bare, position)
        start = found if found >= 0 else position
        position = start + len(bare)
        places.append((start, position))
    return places


def padded(spans: Iterable[TimeSpan], pad_ms: int = PAD_MS) -> list[TimeSpan]:
    """Spans widened on both sides, in order, those that touch made one."""
    out: list[TimeSpan] = []
    for span in sorted(spans):
        start, end = max(0, span.start_ms - pad_ms), span.end_ms + pad_ms
        if out and start - out[-1].end_ms <= MERGE_GAP_MS:
            out[-1] = TimeSpan(out[-1].start_ms, max(out[-1].end_ms, end))
        else:
            out.append(TimeSpan(start, end))
    return out


@dataclass(frozen=True, slots=True)
class Piece:
    """Recorded packets that begin at `start_ms` (below zero: before the agent answered).

    `source` is an Ogg Opus file, what gives the bytes of one when they are needed, or packets that were made from
    another format.
    """

    start_ms: int
    source: Path | Callable[[], bytes] | list[bytes]

    def packets(self) -> Iterator[bytes]:
        """Its packets; a file with a damaged end gives what comes before the damage."""
        if isinstance(self.source, list):
            yield from self.source
            return
        try:
            with self._open(self.source) as file:
                yield from read_packets(file)
        except (OggError, FileNotFoundError):
            return

    @staticmethod
    def _open(source: Path | Callable[[], bytes]) -> BinaryIO:
        return source.open("rb") if isinstance(source, Path) else io.BytesIO(source())


def splice(pieces: Iterable[Piece], original: Path, masked: Path, spans: Sequence[TimeSpan]) -> int:
    """Write one side of a call twice, whole and masked, beginning at zero; gaps are silence. Gives its
    length in ms.

    Each file appears only when it is complete. `spans` must be in order (see `padded`).
    """
    original.parent.mkdir(parents=True, exist_ok=True)
    drafts = [path.with_name(path.name + ".part") for path in (original, masked)]
    with drafts[0].open("wb") as whole, drafts[1].open("wb") as beeped:
        length = _write(pieces, whole, beeped, spans)
        for file in (whole, beeped):
            file.flush()
            os.fsync(file.fileno())
    for draft, path in zip(drafts, (original, masked), strict=True):
        draft.replace(path)
    return length // SAMPLES_PER_MS


def _write(pieces: Iterable[Piece], whole: BinaryIO, beeped: BinaryIO, spans: Sequence[TimeSpan]) -> int:
    plain, hidden = OggOpusWriter(whole), OggOpusWriter(beeped)
    masker = _Masker(hidden, spans)
    clock = 0
    for packet in timeline(pieces):
        plain.write(packet)
        clock += masker.write(packet, clock)
    plain.close()
    hidden.close()
    return clock


def timeline(pieces: Iterable[Piece]) -> Iterator[bytes]:
    """The packets of one side from zero on, silence between the pieces; what overlaps is heard once."""
    clock = 0
    for piece in sorted(pieces, key=lambda p: p.start_ms):
        start = piece.start_ms * SAMPLES_PER_MS
        while clock + PACKET <= start:
            yield SILENCE_20MS
            clock += PACKET
        skip = clock - start if clock - start > JITTER_MS * SAMPLES_PER_MS or piece.start_ms < 0 else 0
        for packet in piece.packets():
            duration = packet_duration(packet)
            if skip >= duration:
                skip -= duration
                continue
            yield packet
            clock += duration


class _Masker:
    """Writes packets on, or beeps in their place. Beeps last 20 ms; a remainder is carried to the next
    packet.
    """

    def __init__(self, writer: OggOpusWriter, spans: Sequence[TimeSpan]) -> None:
        self._writer = writer
        self._spans = [(s.start_ms * SAMPLES_PER_MS, s.end_ms * SAMPLES_PER_MS) for s in spans]
        self._beeps = cycle(beep_packets())
        self._next = 0
        self._owed = 0

    def write(self, packet: bytes, clock: int) -> int:
        """Handle the packet that begins at `clock`; gives its length in samples."""
        duration = packet_duration(packet)
        if not self._is_hidden(clock, clock + duration):
            self._writer.write(packet)
            return duration
        self._owed += duration
        while self._owed > 0:
            self._writer.write(next(self._beeps))
            self._owed -= PACKET
        return duration

    def _is_hidden(self, start: int, end: int) -> bool:
        while self._next < len(self._spans) and self._spans[self._next][1] <= start:
            self._next += 1
        return self._next < len(self._spans) and self._spans[self._next][0] < end
