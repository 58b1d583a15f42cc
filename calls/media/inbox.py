"""Reads a socket: all the datagrams that wait there in one call, where the C library has `recvmmsg`.

In one piece of compiled code, packets of streams that are known (directory.py) are decrypted where they lie and told apart,
and those that need nothing else (express.py) are sent on to all who listen. What is left of them is given as packets. All
else (checks, handshakes, RTCP, streams that nobody has met yet) is given as it came, with the name of its sender as the
kernel writes it (struct sockaddr_in or sockaddr_in6, see datagrams.py): to look that up costs less than to make text of it.
"""

from __future__ import annotations

import errno
import logging
import socket
import struct
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numba import carray  # type: ignore[attr-defined]  # it is in its documentation
from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp_lib

from calls.media.compiled import call, compiled, error_number, int64, of_c_library, pointer
from calls.media.datagrams import ADDRESS_BYTES, MSG_DONTWAIT, PLACE_BYTES, name_bytes, sockaddr
from calls.media.directory import EMPTY, KEY_BYTES, KEY_WORDS, Directory, Table, find
from calls.media.express import (
    CLOCK_COLUMNS,
    COUNT,
    EXTENSION,
    FIRST,
    GROUP_COLUMNS,
    GROUPS,
    HEADER_BYTES,
    KEPT_COLUMNS,
    LONGEST_SOUND,
    MOST_GROUPS,
    MOST_LISTENERS,
    OFFSET,
    ROUND,
    SENT_TYPE,
    STATE_COLUMNS,
    Columns,
    can_take,
    count,
    keep,
    level_of,
    write_header,
)
from calls.media.express import SSRC as GROUP_SSRC
from calls.media.history import AUDIO_PACKETS
from calls.media.outbox import Outbox
from calls.media.postroom import CONTROL_SHORTS, Desk, post
from calls.media.routes import Columns as Ways
from calls.media.rtp import ONE_BYTE_PROFILE, RtpPacket, make_tuple

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 64
MOST_SAID = MOST_AT_ONCE * MOST_GROUPS
TOLD_COLUMNS, SAID_COLUMNS = 10, 4
MSG_TRUNC = 0x20
VECTOR_WORDS, MESSAGE_WORDS = 2, 8
NAME, NAME_LENGTH, VECTOR, VECTORS, FLAGS, LENGTH = 0, 1, 2, 3, 6, 7
"""Columns of struct mmsghdr, in words."""
STRIDE = 1504
SOCKET, RECVMMSG, UNPROTECT, ERRNO, ROUNDS = range(5)
"""Places in the means of reading; the last counts the rounds."""
PLACE, SECOND, SEQUENCE, TIMESTAMP, SSRC, BEGINS, ENDS, PROFILE, MORE_BEGINS, MORE_ENDS = range(10)
"""Columns of what is told of a datagram: whose it is, what its header says, and where payload and extensions lie."""
UNKNOWN, USELESS, DONE = -1, -2, -3
"""In place of a place: for others to look at; too long, damaged, repeated or from somebody else; sent on already."""
SHORTEST = 12
IPV4, IPV6 = struct.Struct("!2xH4s"), struct.Struct("!2xHL16s")
SCOPE = struct.Struct("=24xL")

Whose = TypeVar("Whose")
Datagram = tuple[bytes, bytes]
"""What came, and the name of its sender."""


class Tray(NamedTuple):
    """What a read works on."""

    means: Any
    messages: Any
    names: Any
    memory: Any
    told: Any
    packets: Any
    """What is sent on, behind its new headers."""
    said: Any


class Inbox(Generic[Whose]):
    """`read` takes what waits, at most MOST_AT_ONCE, and leaves it in `heard` (decrypted) and `others` until the next."""

    def __init__(self, sock: socket.socket, directory: Directory[Whose], outbox: Outbox) -> None:
        self.heard: list[tuple[Whose, RtpPacket]] = []
        self.others: list[Datagram] = []
        self.means = np.zeros(5, np.int64)
        self.means[SOCKET] = sock.fileno()
        self.means[RECVMMSG] = of_c_library("recvmmsg")
        self.means[UNPROTECT] = int(
            srtp_ffi.cast("uintptr_t", srtp_ffi.addressof(srtp_lib, "srtp_unprotect"))
        )
        self.means[ERRNO] = of_c_library("__errno_location", "__error")
        self._socket = sock
        self._directory = directory
        self._outbox = outbox
        # All senders on one socket have names of one length.
        self._name_bytes = name_bytes(sock.family)
        self._vectors = np.zeros((MOST_AT_ONCE, VECTOR_WORDS), np.int64)
        self._tray = Tray(
            self.means,
            np.zeros((MOST_AT_ONCE, MESSAGE_WORDS), np.int64),
            np.zeros((MOST_AT_ONCE, KEY_WORDS), np.uint64),
            np.zeros((MOST_AT_ONCE, STRIDE), np.uint8),
            np.zeros((MOST_AT_ONCE, TOLD_COLUMNS), np.int64),
            np.zeros(MOST_SAID * (HEADER_BYTES + LONGEST_SOUND), np.uint8),
            np.zeros((MOST_SAID, SAID_COLUMNS), np.int64),
        )
        self._buffer = srtp_ffi.buffer(srtp_ffi.from_buffer(self._tray.memory))
        self._name_buffer = srtp_ffi.buffer(srtp_ffi.from_buffer(self._tray.names))
        self._prepare_messages()
        self._book = np.zeros((0, 2), np.int64)
        self._parts: tuple[NamedTuple, ...] = ()
        self._listed: tuple[int, ...] = ()

    def read(self, now: float) -> int:
        """Gives how many datagrams there were. `now` is seconds of the port's clock."""
        self.heard, self.others = [], []
        directory, outbox = self._directory, self._outbox
        post_room = outbox.round.post_room
        if not self.means[RECVMMSG] or post_room is None:
            return self._read_singly()
        parts = directory.table, directory.express.columns, post_room.desk, outbox.routes.columns
        if self._listed != tuple(map(id, parts)):
            self._list(parts)
        count: int = _read(self._book, now)
        if count < 0:
            self._failed(-count)
            return 0
        self._sort(self._tray.told[:count].tolist())
        return count

    def _list(self, parts: tuple[NamedTuple, ...]) -> None:
        """Where everything is. To give it as arrays would take longer than what is done with them for a small room."""
        arrays = [array for part in (self._tray, *parts) for array in part]
        self._book = np.array([[one.ctypes.data, len(one)] for one in arrays], np.int64)
        # Held, so that nothing else can be where they were.
        self._parts, self._listed = parts, tuple(map(id, parts))

    def _sort(self, told: list[list[int]]) -> None:
        whose, buffer, heard = self._directory.whose, self._buffer, self.heard
        for number, row in enumerate(told):
            place, second, sequence, timestamp, ssrc, begins, ends, profile, more_begins, more_ends = row
            if place >= 0:
                more = buffer[more_begins:more_ends] if profile else b""
                marker, payload = second & 0x80, buffer[begins:ends]
                fields = (marker, second & 0x7F, sequence, timestamp, ssrc, payload, profile, more)
                owner = whose[place]
                if owner is not None:
                    heard.append((owner, make_tuple(RtpPacket, fields)))
            elif place == UNKNOWN:
                at = number * KEY_BYTES
                self.others.append((buffer[begins:ends], self._name_buffer[at : at + self._name_bytes]))

    def _prepare_messages(self) -> None:
        tray = self._tray
        for place in range(MOST_AT_ONCE):
            self._vectors[place] = tray.memory[place].ctypes.data, PLACE_BYTES
            tray.messages[place, NAME] = tray.names[place].ctypes.data
            tray.messages[place, NAME_LENGTH] = self._name_bytes
            tray.messages[place, VECTOR] = self._vectors[place].ctypes.data
            tray.messages[place, VECTORS] = 1

    def _read_singly(self) -> int:
        try:
            while len(self.others) < MOST_AT_ONCE:
                data, address = self._socket.recvfrom(PLACE_BYTES + 1)
                if len(data) <= PLACE_BYTES:
                    self.others.append((data, sockaddr(address[:2], self._socket.family)))
        except OSError as error:
            self._failed(error.errno or 0)
        return len(self.others)

    def _failed(self, number: int) -> None:
        # An ICMP "port unreachable" of a browser that has gone; its silence is noticed anyway.
        if number not in (errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR):
            logger.debug("udp error: %s", errno.errorcode.get(number, number))


def address_of(name: bytes) -> tuple[str, int]:
    """Host and port in a name that the kernel wrote."""
    if len(name) < ADDRESS_BYTES:
        port, host = IPV4.unpack_from(name)
        return socket.inet_ntop(socket.AF_INET, host), port
    port, _, host = IPV6.unpack_from(name)
    (scope,) = SCOPE.unpack_from(name)
    return socket.inet_ntop(socket.AF_INET6, host) + (f"%{scope}" if scope else ""), port


# Compiled from here on.


@compiled()
def _short(data: Any, at: int) -> int:
    return int64(data[at]) << 8 | int64(data[at + 1])


@compiled()
def _long(data: Any, at: int) -> Any:
    return _short(data, at) << 16 | _short(data, at + 2)


@compiled()
def _tell(data: Any, length: int, begins: int, told: Any) -> bool:
    """What rtp.parse says of a packet; `begins` is where `data` lies in the whole memory."""
    first = int64(data[0])
    start, end = 12 + 4 * (first & 0x0F), length
    profile, more_begins, more_ends = int64(0), int64(0), int64(0)
    if first & 0x10:
        if length < start + 4:
            return False
        profile = _short(data, start)
        more_begins = start + 4
        more_ends = more_begins + 4 * _short(data, start + 2)
        start = more_ends
    if first & 0x20:
        padding = int64(data[length - 1])
        if padding == 0:
            return False
        end -= padding
    if start > end:
        return False
    told[SECOND], told[SEQUENCE] = data[1], _short(data, 2)
    told[TIMESTAMP], told[SSRC] = _long(data, 4), _long(data, 8)
    told[BEGINS], told[ENDS], told[PROFILE] = begins + start, begins + end, profile
    told[MORE_BEGINS], told[MORE_ENDS] = begins + more_begins, begins + more_ends
    return True


@compiled()
def _whose(data: Any, length: int, name: Any, table: Any) -> Any:
    """The place of the stream that a datagram belongs to, EMPTY where it is none that is known."""
    # RFC 5761: these packet types are RTCP whatever else shares the port.
    if length < SHORTEST or data[0] < 128 or data[0] > 191 or 192 <= data[1] <= 223:
        return int64(EMPTY)
    letters = name.view(np.uint8)
    for byte in range(4):
        letters[ADDRESS_BYTES + byte] = data[8 + byte]
    return find(table.keys, table.rows, name)


@compiled()
def _take(
    tray: Any, columns: Any, place: int, number: int, said: int, used: int, now: float
) -> tuple[int, int]:
    """Count the packet in a datagram and write it down for all groups of its listeners. Gives how much is written down then."""
    data, row, begins = tray.memory[number], tray.told[number], number * STRIDE
    state = columns.state[place]
    first, last = row[BEGINS] - begins, row[ENDS] - begins
    size, timestamp = last - first, row[TIMESTAMP]
    level = level_of(data, row[MORE_BEGINS] - begins, row[MORE_ENDS] - begins, state[EXTENSION])
    counted = count(columns, place, size, timestamp, level, now)
    second = (row[SECOND] & 0x80) | state[SENT_TYPE]
    keep(columns, place, counted, second, timestamp, data[first:last])
    state[ROUND] = tray.means[ROUNDS]
    for at in range(state[GROUPS]):
        group, packet = columns.groups[place, at], tray.packets[used:]
        write_header(packet, second, (counted + group[OFFSET]) & 0xFFFF, timestamp, group[GROUP_SSRC])
        for byte in range(size):
            packet[HEADER_BYTES + byte] = data[first + byte]
        tray.said[said, 0], tray.said[said, 1] = used, HEADER_BYTES + size
        tray.said[said, 2] = place * MOST_LISTENERS + group[FIRST]
        tray.said[said, 3] = group[COUNT]
        said, used = said + 1, used + HEADER_BYTES + size
    return said, used


@compiled()
def _round_ends(tray: Any, columns: Any, desk: Any, ways: Any, said: int) -> None:
    if said:
        post(desk, ways, tray.packets, tray.said, said, columns.listeners.reshape(-1))
    tray.means[ROUNDS] += 1


@compiled()
def _open(tray: Any, table: Any, number: int, place: int) -> Any:
    """Decrypt a packet where it lies, and tell what it is."""
    data, row = tray.memory[number], tray.told[number]
    length = np.empty(1, np.int32)
    length[0] = row[ENDS] - row[BEGINS]
    where, length_at = int64(data.ctypes.data), int64(length.ctypes.data)
    if call(tray.means[UNPROTECT], (table.sessions[place], where, length_at)) != 0:
        return False
    return _tell(data, int64(length[0]), row[BEGINS], row)


@compiled()
def _read_into(tray: Any, table: Any, columns: Any, desk: Any, ways: Any, now: float) -> int:
    """How many datagrams there were, or the error's number as a negative one."""
    means, most = tray.means, int64(MOST_AT_ONCE)
    where = int64(tray.messages.ctypes.data)
    read = call(means[RECVMMSG], (means[SOCKET], where, most, int64(MSG_DONTWAIT), int64(0)))
    if read < 0:
        return -int64(error_number(means[ERRNO]))
    said, used = int64(0), int64(0)
    for number in range(read):
        data, row, begins = tray.memory[number], tray.told[number], number * STRIDE
        length = tray.messages[number, LENGTH] & 0xFFFFFFFF
        row[BEGINS], row[ENDS] = begins, begins + length
        if tray.messages[number, FLAGS] & MSG_TRUNC or length == 0:
            row[PLACE] = USELESS
            continue
        place = _whose(data, length, tray.names[number], table)
        if place == EMPTY:
            row[PLACE] = UNKNOWN
            continue
        if not _open(tray, table, number, place):
            row[PLACE] = USELESS
            continue
        row[PLACE] = place
        size = row[ENDS] - row[BEGINS]
        known = row[PROFILE] == ONE_BYTE_PROFILE or row[PROFILE] == 0
        if known and can_take(columns, place, row[SECOND], row[SEQUENCE], size):
            if columns.state[place, ROUND] == means[ROUNDS]:
                # A round may change the order of its packets, so it has one of each stream.
                _round_ends(tray, columns, desk, ways, said)
                said, used = int64(0), int64(0)
            said, used = _take(tray, columns, place, number, said, used, now)
            row[PLACE] = DONE
    _round_ends(tray, columns, desk, ways, said)
    return int64(read)


@compiled()
def _read(book: Any, now: float) -> int:
    """`book` has address and length of every array, in the order of `Inbox._list`."""
    where, long = book[:, 0], book[:, 1]
    tray = Tray(
        carray(pointer(where[0]), long[0], np.int64),
        carray(pointer(where[1]), (long[1], MESSAGE_WORDS), np.int64),
        carray(pointer(where[2]), (long[2], KEY_WORDS), np.uint64),
        carray(pointer(where[3]), (long[3], STRIDE), np.uint8),
        carray(pointer(where[4]), (long[4], TOLD_COLUMNS), np.int64),
        carray(pointer(where[5]), long[5], np.uint8),
        carray(pointer(where[6]), (long[6], SAID_COLUMNS), np.int64),
    )
    table = Table(
        carray(pointer(where[7]), (long[7], KEY_WORDS), np.uint64),
        carray(pointer(where[8]), long[8], np.int32),
        carray(pointer(where[9]), long[9], np.int64),
    )
    columns = Columns(
        carray(pointer(where[10]), (long[10], STATE_COLUMNS), np.int64),
        carray(pointer(where[11]), (long[11], CLOCK_COLUMNS), np.float64),
        carray(pointer(where[12]), (long[12], MOST_GROUPS, GROUP_COLUMNS), np.int64),
        carray(pointer(where[13]), (long[13], MOST_LISTENERS), np.int32),
        carray(pointer(where[14]), (long[14], AUDIO_PACKETS, KEPT_COLUMNS), np.int64),
        carray(pointer(where[15]), (long[15], AUDIO_PACKETS, LONGEST_SOUND), np.uint8),
    )
    desk = Desk(
        carray(pointer(where[16]), long[16], np.int64),
        carray(pointer(where[17]), long[17], np.uint8),
        carray(pointer(where[18]), (long[18], VECTOR_WORDS), np.int64),
        carray(pointer(where[19]), (long[19], MESSAGE_WORDS), np.int64),
        carray(pointer(where[20]), (long[20], CONTROL_SHORTS), np.uint16),
        carray(pointer(where[21]), long[21], np.int32),
    )
    ways = Ways(
        carray(pointer(where[22]), long[22], np.int64),
        carray(pointer(where[23]), long[23], np.int64),
        carray(pointer(where[24]), long[24], np.bool_),
        carray(pointer(where[25]), (long[25], 2), np.int32),
    )
    return int64(_read_into(tray, table, columns, desk, ways, now))
