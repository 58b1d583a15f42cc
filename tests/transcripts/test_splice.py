"""Masked sound: a beep inside the spans, the recorder's own bytes outside."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from calls.media.ogg import read_packets
from calls.media.opus import SILENCE_20MS
from tests.transcripts.voices import record, tone
from transcripts.engines.decode import decode
from transcripts.engines.words import Word
from transcripts.masking.audio import LATE_END_MS, Piece, TimeSpan, padded, splice, word_times
from transcripts.masking.encode import opus_packets
from transcripts.masking.matcher import Span

pytestmark = [pytest.mark.unit, pytest.mark.req("S1.6")]


def packets_of(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        return list(read_packets(file))


def spliced(
    tmp_path: Path, pieces: list[Piece], spans: list[TimeSpan]
) -> tuple[list[bytes], list[bytes], int]:
    original, masked = tmp_path / "a" / "side.opus", tmp_path / "a" / "side.masked.opus"
    length = splice(pieces, original, masked, spans)
    return packets_of(original), packets_of(masked), length


def test_packets_outside_the_spans_are_byte_identical(tmp_path: Path) -> None:
    record(tmp_path / "1.opus", tone(4))
    recorded = packets_of(tmp_path / "1.opus")
    original, masked, length = spliced(tmp_path, [Piece(0, tmp_path / "1.opus")], [TimeSpan(1000, 1990)])
    assert original == recorded
    assert masked[:50] == recorded[:50]
    assert masked[100:] == recorded[100:]
    assert not set(masked[50:100]) & set(recorded)
    assert length == len(recorded) * 20


def test_inside_a_span_there_is_one_kilohertz_and_nothing_else(tmp_path: Path) -> None:
    record(tmp_path / "1.opus", tone(4, 440))
    spliced(tmp_path, [Piece(0, tmp_path / "1.opus")], [TimeSpan(1000, 2000)])
    sound = decode(tmp_path / "a" / "side.masked.opus", rate=48_000)
    inside = sound[int(1.1 * 48_000) : int(1.95 * 48_000)]
    spectrum = np.abs(np.fft.rfft(inside * np.hanning(len(inside)))) ** 2
    hertz = np.fft.rfftfreq(len(inside), 1 / 48_000)
    assert abs(hertz[spectrum.argmax()] - 1000) < 5
    assert spectrum[(hertz > 400) & (hertz < 480)].sum() < 1e-4 * spectrum.sum()


def test_outside_the_spans_the_samples_are_the_same_once_the_decoder_has_settled(tmp_path: Path) -> None:
    record(tmp_path / "1.opus", tone(4, 440))
    spliced(tmp_path, [Piece(0, tmp_path / "1.opus")], [TimeSpan(1000, 2000)])
    plain = decode(tmp_path / "a" / "side.opus", rate=48_000)
    masked = decode(tmp_path / "a" / "side.masked.opus", rate=48_000)
    assert len(plain) == len(masked)
    assert np.array_equal(plain[: int(0.97 * 48_000)], masked[: int(0.97 * 48_000)])
    assert np.abs(plain[int(2.3 * 48_000) :] - masked[int(2.3 * 48_000) :]).max() < 0.01


def test_gaps_become_silence_and_zero_is_the_answer(tmp_path: Path) -> None:
    record(tmp_path / "1.opus", tone(1))
    record(tmp_path / "2.opus", tone(1, 600))
    first, second = packets_of(tmp_path / "1.opus"), packets_of(tmp_path / "2.opus")
    pieces = [Piece(5000, tmp_path / "2.opus"), Piece(-500, tmp_path / "1.opus")]
    original, _, _ = spliced(tmp_path, pieces, [])
    assert original[: len(first) - 25] == first[25:]
    assert original[250:] == second
    assert set(original[len(first) - 25 : 250]) == {SILENCE_20MS}


def test_what_two_pieces_share_is_heard_once(tmp_path: Path) -> None:
    packets = opus_packets(tone(2))
    original, _, length = spliced(tmp_path, [Piece(0, packets[:60]), Piece(1000, packets[50:])], [])
    assert original == packets
    assert length == len(packets) * 20


def test_a_missing_or_damaged_piece_leaves_silence(tmp_path: Path) -> None:
    (tmp_path / "bad.opus").write_bytes(b"no ogg at all" * 20)
    packets = opus_packets(tone(0.5))
    pieces = [Piece(0, tmp_path / "gone.opus"), Piece(0, tmp_path / "bad.opus"), Piece(1000, packets)]
    original, _, _ = spliced(tmp_path, pieces, [])
    assert original == [SILENCE_20MS] * 50 + packets


def test_an_hour_is_spliced_in_seconds(tmp_path: Path) -> None:
    packets = opus_packets(tone(60))
    pieces = [Piece(minute * 60_000, packets[:3000]) for minute in range(60)]
    spans = [TimeSpan(s * 1000, s * 1000 + 600) for s in range(5, 3600, 18)]
    began = time.process_time()
    _, masked, length = spliced(tmp_path, pieces, spans)
    assert length == 3600_000
    assert len(masked) == 180_000
    assert time.process_time() - began < 20


def test_a_word_lasts_until_the_next_one_begins_but_not_through_a_pause() -> None:
    said = [Word(" 아", 0, 200, 1), Word(" 씨발", 220, 500, 1), Word(" 배송이", 600, 900, 1)]
    assert word_times("아 씨발 배송이", said, Span(2, 4, "profanity", 3), 1200) == TimeSpan(220, 600)
    assert word_times("아 씨발 배송이", said, Span(5, 8, "profanity", 3), 1000) == TimeSpan(600, 1000)
    assert word_times("아 씨발 배송이", said, Span(5, 8, "profanity", 3), 1900) == TimeSpan(
        600, 900 + LATE_END_MS
    )
    assert word_times("아 씨발 배송이", [], Span(2, 4, "profanity", 3), 1200) is None


def test_padding_widens_and_joins() -> None:
    assert padded([TimeSpan(1000, 1400), TimeSpan(50, 300), TimeSpan(1600, 1800)]) == [
        TimeSpan(0, 440),
        TimeSpan(860, 1940),
    ]
