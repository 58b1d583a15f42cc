"""Recorded sound becomes rows, and others are told. Idempotent by path: a file is registered once, however often it is told."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction

from calls import events
from calls.models import Call, CallEvent, Chunk, Participant, Recording
from calls.models.recording import ChunkCodec
from calls.signals import chunk_growing, chunk_recorded, voice_told

if TYPE_CHECKING:
    from calls.media.recordings import Segment


def register_segment(segment: Segment) -> Chunk | None:
    """A closed file of the media server's recorder gets its row. None when the party is unknown (a test room, say)."""
    participant = _participant(segment.room_id, segment.peer_id)
    if participant is None:
        return None
    return register_chunk(
        participant,
        path=segment.path,
        index=segment.index,
        codec=ChunkCodec.OPUS,
        started_ms=segment.started_ms,
        duration_ms=segment.duration_ms,
        packets=segment.packets,
        lost_packets=segment.lost,
        has_speech=segment.has_speech,
    )


def segment_grows(room_id: str, peer_id: str, path: str, started_ms: int) -> None:
    """Tell that a party goes on speaking. A test room's names are passed over."""
    try:
        ids = {"call_id": uuid.UUID(room_id), "participant_id": uuid.UUID(peer_id)}
    except ValueError:
        return
    chunk_growing.send_robust(sender=Chunk, path=path, started_ms=started_ms, **ids)


def voice_said(room_id: str, peer_id: str, told: dict[str, Any]) -> None:
    """Tell what became of the assistant's words. A test room's names are passed over."""
    try:
        ids = {"call_id": uuid.UUID(room_id), "participant_id": uuid.UUID(peer_id)}
    except ValueError:
        return
    voice_told.send_robust(sender=Call, told=told, **ids)


@transaction.atomic
def register_chunk(participant: Participant, *, path: str, **fields: int | str | bool) -> Chunk:
    """Create the Chunk, extend its Recording, and send `chunk_recorded` after commit; the second time it only returns it."""
    known = Chunk.objects.filter(path=path).first()
    if known is not None:
        return known
    started_ms, duration_ms = int(fields["started_ms"]), int(fields["duration_ms"])
    recording, _created = Recording.objects.get_or_create(
        participant=participant,
        defaults={
            "call_id": participant.call_id,
            "started_ms": started_ms,
            # The media server may have died before the first file of this side was closed.
            "interrupted": _was_interrupted(participant.call_id),
        },
    )
    chunk = Chunk.objects.create(recording=recording, path=path, **fields)
    recording.started_ms = min(recording.started_ms, started_ms)
    recording.duration_ms = max(recording.duration_ms, started_ms + duration_ms - recording.started_ms)
    recording.lost_packets += int(fields.get("lost_packets", 0))
    recording.save(update_fields=["started_ms", "duration_ms", "lost_packets"])
    transaction.on_commit(partial(chunk_recorded.send_robust, sender=Chunk, chunk_id=chunk.pk), robust=True)
    return chunk


@transaction.atomic
def mark_interrupted(call_id: uuid.UUID) -> None:
    """The media server died during the call: at most its last second is lost, and the record says so."""
    call = Call.objects.active().filter(pk=call_id).first()
    if call is not None:
        Recording.objects.filter(call=call).update(interrupted=True)
        events.emit(call, "recording-state", {"state": "interrupted"})


def is_interrupted(call_id: uuid.UUID) -> bool:
    """Whether the media server was lost and no side has been recorded anew since."""
    last = CallEvent.objects.filter(call=call_id, type="recording-state").order_by("seq").last()
    return last is not None and bool(last.payload["state"] == "interrupted")


def _was_interrupted(call_id: uuid.UUID) -> bool:
    told = CallEvent.objects.filter(call=call_id, type="recording-state")
    return told.filter(payload__state="interrupted").exists()


@transaction.atomic
def mark_restored(call_id: uuid.UUID, peer_id: uuid.UUID) -> None:
    call = Call.objects.active().filter(pk=call_id).first()
    if call is not None:
        events.emit(call, "recording-state", {"state": "restored", "peerId": str(peer_id)})


def _participant(call_id: str, participant_id: str) -> Participant | None:
    try:
        keys = {"call_id": uuid.UUID(call_id), "pk": uuid.UUID(participant_id)}
    except ValueError:
        return None
    return Participant.objects.filter(**keys).first()
