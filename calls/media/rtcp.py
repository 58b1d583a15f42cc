"""RTCP: reports and retransmission requests, read without trust and written with aiortc's packet classes."""

from __future__ import annotations

import struct

from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpByePacket,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
    unpack_remb_fci,
)

__all__ = [
    "RtcpByePacket",
    "RtcpReceiverInfo",
    "RtcpRrPacket",
    "RtcpSrPacket",
    "SenderInfo",
    "allowed_bps",
    "asked_again",
    "key_frames_wanted",
    "nack",
    "parse",
    "picture_lost",
    "receiver_report",
    "sender_report",
    "transport_feedback",
]

SenderInfo = RtcpSenderInfo
Packet = AnyRtcpPacket

_PSFB_FIR = 4
_FIR_ENTRY = 8
_RTPFB_TRANSPORT_CC = 15


def parse(data: bytes) -> list[AnyRtcpPacket]:
    """The packets of a compound, or none of them where any is malformed."""
    try:
        return RtcpPacket.parse(data)
    except (ValueError, struct.error, IndexError, UnicodeDecodeError):
        return []


def asked_again(packet: AnyRtcpPacket) -> tuple[int, set[int]] | None:
    """The stream and the sequence numbers that a generic NACK asks for; None for any other packet."""
    if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
        return packet.media_ssrc, {sequence & 0xFFFF for sequence in packet.lost}
    return None


def key_frames_wanted(packet: AnyRtcpPacket) -> list[int]:
    """The streams of which a PLI or FIR wants a key frame; empty for any other packet."""
    if not isinstance(packet, RtcpPsfbPacket):
        return []
    if packet.fmt == RTCP_PSFB_PLI:
        return [packet.media_ssrc]
    if packet.fmt == _PSFB_FIR:
        whole = len(packet.fci) // _FIR_ENTRY * _FIR_ENTRY
        return [int.from_bytes(packet.fci[at : at + 4], "big") for at in range(0, whole, _FIR_ENTRY)]
    return []


def allowed_bps(packet: AnyRtcpPacket) -> int | None:
    """How much the receiver can take, by its REMB; None for any other packet."""
    if not isinstance(packet, RtcpPsfbPacket) or packet.fmt != RTCP_PSFB_APP:
        return None
    try:
        bps, _ = unpack_remb_fci(packet.fci)
    except (ValueError, struct.error, IndexError):
        return None
    return bps


def picture_lost(*, sender_ssrc: int, media_ssrc: int) -> bytes:
    """A PLI: the sender is asked for a key frame."""
    return bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=sender_ssrc, media_ssrc=media_ssrc))


def transport_feedback(*, sender_ssrc: int, media_ssrc: int, body: bytes) -> bytes:
    """Transport-wide congestion control feedback; the body is made by transport_cc."""
    body += bytes(-len(body) % 4)
    length = 2 + len(body) // 4
    return struct.pack("!BBHLL", 0x80 | _RTPFB_TRANSPORT_CC, 205, length, sender_ssrc, media_ssrc) + body


def nack(*, sender_ssrc: int, media_ssrc: int, lost: list[int]) -> bytes:
    """A request to send these sequence numbers (16 bits each) again."""
    return bytes(
        RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=sender_ssrc, media_ssrc=media_ssrc, lost=sorted(lost))
    )


def receiver_report(*, sender_ssrc: int, reports: list[RtcpReceiverInfo]) -> bytes:
    return bytes(RtcpRrPacket(ssrc=sender_ssrc, reports=reports))


def sender_report(*, ssrc: int, source: RtcpSenderInfo, packets: int, octets: int) -> bytes:
    """A producer's clock (NTP against RTP time), told to a consumer with the consumer's own counts."""
    info = RtcpSenderInfo(
        ntp_timestamp=source.ntp_timestamp,
        rtp_timestamp=source.rtp_timestamp,
        packet_count=packets & 0xFFFFFFFF,
        octet_count=octets & 0xFFFFFFFF,
    )
    return bytes(RtcpSrPacket(ssrc=ssrc, sender_info=info))
