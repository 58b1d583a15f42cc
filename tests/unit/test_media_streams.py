"""Order, loss and time of a stream of packets, and what is asked for again."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.media import rtcp, rtp
from calls.media.reception import NACK_TRIES, Reception
from calls.media.reorder import ReorderBuffer
from calls.media.rtp import RtpPacket
from calls.media.timeline import Timeline

pytestmark = pytest.mark.unit


def packet(number: int, *, start: int = 0) -> RtpPacket:
    return RtpPacket(0, 111, (start + number) & 0xFFFF, (number * 960) & 0xFFFFFFFF, 7, b"\xf8x")


def with_extension(profile: int, values: bytes, payload: bytes = b"\xf8x") -> bytes:
    values += bytes(-len(values) % 4)
    return struct.pack("!BBHLLHH", 0x90, 111, 1, 2, 3, profile, len(values) // 4) + values + payload


class TestParsing:
    def test_a_packet_with_padding_sources_and_extension(self) -> None:
        head = struct.pack("!BBHLL", 0x80 | 0x20 | 0x10 | 1, 0x80 | 111, 5, 6, 7) + struct.pack("!L", 99)
        data = head + struct.pack("!HH", 0xBEDE, 1) + b"\x10\x7f\x00\x00" + b"\xf8ab" + b"\x00\x02"
        parsed = rtp.parse(data)
        assert parsed is not None
        assert (parsed.marker, parsed.payload_type, parsed.sequence, parsed.timestamp, parsed.ssrc) == (
            128,
            111,
            5,
            6,
            7,
        )
        assert parsed.payload == b"\xf8ab"
        assert rtp.audio_level(parsed, 1) == 127

    @pytest.mark.parametrize("profile", [0xBEDE, 0x1000])
    def test_the_level_is_found_behind_other_extensions(self, profile: int) -> None:
        short = b"\x30ab\x00\x00\xa0\xaa" if profile == 0xBEDE else b"\x03\x03abc\x00\x0a\x01\xaa"
        short = b"\x31ab\x00\x00\xa0\xaa" if profile == 0xBEDE else short
        parsed = rtp.parse(with_extension(profile, short))
        assert parsed is not None
        assert rtp.audio_level(parsed, 10) == 0x2A
        assert rtp.audio_level(parsed, 11) is None
        assert rtp.audio_level(parsed, None) is None

    @given(st.binary(max_size=80), st.integers(1, 255))
    def test_no_bytes_of_a_stranger_raise(self, data: bytes, wanted: int) -> None:
        for candidate in (data, b"\x90" + data, b"\xb0" + data, b"\x80\xc9" + data, b"\x81\xcd" + data):
            parsed = rtp.parse(candidate)
            if parsed is not None:
                rtp.audio_level(parsed, wanted)
            rtcp.parse(candidate)

    @given(
        st.integers(0, 127),
        st.integers(0, 0xFFFF),
        st.integers(0, 0xFFFFFFFF),
        st.binary(min_size=1, max_size=50),
    )
    def test_a_rewritten_packet_reads_as_written(
        self, kind: int, sequence: int, ssrc: int, payload: bytes
    ) -> None:
        head = rtp.header(packet(3), payload_type=kind, sequence=sequence, ssrc=ssrc)
        parsed = rtp.parse(head + payload)
        assert parsed is not None
        assert (parsed.payload_type, parsed.sequence, parsed.ssrc, parsed.payload) == (
            kind,
            sequence,
            ssrc,
            payload,
        )
        assert parsed.timestamp == packet(3).timestamp


class TestReception:
    def test_sequence_numbers_go_on_after_a_wrap(self) -> None:
        reception = Reception(48_000)
        numbers = [reception.add(packet(n, start=65_530), n * 0.02) for n in range(20)]
        assert numbers == list(range(65_530, 65_550))
        assert reception.lost == 0

    def test_a_gap_after_a_long_time_without_one_is_a_gap_of_one(self) -> None:
        reception = Reception(48_000)
        numbers = [reception.add(packet(n), n * 0.02) for n in [*range(40_000), *range(40_001, 70_000)]]
        assert numbers == [*range(40_000), *range(40_001, 70_000)]
        assert reception.lost == 1
        assert reception.to_ask_for(1400.0) == []

    def test_a_missing_packet_is_asked_for_at_once_and_again_and_then_given_up(self) -> None:
        reception = Reception(48_000)
        asked = []
        for n in [0, 1, 2, *range(4, 100)]:
            reception.add(packet(n), n * 0.02)
            asked += reception.to_ask_for(n * 0.02)
        assert set(asked) == {3}
        assert 2 < len(asked) <= NACK_TRIES
        assert reception.lost == 1

    def test_a_packet_sent_again_is_taken_once(self) -> None:
        reception = Reception(48_000)
        for n in (0, 1, 3):
            reception.add(packet(n), n * 0.02)
        assert reception.to_ask_for(0.06) == [2]
        assert reception.add(packet(2), 0.09) == 2
        assert reception.add(packet(2), 0.10) is None
        assert reception.add(packet(0), 0.10) is None
        assert (reception.lost, reception.recovered) == (0, 1)
        assert reception.to_ask_for(0.5) == []

    def test_an_outage_is_not_asked_for_as_a_whole(self) -> None:
        reception = Reception(48_000)
        reception.add(packet(0), 0)
        reception.add(packet(1500), 30)
        assert len(reception.to_ask_for(30)) <= 64
        assert reception.lost == 1499

    def test_a_sender_that_counts_anew_is_followed(self) -> None:
        reception = Reception(48_000)
        for n in range(10):
            reception.add(packet(n, start=40_000), n * 0.02)
        later = [reception.add(packet(n, start=20_000), 1 + n * 0.02) for n in range(100)]
        taken = [number for number in later if number is not None]
        assert len(taken) >= 49
        assert taken == list(range(40_010, 40_010 + len(taken)))

    def test_the_report_counts_since_the_last_one(self) -> None:
        reception = Reception(48_000)
        for n in [0, 1, 3, 4]:
            reception.add(packet(n), n * 0.02)
        first = reception.report()
        assert (first.fraction_lost, first.packets_lost, first.highest_sequence) == (256 // 5, 1, 4)
        reception.add(packet(5), 0.1)
        assert reception.report().fraction_lost == 0


class TestReordering:
    @given(st.permutations(range(12)))
    def test_whatever_the_order_of_arrival_the_order_of_leaving_is_right(self, order: list[int]) -> None:
        buffer: ReorderBuffer[int] = ReorderBuffer(hold_s=100)
        buffer.push(-1, -1, 0)
        out = [item for number in order for item in buffer.push(number, number, 0.0)]
        assert out == list(range(12))
        assert buffer.lost == 0

    def test_a_gap_is_waited_for_and_then_given_up(self) -> None:
        buffer: ReorderBuffer[int] = ReorderBuffer(hold_s=0.5)
        assert buffer.push(0, 0, 0.0) == [0]
        assert buffer.push(2, 2, 0.1) == []
        assert buffer.expire(0.5) == []
        assert buffer.expire(0.6) == [2]
        assert buffer.push(1, 1, 0.7) == []
        assert buffer.lost == 1

    def test_it_never_holds_more_than_its_capacity(self) -> None:
        buffer: ReorderBuffer[int] = ReorderBuffer(hold_s=1e9, capacity=10)
        buffer.push(0, 0, 0.0)
        out = [item for number in range(2, 1000) for item in buffer.push(number, number, 0.0)]
        assert len(out) >= 1000 - 2 - 10


class TestTime:
    def test_a_delayed_first_packet_does_not_shift_the_rest(self) -> None:
        timeline = Timeline()
        timeline.note(0, 10_300)
        for n in range(1, 100):
            timeline.note(n * 960, 10_000 + n * 20)
        assert timeline.unix_ms(99 * 960) == 10_000 + 99 * 20

    def test_a_slow_clock_is_followed(self) -> None:
        timeline = Timeline()
        for n in range(50 * 60 * 30):
            timeline.note(n * 960, n * 20.002)
        assert timeline.unix_ms(n * 960) == pytest.approx(n * 20.002, abs=30)

    def test_jitter_moves_nothing(self) -> None:
        timeline = Timeline()
        for n in range(2000):
            timeline.note(n * 960, n * 20 + (n * 7919) % 60)
        assert timeline.unix_ms(0) == pytest.approx(0, abs=21)

    def test_a_clock_that_stood_still_is_a_new_beginning(self) -> None:
        timeline = Timeline()
        assert timeline.note(0, 0.0) is False
        assert timeline.note(960, 60_000.0) is True
        assert timeline.unix_ms(960) == 60_000
        assert timeline.note(1920, 60_020.0) is False
