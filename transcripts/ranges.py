"""Parts of a file over HTTP: players seek by asking for bytes (RFC 9110, section 14)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from calls.vault import PlainFile

RANGE = re.compile(r"^bytes=(\d{0,18})-(\d{0,18})$")
PIECE = 64 * 1024


class Unsatisfiable(Exception):
    """The asked bytes lie outside the file."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `first` to `last`, both included."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1


def parse(header: str, size: int) -> Part | None:
    """The one range that is asked for; None for the whole file (no range, several, or not understood).

    Raises Unsatisfiable when the range begins past the end.
    """
    match = RANGE.match(header.strip())
    if not match or match.groups() == ("", ""):
        return None
    start, end = match.groups()
    if not start:
        part = Part(max(0, size - int(end)), size - 1)
    else:
        part = Part(int(start), min(int(end), size - 1) if end else size - 1)
    if end and start and int(end) < int(start):
        return None
    if part.first >= size or len(part) <= 0:
        raise Unsatisfiable
    return part


def file_response(path: Path, range_header: str, content_type: str) -> HttpResponseBase:
    """The file or the asked part of it. Raises OSError when the file is gone."""
    return sound_response(partial(PlainFile, path), range_header, content_type)


def sound_response(
    open_it: Callable[[], PlainFile], range_header: str, content_type: str
) -> HttpResponseBase:
    """What `open_it` opens, or the asked part of it. Raises what opening raises."""
    with open_it() as sound:
        size = sound.size
    try:
        part = parse(range_header, size)
    except Unsatisfiable:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    whole = Part(0, size - 1)
    response = StreamingHttpResponse(_read(open_it, part or whole), status=206 if part else 200)
    response["Content-Type"] = content_type
    response["Content-Length"] = str(len(part or whole))
    response["Accept-Ranges"] = "bytes"
    if part:
        response["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
    return response


async def _read(open_it: Callable[[], PlainFile], part: Part) -> AsyncIterator[bytes]:
    """In a thread: a slow disk must not hold up the sockets of this process."""
    with await asyncio.to_thread(open_it) as sound:
        at, end = part.first, part.last + 1
        while at < end and (piece := await asyncio.to_thread(sound.read_at, at, min(PIECE, end - at))):
            at += len(piece)
            yield piece
