"""RTP packets: read, and written again for another receiver (RFC 3550, RFC 8285). Pure."""

from __future__ import annotations

import secrets
import struct
from typing import NamedTuple

HEADER = struct.Struct("!BBHLL")
EXTENSION = struct.Struct("!HH")
TIMED_HEADER = struct.Struct("!BBHLLHHL")
VERSION_BITS = 0x80
ONE_BYTE_PROFILE = 0xBEDE
TWO_BYTE_PROFILE = 0x1000
SEQUENCE_HALF = 1 << 15
SILENT_LEVEL = 127
"""The audio level of digital silence, in -dBov."""


class RtpPacket(NamedTuple):
    marker: int
    """0x80 or 0, as it stands in the second byte."""
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    profile: int = 0
    extensions: bytes = b""


read_header = HEADER.unpack_from
make_tuple = tuple.__new__
"""RtpPacket's own constructor takes twice as long, and this is done for every packet that comes."""


def parse(data: bytes) -> RtpPacket | None:
    """The packet in a decrypted datagram, or None where it is not well-formed RTP."""
    if len(data) < HEADER.size:
        return None
    first, second, sequence, timestamp, ssrc = read_header(data)
    if first >> 6 != 2:
        return None
    start = HEADER.size + 4 * (first & 0x0F)
    profile, extensions = 0, b""
    if first & 0x10:
        if len(data) < start + EXTENSION.size:
            return None
        profile, words = EXTENSION.unpack_from(data, start)
        start += EXTENSION.size
        extensions = data[start : start + 4 * words]
        start += 4 * words
    end = len(data)
    if first & 0x20:
        end -= data[-1]
        if data[-1] == 0:
            return None
    if start > end:
        return None
    return make_tuple(
        RtpPacket,
        (second & 0x80, second & 0x7F, sequence, timestamp, ssrc, data[start:end], profile, extensions),
    )


def random_ssrc() -> int:
    return secrets.randbelow(0xFFFFFFFE) + 1


def header(packet: RtpPacket, *, payload_type: int, sequence: int, ssrc: int) -> bytes:
    """The twelve bytes before a packet's payload under other numbers, without extensions and sources."""
    return HEADER.pack(VERSION_BITS, packet.marker | payload_type, sequence, packet.timestamp, ssrc)


def timed_header(
    *, marker: int, payload_type: int, sequence: int, timestamp: int, ssrc: int, extension_id: int, now: float
) -> bytes:
    """A header with the time of sending (24 bits, 2^-18 s): receivers tell from it how full the path is."""
    sent = (extension_id << 4 | 2) << 24 | int(now * 262_144) & 0xFFFFFF
    return TIMED_HEADER.pack(
        0x90, marker | payload_type, sequence, timestamp, ssrc, ONE_BYTE_PROFILE, 1, sent
    )


def parse_head(data: bytes) -> RtpPacket | None:
    """Header and extensions of an encrypted packet; what follows is not to be believed."""
    return parse(bytes((data[0] & 0xDF,)) + data[1:]) if data else None


def restored(packet: RtpPacket, *, payload_type: int, ssrc: int) -> RtpPacket | None:
    """The packet that was sent again in a retransmission (RFC 4588), None where it is only padding."""
    if len(packet.payload) <= 2:
        return None
    sequence = int.from_bytes(packet.payload[:2], "big")
    return packet._replace(
        payload_type=payload_type, sequence=sequence, ssrc=ssrc, payload=packet.payload[2:]
    )


def serialize(packet: RtpPacket) -> bytes:
    """The packet without extensions, as it came otherwise."""
    numbers = header(packet, payload_type=packet.payload_type, sequence=packet.sequence, ssrc=packet.ssrc)
    return numbers + packet.payload


def extension(packet: RtpPacket, wanted: int) -> bytes | None:
    """The value of one header extension by its negotiated id, or None."""
    if packet.profile == ONE_BYTE_PROFILE:
        return _one_byte(packet.extensions, wanted)
    if packet.profile & 0xFFF0 == TWO_BYTE_PROFILE:
        return _two_byte(packet.extensions, wanted)
    return None


def _one_byte(values: bytes, wanted: int) -> bytes | None:
    position = 0
    while position < len(values):
        first = values[position]
        if first == 0:
            position += 1
            continue
        if first >> 4 == 15:
            return None
        end = position + 2 + (first & 0x0F)
        if first >> 4 == wanted:
            return values[position + 1 : end] if end <= len(values) else None
        position = end
    return None


def _two_byte(values: bytes, wanted: int) -> bytes | None:
    position = 0
    while position + 1 < len(values):
        if values[position] == 0:
            position += 1
            continue
        end = position + 2 + values[position + 1]
        if values[position] == wanted:
            return values[position + 2 : end] if end <= len(values) else None
        position = end
    return None


def audio_level(packet: RtpPacket, extension_id: int | None) -> int | None:
    """The client's measure of loudness in -dBov (0 loudest, 127 silence; RFC 6464), None if absent."""
    if extension_id is None:
        return None
    values = packet.extensions
    # Most carry nothing else, or it first.
    if packet.profile == ONE_BYTE_PROFILE and len(values) > 1 and values[0] == extension_id << 4:
        return values[1] & 0x7F
    value = extension(packet, extension_id)
    return value[0] & 0x7F if value else None


class Unwrapper:
    """Turns a counter of `bits` bits that wraps into one that does not, by the shortest way."""

    def __init__(self, bits: int) -> None:
        self._size = 1 << bits
        self._last: int | None = None

    def unwrap(self, value: int) -> int:
        if self._last is None:
            self._last = value
            return value
        step = (value - self._last) % self._size
        if step >= self._size // 2:
            step -= self._size
        # A late packet is placed before the newest one but does not pull the reference back.
        result = self._last + step
        self._last = max(self._last, result)
        return result

    def restart_at(self, value: int) -> None:
        self._last = value
