"""Drawings of sound: measured once, true to the file, beeps drawn as beeps."""

from __future__ import annotations

import re

import numpy as np
import pytest

from calls.media.ogg import OggOpusWriter
from transcripts import waveform
from transcripts.masking.encode import opus_packets
from transcripts.ranges import Part, Unsatisfiable, parse
from transcripts.record import pieces

pytestmark = pytest.mark.unit


def a_file(path, loudness):
    """One second of a 200 Hz tone per entry of `loudness`."""
    time = np.arange(48_000) / 48_000
    tone = np.concatenate([level * np.sin(2 * np.pi * 200 * time) for level in loudness])
    with path.open("wb") as file:
        writer = OggOpusWriter(file)
        for packet in opus_packets(tone.astype(np.float32)):
            writer.write(packet)
        writer.close()
    return path


def test_levels_follow_the_sound(tmp_path):
    steps = waveform.levels(a_file(tmp_path / "a.masked.opus", [0, 0.3, 0.02, 0]))
    assert abs(len(steps) - 40) <= 1
    quiet, loud, soft = (np.median(steps[start : start + 8]) for start in (1, 11, 21))
    assert quiet <= 3
    assert loud == pytest.approx(92, abs=3)
    assert quiet < soft < loud


def test_a_file_is_measured_once_and_again_when_it_changes(tmp_path, monkeypatch):
    path = a_file(tmp_path / "a.masked.opus", [0.3])
    first = waveform.levels(path)
    monkeypatch.setattr(waveform, "measure", lambda _path: iter([7]))
    assert waveform.levels(path) == first
    import os

    os.utime(path, (2**31, 2**31))
    assert waveform.levels(path) == [7]


@pytest.mark.parametrize("content", [b"", b"OggS", b"not sound at all" * 100])
def test_an_unreadable_file_is_drawn_as_silence(tmp_path, content):
    path = tmp_path / "a.masked.opus"
    path.write_bytes(content)
    assert waveform.levels(path) == []
    assert waveform.levels(tmp_path / "gone.masked.opus") == []


def test_bars_inside_a_mask_are_beeps_all_alike():
    drawing = waveform.draw([50] * 100, 10_000, [(4000, 6000)], bars=10)
    assert drawing.voice.count("M") == 8
    heights = set(re.findall(r"v([\d.]+)", drawing.beeps))
    assert drawing.beeps.count("M") == 2
    assert len(heights) == 1
    assert drawing.veils == [(16.0, 8.0)]


def test_a_drawing_without_sound_or_length_is_a_flat_line():
    assert waveform.draw([], 0, [], bars=3).voice == "M2 27.5v1.0M6 27.5v1.0M10 27.5v1.0"


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("", None),
        ("bytes=0-", Part(0, 99)),
        ("bytes=10-19", Part(10, 19)),
        ("bytes=90-500", Part(90, 99)),
        ("bytes=-10", Part(90, 99)),
        ("bytes=-500", Part(0, 99)),
        ("bytes=5-2", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("lines=0-1", None),
        ("bytes=a-b", None),
        (f"bytes=0-{'9' * 40}", None),
    ],
)
def test_ranges(header, part):
    assert parse(header, 100) == part


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=500-600", "bytes=-0"])
def test_a_range_outside_the_file_is_unsatisfiable(header):
    with pytest.raises(Unsatisfiable):
        parse(header, 100)


def test_text_is_cut_at_its_masks():
    places = [{"start": 2, "end": 5, "kind": "profanity"}, {"start": 8, "end": 11, "kind": "phone"}]
    cut = list(pieces("아 ●●● 그 ●●●", places))
    assert [(piece.text, piece.mask) for piece in cut] == [("아 ", None), ("", 0), (" 그 ", None), ("", 1)]
    assert [piece.label for piece in cut] == ["", "", "", "전화번호"]
    assert [piece.text for piece in pieces("끝", [])] == ["끝"]


def test_a_piece_is_cut_at_the_words_that_were_not_heard_clearly():
    places = [{"start": 2, "end": 5, "kind": "profanity"}]
    cut = list(pieces("아 ●●● 그 사진", places, [[8, 10]]))
    assert [(run.text, run.unsure) for run in cut[2].runs] == [(" 그 ", False), ("사진", True)]
    assert not list(cut[1].runs)
