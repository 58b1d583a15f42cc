"""Sound that a browser sends over the socket because it cannot reach the media server (`audio-data` of S2.9).

A browser's recorder cuts one WebM (or MP4) stream into slices; only the first has the header. Each slice is a file, on disk
before it is acknowledged; when the recorder stops the slices are joined into one chunk, in order.
"""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from calls.actions.recordings import register_chunk
from calls.models import Chunk, Participant
from calls.models.recording import ChunkCodec

FORMATS = {"audio/webm": ChunkCodec.WEBM, "audio/mp4": ChunkCodec.MP4}
FIRST_INDEX = 900_000
"""Joined slices are numbered from here, past anything that the media server's recorder numbers."""
USUAL_SLICE_MS = 1000


@dataclass(frozen=True, slots=True)
class Slice:
    call_id: uuid.UUID
    participant_id: uuid.UUID
    recorder: str
    """Made by the page for each recorder it starts; letters, digits, `-` and `_` only (checked by the message parser)."""
    sequence: int
    timestamp_ms: int
    codec: ChunkCodec
    data: bytes


def store_slice(piece: Slice) -> None:
    """Write and fsync one slice. Told twice, it is stored once. Raises OSError when the disk refuses."""
    folder = _side(piece.call_id, piece.participant_id) / "slices" / piece.recorder
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{piece.sequence:06d}-{piece.timestamp_ms}.{piece.codec}"
    if target.exists():
        return
    draft = target.with_suffix(".draft")
    with draft.open("wb") as file:
        file.write(piece.data)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(target)


def finish_slices(participant_id: uuid.UUID) -> list[Chunk]:
    """Join the slices of every recorder of this party into chunks. Safe to repeat; slices go once their chunk exists."""
    participant = Participant.objects.filter(pk=participant_id).first()
    if participant is None:
        return []
    folder = _side(participant.call_id, participant.pk) / "slices"
    recorders = sorted(path for path in folder.glob("*") if path.is_dir()) if folder.exists() else []
    return [chunk for recorder in recorders if (chunk := _join(participant, recorder))]


def sweep_slices() -> None:
    """Slices whose page is gone without having said `last`: join what is there, once the page can no longer come back.

    Joined too early, what the page still sends would have no header before it.
    """
    gone = Participant.objects.lost(timedelta(seconds=settings.GRACE_SECONDS))
    root = settings.DATA_DIR / "recordings"
    for folder in root.glob("*/*/slices"):
        try:
            participant_id = uuid.UUID(folder.parent.name)
        except ValueError:
            continue
        if gone.filter(pk=participant_id).exists():
            finish_slices(participant_id)


def _join(participant: Participant, recorder: Path) -> Chunk | None:
    slices = sorted(path for path in recorder.iterdir() if path.suffix != ".draft")
    if not slices or not slices[0].name.startswith("000000-"):
        return None  # without the header nothing can be read; the slices stay where they are
    started_ms, last_ms = (_timestamp(path) for path in (slices[0], slices[-1]))
    codec = slices[0].suffix.removeprefix(".")
    index = (
        FIRST_INDEX + Chunk.objects.filter(recording__participant=participant, index__gte=FIRST_INDEX).count()
    )
    side = recorder.parent.parent
    target = side / f"{index:06d}-{started_ms}.{codec}"
    draft = target.with_suffix(".part")
    with draft.open("wb") as file:
        for piece in slices:
            file.write(piece.read_bytes())
        file.flush()
        os.fsync(file.fileno())
    draft.rename(target)
    chunk = register_chunk(
        participant,
        path=str(target.relative_to(settings.DATA_DIR / "recordings")),
        index=index,
        codec=codec,
        started_ms=started_ms,
        duration_ms=last_ms - started_ms + USUAL_SLICE_MS,
    )
    for piece in slices:
        piece.unlink(missing_ok=True)
    recorder.rmdir()
    return chunk


def _timestamp(path: Path) -> int:
    return int(path.stem.split("-")[1])


def _side(call_id: uuid.UUID, participant_id: uuid.UUID) -> Path:
    return settings.DATA_DIR / "recordings" / str(call_id) / str(participant_id)
