"""Records one party's audio: packets in, a file per utterance out, nothing decoded.

Appending is cheap and done in place; what waits for the disk (fsync, rename) runs in a thread.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from calls.media.ogg import OggOpusWriter
from calls.media.opus import SAMPLE_RATE, OpusError, packet_duration
from calls.media.recordings import PART, Segment, file_name, next_index, sync_directory
from calls.media.reorder import ReorderBuffer
from calls.media.rtp import RtpPacket, Unwrapper
from calls.media.segmenter import Begin, Cutting, Effect, End, Frame, Segmenter, Write
from calls.media.timeline import Timeline

logger = logging.getLogger(__name__)

Sink = Callable[[dict[str, Any]], None]

GROWING = "segment-growing"
"""A notice for this process only: no page gets it."""
QUIETEST_SPEECH_DBOV = 50
"""Frames quieter than -50 dBov are a pause."""
FLUSH_EVERY_S = 0.25
GROWN_FIRST_MS = 1_500
"""An utterance of this length is told of while it is still being spoken. Shorter ones have nothing to show yet."""
GROWN_AGAIN_MS = 1_000


class RecordingStore:
    """The recordings' directory, the next number of each party, and the files on their way to the disk."""

    def __init__(self, directory: Path, sink: Sink) -> None:
        self.directory = directory
        self._sink = sink
        self._next: dict[Path, int] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def claim(self, room_id: str, peer_id: str) -> tuple[Path, int]:
        """The directory of a party and a number in it that nothing else has."""
        directory = self.directory / room_id / peer_id
        if directory not in self._next:
            directory.mkdir(parents=True, exist_ok=True)
            self._next[directory] = next_index(directory)
        index = self._next[directory]
        self._next[directory] = index + 1
        return directory, index

    def forget_room(self, room_id: str) -> None:
        for directory in [path for path in self._next if path.parent.name == room_id]:
            del self._next[directory]

    def finalise(self, file: OpenSegment, segment: Segment) -> None:
        """Bring a finished file to the disk under its final name, then announce it."""
        task = asyncio.get_running_loop().create_task(self._finalise(file, segment), name="close-recording")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def failed(self, room_id: str, peer_id: str, error: OSError) -> None:
        """Tell that audio could not be written: the call goes on, and its page should say so."""
        logger.error("recording failed room=%s peer=%s: %s", room_id, peer_id, error)
        self._sink({"type": "recording-failed", "roomId": room_id, "peerId": peer_id})

    async def settle(self) -> None:
        """Wait until every finished file is on the disk."""
        while self._closing:
            await asyncio.wait(set(self._closing))

    async def _finalise(self, file: OpenSegment, segment: Segment) -> None:
        try:
            await asyncio.to_thread(file.finalise)
        except OSError as error:
            self.failed(segment.room_id, segment.peer_id, error)
            return
        self._sink({"type": "segment", **asdict(segment)})

    def growing(self, room_id: str, peer_id: str, file: OpenSegment) -> None:
        """Tell that an utterance goes on; its sound so far can be read from the open file."""
        self._sink(
            {
                "type": GROWING,
                "roomId": room_id,
                "peerId": peer_id,
                "path": file.part_path.relative_to(self.directory).as_posix(),
                "startedMs": file.started_ms,
            }
        )


class OpenSegment:
    """One file while it is being written."""

    def __init__(self, directory: Path, index: int, started_ms: int) -> None:
        self.index = index
        self.started_ms = started_ms
        self.closed_path = directory / file_name(index, started_ms)
        self.part_path = self.closed_path.with_name(self.closed_path.name + PART)
        # "x": an existing recording is never overwritten, whatever went wrong with the numbers.
        self._file: BinaryIO = self.part_path.open("xb")
        self._writer = OggOpusWriter(self._file)
        self._flushed_at: float | None = None
        self.samples = 0
        self.packets = 0
        self.has_speech = False
        self._told_ms = GROWN_FIRST_MS - GROWN_AGAIN_MS

    def write(self, frame: Frame, now: float) -> None:
        self._writer.write(frame.payload)
        self.samples += frame.samples
        self.packets += frame.received
        self.has_speech = self.has_speech or frame.voiced
        self.flush(now)

    def flush(self, now: float) -> None:
        """Bring what waits into the file, unless that was done a moment ago."""
        if self._flushed_at is None or now - self._flushed_at >= FLUSH_EVERY_S:
            self._flushed_at = now
            self._writer.flush()

    def has_grown(self) -> bool:
        """Whether enough was said since the last time that this was true. What was said is in the file then."""
        if not self.has_speech or self.duration_ms - self._told_ms < GROWN_AGAIN_MS:
            return False
        self._told_ms = self.duration_ms
        self._writer.flush()
        return True

    def finish(self) -> None:
        self._writer.close()

    def finalise(self) -> None:
        """Blocks on the disk: call it in a thread, after `finish`."""
        try:
            os.fsync(self._file.fileno())
        finally:
            self._file.close()
        self.part_path.rename(self.closed_path)
        sync_directory(self.closed_path.parent)

    def abandon(self) -> None:
        """Close without a last word; recovery at the next start takes what is there."""
        try:
            self._file.close()
        except OSError:
            # Closing writes what is buffered, which fails for the reason that brought us here.
            logger.debug("abandoned recording could not be flushed")

    @property
    def duration_ms(self) -> int:
        return self.samples * 1000 // SAMPLE_RATE


class TrackRecorder:
    """Records one audio producer. Called on the event loop only; `now` is its monotonic clock in seconds."""

    def __init__(
        self,
        store: RecordingStore,
        *,
        room_id: str,
        peer_id: str,
        max_segment_ms: int,
        unix_s: Callable[[], float],
    ) -> None:
        self._store = store
        self._room_id = room_id
        self._peer_id = peer_id
        self._unix_s = unix_s
        self._reorder: ReorderBuffer[tuple[RtpPacket, int | None, float]] = ReorderBuffer()
        self._timestamps = Unwrapper(32)
        self._timeline = Timeline()
        self._segmenter = Segmenter(Cutting(max_ms=max_segment_ms))
        self._begin: int | None = None
        self._file: OpenSegment | None = None
        self._lost_before = 0
        self._last_end_ms = 0

    def push(self, number: int, packet: RtpPacket, level: int | None, now: float) -> None:
        """Take one packet by its unwrapped sequence number; `level` in -dBov as the client measured it."""
        item = (packet, level, self._unix_s() * 1000)
        self._take(self._reorder.push(number, item, now), now)

    def tick(self, now: float) -> None:
        """To be called every half second or so: also a silent party's last words reach the file."""
        self._take(self._reorder.expire(now), now)
        if self._file is not None:
            self._guard(self._file.flush, now)

    def close(self, now: float) -> None:
        """The party stopped, paused or left: end the utterance. Recording may go on afterwards."""
        self._take(self._reorder.flush(), now)
        self._apply(self._segmenter.finish(), now)

    def _take(self, items: Iterable[tuple[RtpPacket, int | None, float]], now: float) -> None:
        for packet, level, arrived_ms in items:
            timestamp = self._timestamps.unwrap(packet.timestamp)
            if self._timeline.note(timestamp, arrived_ms):
                self._apply(self._segmenter.finish(), now)
            frame = _frame(timestamp, packet.payload, level)
            if frame is not None:
                self._apply(self._segmenter.push(frame), now)

    def _apply(self, effects: list[Effect], now: float) -> None:
        for effect in effects:
            if isinstance(effect, Begin):
                self._begin = effect.start
            elif isinstance(effect, Write):
                self._guard(self._write, effect.frame, now)
            elif isinstance(effect, End):
                self._guard(self._end)

    def _guard(self, action: Callable[..., None], *arguments: Any) -> None:
        """A full disk must not stop the forwarding: report it once per utterance and go on."""
        try:
            action(*arguments)
        except OSError as error:
            self._abandon()
            self._store.failed(self._room_id, self._peer_id, error)

    def _abandon(self) -> None:
        if self._file is not None:
            self._file.abandon()
        self._file, self._begin = None, None

    def _write(self, frame: Frame, now: float) -> None:
        if self._file is None:
            if self._begin is None:
                return
            self._file = self._open(self._begin)
        self._file.write(frame, now)
        if self._file.has_grown():
            self._store.growing(self._room_id, self._peer_id, self._file)

    def _open(self, start: int) -> OpenSegment:
        started_ms = max(self._timeline.unix_ms(start), self._last_end_ms)
        directory, index = self._store.claim(self._room_id, self._peer_id)
        self._lost_before = self._reorder.lost
        return OpenSegment(directory, index, started_ms)

    def _end(self) -> None:
        file = self._file
        self._begin = None
        if file is None:
            return
        file.finish()
        self._file = None
        self._last_end_ms = file.started_ms + file.duration_ms
        self._store.finalise(file, self._segment(file))

    def _segment(self, file: OpenSegment) -> Segment:
        return Segment(
            room_id=self._room_id,
            peer_id=self._peer_id,
            index=file.index,
            path=file.closed_path.relative_to(self._store.directory).as_posix(),
            started_ms=file.started_ms,
            duration_ms=file.duration_ms,
            packets=file.packets,
            lost=self._reorder.lost - self._lost_before,
            has_speech=file.has_speech,
        )


def _frame(timestamp: int, payload: bytes, level: int | None) -> Frame | None:
    """A packet as a frame, or None where its payload is not Opus (padding, a hostile client)."""
    try:
        samples = packet_duration(payload)
    except OpusError:
        return None
    return Frame(timestamp, samples, payload, voiced=level is None or level <= QUIETEST_SPEECH_DBOV)
