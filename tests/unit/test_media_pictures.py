"""What the media server reads of pictures, how it renumbers them, and when it asks for key frames."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.media import frames, rtcp, rtp
from calls.media.history import FIRST_CREDIT, History
from calls.media.key_frames import INTERVAL_S, KeyFrameRequests
from calls.media.numbering import REMEMBERED, Numbering
from calls.media.rates import Meter

pytestmark = pytest.mark.unit

SPS, IDR, SLICE = b"\x67\x42", b"\x65\x88", b"\x41\x9a"


class TestPictures:
    @pytest.mark.parametrize(
        ("codec", "payload", "key"),
        [
            ("vp8", b"\x10\x00\x00\x00\x9d\x01\x2a\x80\x02\x68\x01", True),
            ("vp8", b"\x10\x01\x00\x00", False),
            ("vp8", b"\x00\x00\x00\x00", False),
            ("vp8", b"\x90\x80\x81\x05\x00\x00\x00\x9d\x01\x2a\x80\x02\x68\x01", True),
            ("h264", SPS, True),
            ("h264", IDR, False),
            ("h264", b"\x78\x00\x02" + SPS + b"\x00\x02" + IDR, True),
            ("h264", b"\x78\x00\x02" + SLICE + b"\x00\x02" + SLICE, False),
            ("h264", b"\x7c\x87abc", True),
            ("h264", b"\x7c\x07abc", False),
            ("h264", b"\x7c\x85abc", False),
            ("vp9", b"\x8a\x81\x05x", False),
            ("vp9", b"\x88\x81\x05x", True),
            ("vp9", b"\xc8\x81\x05x", False),
            ("vp9", b"\xa8\x05\x02x", False),
            ("vp9", b"\xa8\x05\x00x", True),
            ("av1", b"\x18abc", True),
            ("av1", b"\x10abc", False),
            ("av1", b"\x98abc", False),
        ],
    )
    def test_where_a_decoder_can_begin(self, codec: str, payload: bytes, key: bool) -> None:
        if payload == b"\x8a\x81\x05x":
            payload = b"\x82\x81\x05x"
        assert frames.READERS[f"video/{codec}"](payload).key is key

    def test_the_size_and_the_numbers_of_a_key_frame(self) -> None:
        data = b"\x90\xe0\x87\xd0\x2a\x60" + b"\x00\x00\x00\x9d\x01\x2a\x80\x02\x68\x01"
        picture = frames.vp8(data)
        assert picture.size == (640, 360)
        assert (picture.picture_id, picture.tl0, picture.temporal, picture.sync) == (0x7D0, 42, 1, True)

    @given(st.sampled_from(sorted(frames.READERS)), st.binary(max_size=40))
    def test_no_bytes_of_a_sender_raise(self, codec: str, payload: bytes) -> None:
        picture = frames.READERS[codec](payload)
        frames.with_numbers(payload, picture, picture_id=77, tl0=3)

    @given(st.integers(0, 0x7FFF), st.integers(0, 0xFF), st.integers(0, 0x7FFF), st.integers(0, 0xFF))
    def test_other_numbers_are_written_where_the_old_ones_stood(
        self, old: int, old_tl0: int, new: int, new_tl0: int
    ) -> None:
        data = bytes((0x90, 0xE0, 0x80 | old >> 8, old & 0xFF, old_tl0, 0x40)) + b"\x01rest"
        changed = frames.with_numbers(data, frames.vp8(data), picture_id=new, tl0=new_tl0)
        picture = frames.vp8(changed)
        assert (picture.picture_id, picture.tl0, picture.temporal) == (new, new_tl0, 1)
        assert changed[5:] == data[5:]
        unchanged = frames.with_numbers(data, frames.vp8(data), picture_id=old, tl0=old_tl0)
        assert unchanged is data

    def test_a_retransmission_gives_the_packet_back(self) -> None:
        sent = rtp.RtpPacket(0x80, 97, 9, 1234, 6, b"\x01\x02payload")
        restored = rtp.restored(sent, payload_type=96, ssrc=5)
        assert restored == rtp.RtpPacket(0x80, 96, 0x0102, 1234, 5, b"payload")
        assert rtp.restored(sent._replace(payload=b"\x00\x01"), payload_type=96, ssrc=5) is None

    def test_the_time_of_sending_is_in_the_header(self) -> None:
        head = rtp.timed_header(
            marker=0x80, payload_type=101, sequence=7, timestamp=8, ssrc=9, extension_id=4, now=65.5
        )
        packet = rtp.parse(head + b"x")
        assert packet is not None
        assert (packet.marker, packet.payload_type, packet.sequence, packet.payload) == (0x80, 101, 7, b"x")
        assert rtp.extension(packet, 4) == int(1.5 * 2**18).to_bytes(3, "big")


class TestNumbering:
    def test_parts_follow_each_other(self) -> None:
        numbers = Numbering()
        numbers.begin(500)
        assert [numbers.give(n) for n in (500, 501, 503, 502)] == [500, 501, 503, 502]
        numbers.begin(90)
        assert [numbers.give(n) for n in (90, 89, 91)] == [504, None, 505]

    @given(st.lists(st.sampled_from(["give", "leave_out", "lose"]), max_size=200))
    def test_what_is_left_out_leaves_no_hole(self, fates: list[str]) -> None:
        numbers = Numbering()
        numbers.begin(1000)
        given_out = []
        for number, fate in enumerate(fates, 1000):
            if fate == "leave_out":
                numbers.leave_out(number)
                assert numbers.give(number) is None
            elif fate == "give":
                given_out.append((number, numbers.give(number)))
        kept = [number for number, fate in enumerate(fates, 1000) if fate != "leave_out"]
        expected = {number: 1000 + place for place, number in enumerate(kept)}
        assert [(number, expected[number]) for number, _ in given_out] == given_out
        # And a packet that comes late gets the number that was kept for it.
        assert [(number, numbers.give(number)) for number, _ in given_out] == given_out

    def test_it_remembers_no_more_than_it_says(self) -> None:
        numbers = Numbering()
        numbers.begin(0)
        for number in range(0, 4000, 2):
            numbers.leave_out(number)
            numbers.give(number + 1)
        assert len(numbers._left_out) == REMEMBERED
        assert numbers.give(4001) == 2001
        assert numbers.give(3) is None


class TestHistory:
    def test_it_is_bounded_in_number_and_age(self) -> None:
        history = History(packets=10, age_s=1.0)
        for number in range(100):
            history.keep(number, b"", b"", number * 0.01)
        assert len(history) == 10
        assert history.again(80, 1.0) is None
        history.keep(100, b"", b"", 5.0)
        assert len(history) == 1

    def test_a_packet_on_its_way_is_not_sent_once_more(self) -> None:
        history = History()
        history.keep(1, b"h", b"p", 0.0)
        assert history.again(1, 0.1) is not None
        assert history.again(1, 0.11) is None
        assert history.again(1, 0.2) is not None

    def test_no_more_is_sent_again_than_was_sent(self) -> None:
        history = History()
        for number in range(10):
            history.keep(number, b"h", b"p", 0.0)
        again = sum(history.again(n % 10, turn * 1.0) is not None for turn in range(100) for n in range(10))
        assert again == FIRST_CREDIT + 10


class TestKeyFrames:
    def test_many_wishes_are_one_request(self) -> None:
        requests = KeyFrameRequests()
        assert [requests.want(0.01 * n) for n in range(10)] == [True] + [False] * 9

    def test_a_request_that_nothing_follows_is_made_again_less_and_less_often(self) -> None:
        requests = KeyFrameRequests()
        requests.want(0.0)
        assert [at for at in range(1, 40) if requests.due(float(at))] == [1, 3, 7, 15, 23, 31, 39]
        requests.want(200.0)
        requests.arrived()
        assert not requests.due(300.0)

    def test_a_wish_too_soon_after_a_request_is_remembered(self) -> None:
        requests = KeyFrameRequests()
        assert requests.want(0.0)
        requests.arrived()
        assert not requests.want(0.1)
        assert requests.due(0.1 + INTERVAL_S)


class TestFeedback:
    def test_pli_and_fir_name_their_streams(self) -> None:
        (pli,) = rtcp.parse(rtcp.picture_lost(sender_ssrc=1, media_ssrc=77))
        assert rtcp.key_frames_wanted(pli) == [77]
        fir = bytes((0x84, 206, 0, 6)) + bytes(8) + b"\0\0\0\x05\x01\0\0\0" + b"\0\0\0\x06\x01\0\0\0"
        assert rtcp.key_frames_wanted(rtcp.parse(fir)[0]) == [5, 6]

    def test_a_malformed_estimate_is_none(self) -> None:
        (packet,) = rtcp.parse(bytes((0x8F, 206, 0, 3)) + bytes(8) + b"REMB")
        assert rtcp.allowed_bps(packet) is None

    def test_a_meter_measures_bits_per_second(self) -> None:
        meter = Meter()
        meter.tick(0.0)
        for at in range(1, 20):
            meter.add(37_500)
            meter.tick(at * 0.3)
        assert meter.bps == pytest.approx(1_000_000)
