"""Plain text: a head, then a line for each turn."""

from __future__ import annotations

from collections.abc import Iterator

from transcripts.exports.content import Content, clock, facts


def render(content: Content) -> bytes:
    """UTF-8 with a byte order mark: Notepad on older Windows takes Korean for something else without it."""
    return "\r\n".join(_lines(content)).encode("utf-8-sig")


def _lines(content: Content) -> Iterator[str]:
    yield f"{content.organisation} · {content.title}"
    for name, value in facts(content):
        yield f"{name}: {value}"
    yield from content.notices
    yield ""
    for line in content.lines:
        yield f"[{clock(line.start_ms)}] {line.speaker}: {one_line(line.text)}"
    yield ""


def one_line(text: str) -> str:
    """Line breaks and runs of space as one space: a turn is one line in every format."""
    return " ".join(text.split())
