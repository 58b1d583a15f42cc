"""Ogg Opus files are written and read packet by packet, and survive a recorder that died."""

from __future__ import annotations

import io
import struct

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.media import ogg
from calls.media.ogg import OggError, OggOpusWriter, read_packets
from calls.media.opus import SILENCE_20MS, OpusError, beep_packets, packet_duration

pytestmark = pytest.mark.unit

# TOC 0xf8: CELT, 20 ms, one frame; what follows is opaque to everything but a decoder.
opus_like = st.binary(max_size=1400).map(lambda payload: b"\xf8" + payload)


def written(packets: list[bytes], *, flush_every: int = 50) -> bytes:
    file = io.BytesIO()
    writer = OggOpusWriter(file)
    for number, packet in enumerate(packets, start=1):
        writer.write(packet)
        if number % flush_every == 0:
            writer.flush()
    writer.close()
    return file.getvalue()


@given(st.lists(opus_like, max_size=400), st.integers(min_value=1, max_value=300))
def test_what_was_written_is_read_back(packets: list[bytes], flush_every: int) -> None:
    assert list(read_packets(io.BytesIO(written(packets, flush_every=flush_every)))) == packets


@given(st.lists(opus_like, max_size=60), st.data())
def test_a_file_cut_off_anywhere_gives_the_whole_pages_before_the_cut(
    packets: list[bytes], data: st.DataObject
) -> None:
    whole = written(packets, flush_every=7)
    cut = data.draw(st.integers(min_value=28 + 19, max_value=len(whole)))
    kept = list(read_packets(io.BytesIO(whole[:cut])))
    assert kept == packets[: len(kept)]
    assert len(kept) % 7 == 0 or len(kept) == len(packets)


def test_flushed_packets_can_be_read_before_the_file_is_closed() -> None:
    file = io.BytesIO()
    writer = OggOpusWriter(file)
    for _ in range(9):
        writer.write(SILENCE_20MS)
    writer.flush()
    writer.write(SILENCE_20MS)
    assert len(list(read_packets(io.BytesIO(file.getvalue())))) == 9


def test_a_damaged_page_in_the_middle_is_an_error_and_at_the_end_is_a_cut() -> None:
    whole = bytearray(written([SILENCE_20MS] * 150))
    last_page = whole.rindex(b"OggS")
    at_the_end = bytes(whole[: last_page - 1]) + b"\x00"
    assert len(list(read_packets(io.BytesIO(at_the_end)))) == 100
    whole[whole.index(SILENCE_20MS)] ^= 1
    with pytest.raises(OggError, match="damaged"):
        list(read_packets(io.BytesIO(bytes(whole))))


@pytest.mark.parametrize("content", [b"", b"RIFF" + bytes(100), b"OggS", b"hello", b"OggS" + bytes(23)])
def test_what_is_not_ogg_is_refused(content: bytes) -> None:
    with pytest.raises(OggError):
        list(read_packets(io.BytesIO(content)))


def test_a_packet_may_continue_over_pages() -> None:
    whole = written([])
    headers = whole[: whole.rindex(b"OggS")]
    body = b"\xf8" + bytes(range(256)) * 3

    def page(lacing: bytes, content: bytes, flags: int, number: int) -> bytes:
        header = ogg.HEADER.pack(b"OggS", 0, flags, 0, 1, number, 0, len(lacing)) + lacing
        checksum = struct.pack("<I", ogg.crc(header + content))
        return header[:22] + checksum + header[26:] + content

    one = page(b"\x03\xff\xff", SILENCE_20MS + body[:510], 0, 2)
    two = page(b"\xff" + bytes([len(body) - 765]) + b"\x03", body[510:] + SILENCE_20MS, 1, 3)
    assert list(read_packets(io.BytesIO(headers + one + two))) == [SILENCE_20MS, body, SILENCE_20MS]


def test_a_common_decoder_reads_the_file_and_agrees_on_its_length() -> None:
    with av.open(io.BytesIO(written(beep_packets() * 3)), "r", format="ogg") as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
        assert container.streams.audio[0].codec_context.name in {"opus", "libopus"}
    assert samples == 3 * 48_000 - 312


def test_the_reader_reads_what_a_common_encoder_wrote() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=48_000, layout="stereo")
        for number in range(100):
            frame = av.AudioFrame(format="s16", layout="stereo", samples=960)
            frame.planes[0].update(bytes(frame.planes[0].buffer_size))
            frame.sample_rate, frame.pts = 48_000, number * 960
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    packets = list(read_packets(io.BytesIO(file.getvalue())))
    assert sum(packet_duration(packet) for packet in packets) >= 100 * 960


@pytest.mark.parametrize(
    ("packet", "milliseconds"),
    [
        (b"\x00", 10),  # SILK narrowband 10 ms
        (b"\x18", 60),  # SILK narrowband 60 ms
        (b"\x19", 120),  # two of them
        (b"\x60", 10),  # hybrid
        (b"\x80", 2.5),  # CELT 2.5 ms
        (b"\xf8", 20),
        (b"\xfb\x03", 60),  # code 3, three frames
        (SILENCE_20MS, 20),
    ],
)
def test_the_table_of_contents_tells_the_duration(packet: bytes, milliseconds: float) -> None:
    assert packet_duration(packet) == milliseconds * 48


@pytest.mark.parametrize("packet", [b"", b"\xfb", b"\xfb\x00", b"\xfb\x3f"])
def test_what_is_not_opus_is_refused_and_leaves_the_file_as_it_was(packet: bytes) -> None:
    file = io.BytesIO()
    writer = OggOpusWriter(file)
    before = file.getvalue()
    with pytest.raises(OpusError):
        writer.write(packet)
    writer.flush()
    assert file.getvalue() == before


def test_the_beep_is_a_second_of_one_kilohertz_even_when_it_is_repeated() -> None:
    import numpy as np

    assert [packet_duration(packet) for packet in beep_packets()] == [960] * 50
    with av.open(io.BytesIO(written(beep_packets() * 3)), "r", format="ogg") as container:
        heard = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    spectrum = np.abs(np.fft.rfft(heard[9600 : 9600 + 96_000] * np.hanning(96_000)))
    assert abs(np.argmax(spectrum) * 48_000 / 96_000 - 1000) <= 1
    others = np.delete(spectrum, range(1900, 2101))
    assert others.max() < spectrum.max() / 50
