"""Subtitles of the masked recording: SubRip and WebVTT (W3C, section 4)."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import pairwise

from transcripts.exports.content import Content, Line
from transcripts.exports.text import one_line

SHORTEST_MS = 300
"""No player shows a cue of no length."""


def srt(content: Content) -> bytes:
    """Numbered cues; players of SubRip show one at a time, so a cue ends where the next begins."""
    blocks = (
        f"{number}\r\n{_time(line.start_ms, ',')} --> {_time(end, ',')}\r\n{line.speaker}: {one_line(line.text)}\r\n"
        for number, (line, end) in enumerate(_alone(content.lines), start=1)
    )
    return "\r\n".join(blocks).encode("utf-8")


def vtt(content: Content) -> bytes:
    """Cues may overlap; the speaker is a voice tag."""
    notes = "".join(f"NOTE {_plain(note)}\n\n" for note in content.notices)
    return f"WEBVTT\n\n{notes}{''.join(map(_cue, content.lines))}".encode()


def _cue(line: Line) -> str:
    end = max(line.end_ms, line.start_ms + SHORTEST_MS)
    speaker = escape(one_line(line.speaker), quote=False)
    text = escape(one_line(line.text), quote=False)
    return f"{_time(line.start_ms, '.')} --> {_time(end, '.')}\n<v {speaker}>{text}</v>\n\n"


def _alone(lines: tuple[Line, ...]) -> Iterator[tuple[Line, int]]:
    """Each line with an end that is after its start and, where that leaves room, not after the next start."""
    for line, following in pairwise((*lines, None)):
        if line is None:
            continue
        end = max(line.end_ms, line.start_ms + SHORTEST_MS)
        if following is not None and line.start_ms < following.start_ms < end:
            end = following.start_ms
        yield line, end


def _plain(text: str) -> str:
    """The arrow would end a comment of WebVTT."""
    return one_line(text).replace("-->", "→")


def _time(ms: int, point: str) -> str:
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}{point}{rest:03d}"
