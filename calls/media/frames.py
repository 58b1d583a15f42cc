"""What a video packet says of its picture, read from the first bytes of its payload; nothing is decoded. Pure.

VP8 (RFC 7741), H264 (RFC 6184), VP9 (RFC 9628) and AV1 (its RTP specification).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

Size = tuple[int, int]


class Picture(NamedTuple):
    """`key` is True on the first packet of a key frame only; what a codec does not tell is None."""

    key: bool = False
    starts: bool = False
    size: Size | None = None
    picture_id: int | None = None
    tl0: int | None = None
    temporal: int | None = None
    sync: bool = False
    """It needs nothing of its temporal layer: a receiver may begin to take the layer here."""
    picture_id_at: int = 0
    """Where the picture id stands in the payload; its first bit says whether it has 15 bits or 7."""
    tl0_at: int = 0


PLAIN = Picture()
KEY = Picture(key=True, starts=True)

_VP8_START_CODE = b"\x9d\x01\x2a"
_H264_STAP_A, _H264_FU_A, _H264_SPS = 24, 28, 7


def vp8(payload: bytes) -> Picture:
    """The payload descriptor and, where a key frame begins, its size."""
    if not payload:
        return PLAIN
    first, at = payload[0], 1
    picture_id = tl0 = temporal = None
    picture_id_at = tl0_at = 0
    sync = False
    if first & 0x80:
        if len(payload) < 6:
            return PLAIN
        present, at = payload[1], 2
        if present & 0x80:
            picture_id_at = at
            if payload[at] & 0x80:
                picture_id = (payload[at] & 0x7F) << 8 | payload[at + 1]
                at += 2
            else:
                picture_id = payload[at]
                at += 1
        if present & 0x40:
            tl0, tl0_at = payload[at], at
            at += 1
        if present & 0x30:
            if at >= len(payload):
                return PLAIN
            if present & 0x20:
                temporal, sync = payload[at] >> 6, bool(payload[at] & 0x20)
            at += 1
    starts = first & 0x17 == 0x10
    key = starts and at < len(payload) and not payload[at] & 1
    size = _vp8_size(payload, at) if key else None
    return Picture(key, starts, size, picture_id, tl0, temporal, sync, picture_id_at, tl0_at)


def _vp8_size(payload: bytes, at: int) -> Size | None:
    if payload[at + 3 : at + 6] != _VP8_START_CODE or len(payload) < at + 10:
        return None
    return (
        int.from_bytes(payload[at + 6 : at + 8], "little") & 0x3FFF,
        int.from_bytes(payload[at + 8 : at + 10], "little") & 0x3FFF,
    )


def h264(payload: bytes) -> Picture:
    """A decoder can begin where a sequence parameter set comes."""
    if len(payload) < 2:
        return PLAIN
    kind = payload[0] & 0x1F
    if kind == _H264_STAP_A:
        return KEY if _aggregates_sps(payload) else PLAIN
    if kind == _H264_FU_A:
        return KEY if payload[1] & 0x9F == 0x80 | _H264_SPS else PLAIN
    return KEY if kind == _H264_SPS else PLAIN


def _aggregates_sps(payload: bytes) -> bool:
    at = 1
    while at + 2 < len(payload):
        if payload[at + 2] & 0x1F == _H264_SPS:
            return True
        at += 2 + int.from_bytes(payload[at : at + 2], "big")
    return False


def vp9(payload: bytes) -> Picture:
    """Not predicted, begins a frame, lowest spatial layer."""
    if not payload or payload[0] & 0x48 != 0x08:
        return PLAIN
    at = 1
    if payload[0] & 0x80:
        at += 2 if len(payload) > 1 and payload[1] & 0x80 else 1
    if payload[0] & 0x20 and (at >= len(payload) or payload[at] >> 1 & 7):
        return PLAIN
    return KEY


def av1(payload: bytes) -> Picture:
    """The aggregation header's N bit: a new coded video sequence."""
    return KEY if payload and payload[0] & 0x88 == 0x08 else PLAIN


READERS: dict[str, Callable[[bytes], Picture]] = {
    "video/vp8": vp8,
    "video/h264": h264,
    "video/vp9": vp9,
    "video/av1": av1,
}


def with_numbers(payload: bytes, picture: Picture, *, picture_id: int | None, tl0: int | None) -> bytes:
    """A VP8 payload under another picture id and TL0 index; the same object where nothing changes."""
    if picture_id == picture.picture_id and tl0 == picture.tl0:
        return payload
    changed = bytearray(payload)
    if picture.picture_id is not None and picture_id is not None:
        if payload[picture.picture_id_at] & 0x80:
            changed[picture.picture_id_at] = 0x80 | picture_id >> 8 & 0x7F
            changed[picture.picture_id_at + 1] = picture_id & 0xFF
        else:
            changed[picture.picture_id_at] = picture_id & 0x7F
    if picture.tl0 is not None and tl0 is not None:
        changed[picture.tl0_at] = tl0 & 0xFF
    return bytes(changed)
