"""Ogg Opus files, packet by packet, without decoding (RFC 3533, RFC 7845).

The writer is made for recording: what `flush` wrote survives the death of the process. The reader
therefore takes a file that stops in the middle of a page for complete up to the page before.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from calls.media.opus import SAMPLE_RATE, OpusError, packet_duration

HEADER = struct.Struct("<4sBBqIIIB")
CAPTURE = b"OggS"
CONTINUED, FIRST, LAST = 1, 2, 4
MAX_SEGMENTS = 255
NO_PACKET_ENDS = -1
VENDOR = b"contact-centre"
# A packet over many pages is legal; one larger than this is not audio but an attempt to fill the memory.
MAX_PACKET_BYTES = 1 << 17

_MIRRORED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))


class OggError(ValueError):
    """The file is not Ogg Opus, or is damaged before its end."""


def crc(data: bytes) -> int:
    """Ogg's CRC-32: zlib's polynomial with the bits the other way round, so zlib does it on mirrored bytes.

    One table look-up per byte in Python would take minutes for an hour of audio; this takes milliseconds.
    """
    mirrored = zlib.crc32(data.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRRORED), "big")


class OggOpusWriter:
    """Writes raw Opus packets to a file opened for binary writing.

    Packets wait in memory until `flush` or until a page is full.
    """

    def __init__(self, file: BinaryIO, *, serial: int = 1, channels: int = 2, pre_skip: int = 312) -> None:
        self._file = file
        self._serial = serial
        self._page_number = 0
        self._granule = 0
        self._packets: list[bytes] = []
        self._segments = 0
        self._write_page([_head(channels, pre_skip)], FIRST)
        self._write_page([b"OpusTags" + struct.pack("<I", len(VENDOR)) + VENDOR + struct.pack("<I", 0)], 0)

    def write(self, packet: bytes) -> None:
        """Append one packet. Raises OpusError if it is not one, and then the file is unchanged."""
        samples = packet_duration(packet)
        segments = len(packet) // 255 + 1
        if segments > MAX_SEGMENTS:
            raise OpusError(f"{len(packet)} bytes are no Opus packet")
        if self._segments + segments > MAX_SEGMENTS:
            self._end_page(0)
        self._packets.append(packet)
        self._segments += segments
        self._granule += samples

    def flush(self) -> None:
        """Bring every packet so far into the file (to the operating system; not to the disk)."""
        if self._packets:
            self._end_page(0)
        self._file.flush()

    def close(self) -> None:
        """Mark the end of the stream and flush. The file stays open: its owner closes it."""
        self._end_page(LAST)
        self._file.flush()

    def _end_page(self, flags: int) -> None:
        packets, self._packets, self._segments = self._packets, [], 0
        self._write_page(packets, flags)

    def _write_page(self, packets: list[bytes], flags: int) -> None:
        self._file.write(_page(packets, flags, self._granule, self._serial, self._page_number))
        self._page_number += 1


def _head(channels: int, pre_skip: int) -> bytes:
    return b"OpusHead" + struct.pack("<BBHIhB", 1, channels, pre_skip, SAMPLE_RATE, 0, 0)


def _page(packets: list[bytes], flags: int, granule: int, serial: int, number: int) -> bytes:
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    body = lacing + b"".join(packets)
    header = HEADER.pack(CAPTURE, 0, flags, granule, serial, number, 0, len(lacing))
    return header[:22] + struct.pack("<I", crc(header + body)) + header[26:] + body


def read_packets(file: BinaryIO) -> Iterator[bytes]:
    """The audio packets of the first Opus stream of a file, without its two header packets.

    Ends quietly where the file was cut off. Raises OggError if it is not Ogg Opus, or damaged in its middle.
    """
    packets = _stream_packets(file)
    head = next(packets, b"")
    if not head.startswith(b"OpusHead"):
        raise OggError("not an Ogg Opus file")
    # The comment packet may be missing only when the writer died at once.
    tags = next(packets, b"OpusTags")
    if not tags.startswith(b"OpusTags"):
        raise OggError("the comment header is missing")
    yield from packets


@dataclass(frozen=True, slots=True)
class _Page:
    flags: int
    serial: int
    lacing: bytes
    body: bytes


def _stream_packets(file: BinaryIO) -> Iterator[bytes]:
    """Joins the segments of the first stream's pages into packets; other streams' pages are passed over."""
    serial: int | None = None
    unfinished = b""
    for page in _pages(file):
        serial = page.serial if serial is None else serial
        if page.serial != serial:
            continue
        whole, rest = _split(page)
        if page.flags & CONTINUED and whole:
            # Without its beginning (a page was lost) the end of a packet is useless.
            first = unfinished + whole.pop(0)
            if unfinished:
                yield first
        elif page.flags & CONTINUED:
            rest = unfinished + rest if unfinished else b""
        yield from whole
        unfinished = rest
        if len(unfinished) > MAX_PACKET_BYTES:
            raise OggError("a packet is too large to be audio")
        if page.flags & LAST:
            return


def _split(page: _Page) -> tuple[list[bytes], bytes]:
    """The packets that end in this page, and the beginning of one that goes on in the next."""
    whole: list[bytes] = []
    start = end = 0
    for length in page.lacing:
        end += length
        if length < 255:
            whole.append(page.body[start:end])
            start = end
    return whole, page.body[start:end]


def _pages(file: BinaryIO) -> Iterator[_Page]:
    first = True
    while raw := file.read(HEADER.size):
        page = _read_page(file, raw, first)
        if page is None:
            return
        first = False
        yield page


def _read_page(file: BinaryIO, raw: bytes, first: bool) -> _Page | None:
    """One page, or None where the file was cut off."""
    if not raw.startswith(CAPTURE) and (first or len(raw) >= len(CAPTURE)):
        raise OggError("not an Ogg file" if first else "a page does not begin where it should")
    if len(raw) < HEADER.size:
        return None
    _, version, flags, _, serial, _, checksum, count = HEADER.unpack(raw)
    lacing = file.read(count)
    size = sum(lacing)
    body = file.read(size)
    if len(lacing) < count or len(body) < size:
        return None
    if version != 0 or crc(raw[:22] + b"\0\0\0\0" + raw[26:] + lacing + body) != checksum:
        if not first and not file.read(1):
            return None
        raise OggError("a page is damaged")
    return _Page(flags, serial, lacing, body)
