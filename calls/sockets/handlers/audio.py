"""Sound over the socket, where the media server cannot be reached: on the disk first, then acknowledged."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from django.conf import settings

from calls.actions.slices import FORMATS, Slice, finish_slices, store_slice
from calls.signaling.errors import ErrorCode, SignalError
from calls.signaling.messages.call import AudioData
from calls.signaling.session import Perform, Seat
from calls.sockets.database import in_database
from calls.sockets.handlers import handles
from calls.sockets.page import Page
from calls.sockets.seats import Key
from calls.states import TALKING

logger = logging.getLogger(__name__)

DEFAULT_RECORDER = "page"
DEFAULT_FORMAT = "audio/webm"
MAX_RECORDERS = 64
"""A page starts a new recorder after each reconnect at most; more than this is no page."""


@handles(AudioData)
async def audio_data(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, AudioData)
    link = page.call_link(act)
    sequence = await in_database(_store, link.key, link.seat, act.request)
    return {"sequence": sequence}


def _store(key: Key, seat: Seat, request: AudioData) -> int:
    """The slice's number, once it is on the disk. Told twice, stored once."""
    party = key.prove()
    # The last slices of a call reach us after its end.
    if party.call.state not in TALKING and party.call.answered_at is None:
        raise SignalError(ErrorCode.WRONG_STATE)
    piece = _slice(seat, request)
    try:
        store_slice(piece)
        if request.last:
            finish_slices(piece.participant_id)
    except OSError as error:
        logger.error("audio of %s could not be stored: errno %s", seat.peer_id, error.errno)
        raise SignalError(ErrorCode.STORAGE_FAILED) from None
    return piece.sequence


def _slice(seat: Seat, request: AudioData) -> Slice:
    essence = (request.mime_type or DEFAULT_FORMAT).split(";")[0].strip().lower()
    if essence not in FORMATS:
        raise SignalError(
            ErrorCode.MALFORMED, f"mimeType must be one of {', '.join(FORMATS)}.", field="mimeType"
        )
    recorder = request.recorder or DEFAULT_RECORDER
    folder = settings.DATA_DIR / "recordings" / seat.call_id / seat.peer_id / "slices"
    if not (folder / recorder).exists() and folder.exists() and len(list(folder.iterdir())) >= MAX_RECORDERS:
        raise SignalError(ErrorCode.FORBIDDEN, "Too many recorders.")
    sequence = request.sequence
    if sequence is None:
        sequence = len(list((folder / recorder).glob("*"))) if (folder / recorder).exists() else 0
    return Slice(
        call_id=uuid.UUID(seat.call_id),
        participant_id=uuid.UUID(seat.peer_id),
        recorder=recorder,
        sequence=sequence,
        timestamp_ms=request.timestamp,
        codec=FORMATS[essence],
        data=request.audio_data,
    )
