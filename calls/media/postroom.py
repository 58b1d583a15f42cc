"""Sends a round of sound: each packet encrypted for everyone who hears it, all to one listener in as few messages as can be.

Packets to one listener lie one behind the other in memory, the longest first, and a message is a stretch of it that Linux
cuts into datagrams (generic segmentation offload: all of one length, the last may be shorter):

    memory     | to bob: 131 bytes | 131 | 124 || 119 | 96 || to cara: 131 | ...
    vectors      where a stretch begins, how many bytes            one for each message
    messages     to whom, its vector, into what lengths it is cut

So the way through the kernel's network stack is gone once for several packets. Where the kernel does not know of it, or the
way to a client does not take it, a message is a single packet. What libsrtp refuses to encrypt is left out and never sent.
"""

from __future__ import annotations

import errno
import socket
import struct
from typing import Any, NamedTuple

import numpy as np
from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp_lib

from calls.media.compiled import call, compiled, error_number, int64, of_c_library
from calls.media.datagrams import LONGEST, MSG_DONTWAIT, PLACE_BYTES, name_bytes
from calls.media.routes import NOTHING, Routes

SOL_UDP, UDP_SEGMENT = 17, 103
MEMORY_BYTES = 1 << 17
"""Together with the keys of some listeners this fits into a processor's second cache."""
MOST_MESSAGES = 512
MOST_SEGMENTS = 60
MOST_BYTES = 65_000
"""What one message may hold."""
VECTOR_WORDS, MESSAGE_WORDS, CONTROL_SHORTS = 2, 8, 12
NAME, NAME_LENGTH, VECTOR, VECTORS, CONTROL, CONTROL_LENGTH = range(6)
"""Columns of struct mmsghdr, in words."""
CONTROL_HEAD = struct.Struct("@Nii")
CONTROL_BYTES = CONTROL_HEAD.size + 8
SEGMENT = CONTROL_HEAD.size // 2
BEGINS, LENGTH, FIRST, COUNT = range(4)
"""Columns of what is said: where a packet lies, how long it is, and the stretch of those who hear it."""
SOCKET, NAME_BYTES, PROTECT, SENDMMSG, SENDTO, ERRNO, CUTS = range(7)
"""Places in the means of sending; the last says whether the kernel cuts messages."""
LOST = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS, errno.EBADF)
"""The kernel has no room: what waits is lost, as on any network."""
HEADROOM = PLACE_BYTES - LONGEST


class Desk(NamedTuple):
    """What is written down for the kernel."""

    means: Any
    memory: Any
    vectors: Any
    messages: Any
    controls: Any
    whose: Any
    """The places of the routes that the messages go."""


class PostRoom:
    """`send` gives packets to many. One round is worked on at a time.

    `means` are the addresses of what encrypts and sends; without `sendmmsg` every datagram is a call of its own.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.means = np.zeros(7, np.int64)
        self.means[SOCKET] = sock.fileno()
        self.means[NAME_BYTES] = name_bytes(sock.family)
        self.means[PROTECT] = int(srtp_ffi.cast("uintptr_t", srtp_ffi.addressof(srtp_lib, "srtp_protect")))
        self.means[SENDMMSG] = of_c_library("sendmmsg")
        self.means[SENDTO] = of_c_library("sendto")
        self.means[ERRNO] = of_c_library("__errno_location", "__error")
        self.means[CUTS] = knows_segments(sock)
        self.messages_sent = 0
        self.desk = Desk(
            self.means,
            np.zeros(MEMORY_BYTES, np.uint8),
            np.zeros((MOST_MESSAGES, VECTOR_WORDS), np.int64),
            np.zeros((MOST_MESSAGES, MESSAGE_WORDS), np.int64),
            np.zeros((MOST_MESSAGES, CONTROL_SHORTS), np.uint16),
            np.zeros(MOST_MESSAGES, np.int32),
        )
        self._prepare_messages()

    def send(self, packets: bytearray, said: Any, heard_by: bytearray, routes: Routes) -> None:
        """`said` is an array of (BEGINS, LENGTH, FIRST, COUNT), `heard_by` are places in `routes` as 32-bit integers."""
        data, places = np.frombuffer(packets, np.uint8), np.frombuffer(heard_by, np.int32)
        self.messages_sent += post(self.desk, routes.columns, data, said, len(said), places)

    def _prepare_messages(self) -> None:
        """What stays from round to round."""
        desk = self.desk
        for place in range(MOST_MESSAGES):
            desk.messages[place, NAME_LENGTH] = self.means[NAME_BYTES]
            desk.messages[place, VECTOR] = desk.vectors[place].ctypes.data
            desk.messages[place, VECTORS] = 1
            desk.messages[place, CONTROL] = desk.controls[place].ctypes.data
            CONTROL_HEAD.pack_into(desk.controls[place], 0, CONTROL_HEAD.size + 2, SOL_UDP, UDP_SEGMENT)


def knows_segments(sock: socket.socket) -> bool:
    """Does the kernel cut a message into datagrams? Linux does from 4.18 on."""
    try:
        sock.setsockopt(SOL_UDP, UDP_SEGMENT, 0)
    except OSError:
        return False
    return True


# Compiled from here on: numbers and addresses only.


@compiled()
def _send_apart(desk: Any, place: int) -> None:
    """What was to be cut, datagram by datagram."""
    means, name = desk.means, desk.messages[place, NAME]
    begins, left = desk.vectors[place, 0], desk.vectors[place, 1]
    while left > 0:
        size = min(left, int64(desk.controls[place, SEGMENT]))
        call(means[SENDTO], (means[SOCKET], begins, size, int64(MSG_DONTWAIT), name, means[NAME_BYTES]))
        begins += size
        left -= size


@compiled()
def _hand_over(desk: Any, ways: Any, count: int) -> None:
    """So many messages to the kernel."""
    means, done = desk.means, 0
    while done < count:
        if means[SENDMMSG] == 0:
            _send_apart(desk, done)
            done += 1
            continue
        where = int64(desk.messages.ctypes.data) + done * MESSAGE_WORDS * 8
        sent = call(means[SENDMMSG], (means[SOCKET], where, int64(count - done), int64(MSG_DONTWAIT)))
        if sent > 0:
            done += sent
            continue
        number = error_number(means[ERRNO])
        if number in LOST:
            return
        # One that cannot be delivered must not stop the others.
        if desk.messages[done, CONTROL_LENGTH] != 0:
            # A device that cannot cut, a way on which the packets are too long for it.
            ways.cuts[desk.whose[done]] = False
            _send_apart(desk, done)
        done += 1


@compiled()
def _longest_first(said: Any, count: int) -> Any:
    """The order of the packets; those of one length stay as they came."""
    order = np.empty(count, np.int32)
    for packet in range(count):
        at = packet
        while at > 0 and said[order[at - 1], LENGTH] < said[packet, LENGTH]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = packet
    return order


@compiled()
def _sort_out(
    ways: Any, said: Any, order: Any, heard_by: Any, follows: Any, packet_of: Any, listeners: Any
) -> int:
    """Chain what each hears; gives how many listeners there are."""
    count, entry, heard = 0, 0, ways.heard
    for packet in order:
        for place in range(said[packet, FIRST], said[packet, FIRST] + said[packet, COUNT]):
            route = heard_by[place]
            follows[entry] = NOTHING
            packet_of[entry] = packet
            if heard[route, 0] == NOTHING:
                heard[route, 0] = entry
                listeners[count] = route
                count += 1
            else:
                follows[heard[route, 1]] = entry
            heard[route, 1] = entry
            entry += 1
    return count


@compiled()
def _add(
    desk: Any, ways: Any, count: int, segments: int, where: int, size: int, route: int
) -> tuple[int, int]:
    """A packet into the last message, if it can be cut from that, or a new one. Gives how many there are, and the last's."""
    last = count - 1
    if 0 < segments < MOST_SEGMENTS:
        whole, segment = desk.vectors[last, 1] + size, int64(desk.controls[last, SEGMENT])
        if whole <= MOST_BYTES and size <= segment:
            desk.vectors[last, 1] = whole
            desk.messages[last, CONTROL_LENGTH] = CONTROL_BYTES
            # What is shorter than the others ends its message.
            return count, segments + 1 if size == segment else 0
    desk.vectors[count, 0], desk.vectors[count, 1] = where, size
    desk.messages[count, NAME], desk.messages[count, CONTROL_LENGTH] = ways.names[route], 0
    desk.controls[count, SEGMENT] = size
    desk.whose[count] = route
    return count + 1, 1 if desk.means[CUTS] and ways.cuts[route] else 0


@compiled()
def post(desk: Any, ways: Any, packets: Any, said: Any, said_count: int, heard_by: Any) -> int:
    """Encrypt and send the first so many of what was said; gives how many messages that were."""
    entries = said[:said_count, COUNT].sum()
    follows, packet_of = np.empty(entries, np.int32), np.empty(entries, np.int32)
    listeners = np.empty(entries, np.int32)
    length = np.empty(1, np.int32)
    where, length_at = int64(desk.memory.ctypes.data), int64(length.ctypes.data)
    used, count, before = 0, 0, 0
    order = _longest_first(said, said_count)
    for number in range(_sort_out(ways, said, order, heard_by, follows, packet_of, listeners)):
        route = listeners[number]
        entry, ways.heard[route, 0] = ways.heard[route, 0], NOTHING
        segments = 0
        while entry != NOTHING:
            begins, size = said[packet_of[entry], BEGINS], said[packet_of[entry], LENGTH]
            entry = follows[entry]
            if used + size + HEADROOM > MEMORY_BYTES or count == MOST_MESSAGES:
                _hand_over(desk, ways, count)
                before += count
                used, count, segments = 0, 0, 0
            for byte in range(size):
                desk.memory[used + byte] = packets[begins + byte]
            length[0] = size
            if call(desk.means[PROTECT], (ways.keys[route], where + used, length_at)) == 0:
                size = int64(length[0])
                count, segments = _add(desk, ways, count, segments, where + used, size, route)
                used += size
    _hand_over(desk, ways, count)
    return before + count
