"""A lossy network: what was lost is asked for and sent again, in both directions."""

from __future__ import annotations

import asyncio
import random
import struct

import pytest
from aiortc.rtp import RTCP_RTPFB_NACK, RtcpPacket, RtcpRtpfbPacket

from calls.media import rtcp
from tests.media.test_recording import packets_of
from tests.media.tones import ToneTrack

pytestmark = pytest.mark.media


def is_media(data: bytes) -> bool:
    return 127 < data[0] < 192 and not 192 <= data[1] <= 223


def lossy(share: float, seed: int):
    """Loses a share of the media packets; requests and reports get through."""
    dice = random.Random(seed)
    dropped: list[bytes] = []

    def drop(data: bytes) -> bool:
        if is_media(data) and dice.random() < share:
            dropped.append(data)
            return True
        return False

    drop.dropped = dropped  # type: ignore[attr-defined]
    return drop


@pytest.mark.req("S1.5")
async def test_a_tap_over_a_network_that_loses_a_fifth_has_every_packet(party, events) -> None:
    cara = await party("cara", record=True)
    leg = await cara.device.send_leg()
    leg.ice.drop_sent = lossy(0.2, seed=7)
    tone = ToneTrack(700, lambda second: second < 4, seconds=6)
    await cara.device.produce(tone)
    (segment,) = await events.wait("segment", within=15)
    stats = (await cara.request("stats", {}))["rooms"][0]["peers"][0]["producers"][0]
    assert len(leg.ice.drop_sent.dropped) > 20
    assert stats["recovered"] > 20
    # Four seconds of tone and 300 ms behind them; before the first packet that arrives no gap shows.
    assert segment["packets"] >= (4000 + 300) / 20 - 3
    assert segment["lost"] == 0


async def test_what_a_listener_misses_is_sent_again_from_the_history(party) -> None:
    """aiortc's receiver never asks for audio again, so the request is made by hand, as a browser makes it."""
    alice, cara = await party("alice"), await party("cara")
    producer = await alice.device.produce(ToneTrack(440))
    await cara.device.consume(producer)
    leg = await cara.device.receive_leg()
    missed: list[int] = []
    arrived: list[int] = []

    def lose_five(data: bytes) -> bool:
        sequence = int.from_bytes(data[2:4], "big")
        if is_media(data):
            arrived.append(sequence)
        if is_media(data) and 20 <= len(arrived) < 25:
            missed.append(sequence)
            return True
        return False

    leg.ice.drop_received = lose_five
    consumer = next(iter(cara._server.rooms["room"].peers["cara"].consumers.values()))
    async with asyncio.timeout(10):
        while len(arrived) < 40:
            await asyncio.sleep(0.01)
        await leg.dtls._send_rtp(rtcp.nack(sender_ssrc=1, media_ssrc=consumer.ssrc, lost=missed))
        while arrived.count(missed[-1]) < 2:
            await asyncio.sleep(0.01)
    assert [arrived.count(sequence) for sequence in missed] == [2] * 5
    assert consumer.resent == 5


async def test_requests_of_a_listener_for_everything_are_answered_from_the_history_only(party) -> None:
    alice, cara = await party("alice"), await party("cara")
    producer = await alice.device.produce(ToneTrack(440))
    await cara.device.consume(producer)
    leg = await cara.device.receive_leg()
    await packets_of(alice, 20)
    consumer = next(iter(cara._server.rooms["room"].peers["cara"].consumers.values()))
    everything = [(pid << 16 | 0xFFFF).to_bytes(4, "big") for pid in range(0, 65_536, 17)]
    head = bytes(RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=1, media_ssrc=consumer.ssrc))
    for begin in range(0, len(everything), 250):
        items = everything[begin : begin + 250]
        length = struct.pack("!H", len(head) // 4 - 1 + len(items))
        await leg.dtls._send_rtp(head[:2] + length + head[4:] + b"".join(items))
    async with asyncio.timeout(10):
        while not consumer.resent:
            await asyncio.sleep(0.01)
    assert consumer.resent <= consumer.packets


@pytest.mark.req("S4.8")
async def test_senders_are_told_of_loss_and_listeners_of_the_senders_clock(party) -> None:
    alice, cara = await party("alice"), await party("cara")
    producer = await alice.device.produce(ToneTrack(440))
    from_alice = clocks_sent_on(await alice.device.send_leg())
    await cara.device.consume(producer)
    sender = alice.device.senders[0]
    to_alice = reports_on(await alice.device.send_leg())
    to_cara = reports_on(await cara.device.receive_leg())
    async with asyncio.timeout(10):
        while not (of_kind(to_alice, rtcp.RtcpRrPacket) and of_kind(to_cara, rtcp.RtcpSrPacket)):
            await asyncio.sleep(0.02)
    report = of_kind(to_alice, rtcp.RtcpRrPacket)[-1].reports[0]
    assert (report.ssrc, report.packets_lost) == (sender._ssrc, 0)
    clock = of_kind(to_cara, rtcp.RtcpSrPacket)[-1]
    consumer = next(iter(cara._server.rooms["room"].peers["cara"].consumers.values()))
    assert clock.ssrc == consumer.ssrc
    assert clock.sender_info.ntp_timestamp in from_alice
    assert 0 < clock.sender_info.packet_count <= consumer.packets


def reports_on(leg) -> list:
    seen: list = []
    take = leg.dtls._handle_rtcp_data

    async def watch(data: bytes) -> None:
        seen.extend(RtcpPacket.parse(data))
        await take(data)

    leg.dtls._handle_rtcp_data = watch
    return seen


def clocks_sent_on(leg) -> set[int]:
    """Times of the sender reports that go out, in NTP's units of 2**-32 s; filled as they go."""
    seen: set[int] = set()
    send = leg.dtls._send_rtp

    async def watch(data: bytes) -> None:
        if not is_media(data):
            reports = of_kind(RtcpPacket.parse(data), rtcp.RtcpSrPacket)
            seen.update(report.sender_info.ntp_timestamp for report in reports)
        await send(data)

    leg.dtls._send_rtp = watch
    return seen


def of_kind(packets: list, kind: type) -> list:
    return [packet for packet in packets if isinstance(packet, kind)]
