"""Streams of sound whose packets never leave compiled code: read, decrypted, counted, encrypted for everyone, sent.

That is all that nearly every packet of a room needs: it is the next one of a stream that nobody records. Its producer writes
down here what there is to know (`Line.begin`) once such a packet was handled in Python, and takes over what was counted
whenever somebody asks (`Line.take_over`). Whatever is anything else (a gap, a pause, somebody who comes or goes, a new
address) ends that first, is handled in Python, and the next packet may begin it anew.

Everything here is columns: a row for each place in the port's directory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from calls.media.compiled import compiled, int64
from calls.media.history import AUDIO_PACKETS
from calls.media.rtp import RtpPacket

FIRST_PLACES = 16
MOST_GROUPS, MOST_LISTENERS = 4, 128
"""A stream that is sent in more ways, or to more, is handled in Python."""
LONGEST_SOUND = 244
"""A packet of voice is half of that."""
HEADER_BYTES = 12
STATE_COLUMNS, CLOCK_COLUMNS, GROUP_COLUMNS, KEPT_COLUMNS = 16, 4, 4, 4
OFF = -1
NO_LEVEL = -1
NOTHING_LOUD = 128

# Columns of the state.
NEXT, HIGHEST, PACKETS, OCTETS, EXPECTED_TYPE, SENT_TYPE, EXTENSION = range(7)
LEVEL, LOUDEST, VOICED, VOICE, GROUPS, ROUND = range(7, 13)
# Of the clocks: samples a second, then seconds or samples.
RATE, JITTER, TRANSIT, HEARD = range(4)
# Of a group: what is added to the numbers, the ssrc, and its stretch of the listeners.
OFFSET, SSRC, FIRST, COUNT = range(4)
# Of what is kept: number, second byte of the header, time, length.
NUMBER, SECOND, TIMESTAMP, LENGTH = range(4)

Group = tuple[int, int, bytes]
"""Offset, ssrc, and the places of the listeners' routes as 32-bit integers."""


class Columns(NamedTuple):
    state: Any
    clocks: Any
    groups: Any
    listeners: Any
    kept: Any
    sounds: Any


class Beginning(NamedTuple):
    """What a stream is when it begins here; times are seconds of the port's clock."""

    next_sequence: int
    highest: int
    payload_type: int
    sent_payload_type: int
    level_extension: int | None
    voice_dbov: int
    clock_rate: int
    jitter: float
    transit: float
    heard_at: float


class Taken(NamedTuple):
    """What was done here since it was last asked."""

    next_sequence: int
    highest: int
    packets: int
    octets: int
    level: int | None
    loudest: int | None
    voiced: int
    jitter: float
    transit: float
    heard_at: float


class Express:
    """The columns of a port, and whose line each row is."""

    def __init__(self) -> None:
        self._lines: list[Line | None] = []
        self.columns = _columns(0)
        self._fit(FIRST_PLACES)

    def line(self, place: int, groups: Sequence[Group] = ()) -> Line:
        """Whoever had a line at this place has none any more."""
        self._fit(place + 1)
        line = self._lines[place] = Line(self, place)
        self.columns.state[place, NEXT] = OFF
        self.columns.kept[place, :, NUMBER] = OFF
        return line

    def has(self, line: Line) -> bool:
        return self._lines[line.place] is line

    def _fit(self, places: int) -> None:
        have = len(self._lines)
        if places <= have:
            return
        more = max(places - have, have)
        self.columns = Columns(
            *(np.concatenate(pair) for pair in zip(self.columns, _columns(more), strict=True))
        )
        self._lines += [None] * more


def _columns(places: int) -> Columns:
    state = np.zeros((places, STATE_COLUMNS), np.int64)
    state[:, NEXT] = OFF
    return Columns(
        state,
        np.zeros((places, CLOCK_COLUMNS), np.float64),
        np.zeros((places, MOST_GROUPS, GROUP_COLUMNS), np.int64),
        np.zeros((places, MOST_LISTENERS), np.int32),
        np.full((places, AUDIO_PACKETS, KEPT_COLUMNS), OFF, np.int64),
        np.zeros((places, AUDIO_PACKETS, LONGEST_SOUND), np.uint8),
    )


class Line:
    """One stream's row."""

    def __init__(self, express: Express, place: int) -> None:
        self._express = express
        self.place = place
        self.runs = False
        self._arranged = False

    def arrange(self, groups: Sequence[Group]) -> None:
        """Who listens from now on."""
        columns, place = self._express.columns, self.place
        listeners = b"".join(places for _, _, places in groups)
        self._arranged = len(groups) <= MOST_GROUPS and len(listeners) <= 4 * MOST_LISTENERS
        if not self._arranged or not self._express.has(self):
            return
        heard = np.frombuffer(listeners, np.int32)
        columns.listeners[place, : len(heard)] = heard
        begin = 0
        for number, (offset, ssrc, places) in enumerate(groups):
            count = len(places) // 4
            columns.groups[place, number] = offset, ssrc, begin, count
            begin += count
        columns.state[place, GROUPS] = len(groups)

    def begin(self, this: Beginning) -> None:
        """From the next packet on."""
        if not self._arranged or not self._express.has(self):
            return
        extension = OFF if this.level_extension is None else this.level_extension
        state = self._express.columns.state[self.place]
        state[:GROUPS] = (
            this.next_sequence, this.highest, 0, 0, this.payload_type, this.sent_payload_type, extension,
            NO_LEVEL, NOTHING_LOUD, 0, this.voice_dbov,
        )  # fmt: skip
        self._express.columns.clocks[self.place] = this.clock_rate, this.jitter, this.transit, this.heard_at
        self.runs = True

    def take_over(self) -> Taken | None:
        """None where nothing was done."""
        if not self.runs or not self._express.has(self):
            return None
        row = self._express.columns.state[self.place]
        state = row.tolist()
        if not state[PACKETS]:
            return None
        row[PACKETS] = row[OCTETS] = row[VOICED] = 0
        row[LOUDEST] = NOTHING_LOUD
        _, jitter, transit, heard = self._express.columns.clocks[self.place].tolist()
        level = None if state[LEVEL] == NO_LEVEL else state[LEVEL]
        loudest = None if state[LOUDEST] == NOTHING_LOUD else state[LOUDEST]
        return Taken(
            next_sequence=state[NEXT],
            highest=state[HIGHEST],
            packets=state[PACKETS],
            octets=state[OCTETS],
            level=level,
            loudest=loudest,
            voiced=state[VOICED],
            jitter=jitter,
            transit=transit,
            heard_at=heard,
        )

    def end(self) -> None:
        """The next packet is handled in Python."""
        if self.runs and self._express.has(self):
            self._express.columns.state[self.place, NEXT] = OFF
        self.runs = False

    def kept(self, number: int) -> RtpPacket | None:
        """One of the last packets that were handled here; its ssrc and type are those of nobody."""
        if not self._express.has(self):
            return None
        columns, at = self._express.columns, number % AUDIO_PACKETS
        known, second, timestamp, length = columns.kept[self.place, at].tolist()
        if known != number:
            return None
        payload = columns.sounds[self.place, at, :length].tobytes()
        return RtpPacket(second & 0x80, second & 0x7F, number & 0xFFFF, timestamp, 0, payload)


# Compiled from here on.


@compiled()
def can_take(columns: Any, place: int, second: int, sequence: int, size: int) -> bool:
    state = columns.state[place]
    expected = sequence == state[NEXT] and (second & 0x7F) == state[EXPECTED_TYPE]
    return bool(expected and 0 < size <= LONGEST_SOUND)


@compiled()
def level_of(data: Any, at: int, end: int, wanted: int) -> int:
    """As rtp.audio_level, for extensions of one byte."""
    while wanted != OFF and at < end:
        first = int64(data[at])
        if first == 0:
            at += 1
            continue
        if first >> 4 == 15:
            break
        behind = at + 2 + (first & 0x0F)
        if first >> 4 == wanted:
            return int64(data[at + 1] & 0x7F) if behind <= end else int64(NO_LEVEL)
        at = behind
    return int64(NO_LEVEL)


@compiled()
def count(columns: Any, place: int, size: int, timestamp: int, level: int, now: float) -> int:
    """Note the next packet; gives its number."""
    state, clocks = columns.state[place], columns.clocks[place]
    state[HIGHEST] += 1
    state[NEXT] = (state[NEXT] + 1) & 0xFFFF
    state[PACKETS] += 1
    state[OCTETS] += size
    state[LEVEL] = level
    if level != NO_LEVEL:
        state[LOUDEST] = min(state[LOUDEST], level)
        state[VOICED] += level <= state[VOICE]
    transit = now * clocks[RATE] - timestamp
    difference = abs(transit - clocks[TRANSIT])
    # A wrap of the timestamp is no jitter.
    if difference < clocks[RATE] * 10:
        clocks[JITTER] += (difference - clocks[JITTER]) / 16
    clocks[TRANSIT], clocks[HEARD] = transit, now
    return int64(state[HIGHEST])


@compiled()
def keep(columns: Any, place: int, number: int, second: int, timestamp: int, sound: Any) -> None:
    """For who asks for it again."""
    at = number % AUDIO_PACKETS
    kept, place_of_it = columns.kept[place, at], columns.sounds[place, at]
    kept[NUMBER], kept[SECOND], kept[TIMESTAMP], kept[LENGTH] = number, second, timestamp, len(sound)
    for byte in range(len(sound)):
        place_of_it[byte] = sound[byte]


@compiled()
def write_header(data: Any, second: int, sequence: int, timestamp: int, ssrc: int) -> None:
    data[0], data[1], data[2], data[3] = 0x80, second, sequence >> 8 & 0xFF, sequence & 0xFF
    for byte in range(4):
        data[4 + byte] = timestamp >> (24 - 8 * byte) & 0xFF
        data[8 + byte] = ssrc >> (24 - 8 * byte) & 0xFF
