"""RTCP: reports and retransmission requests, read without trust and written with aiortc's packet classes."""

from __future__ import annotations

import struct

from aiortc.rtp import (
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpByePacket,
    RtcpPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
)

__all__ = [
    "RtcpByePacket",
    "RtcpReceiverInfo",
    "RtcpRrPacket",
    "RtcpSrPacket",
    "SenderInfo",
    "asked_again",
    "nack",
    "parse",
    "receiver_report",
    "sender_report",
]

SenderInfo = RtcpSenderInfo
Packet = AnyRtcpPacket


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
