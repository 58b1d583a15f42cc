"""The stored sound of a call: each side whole and masked, made from its chunks, and made again when masks change."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import av
from django.conf import settings

from calls.media.opus import SAMPLE_RATE as OPUS_RATE
from calls.models import Call, Chunk, Recording
from calls.models.call import ParticipantRole
from calls.models.recording import ChunkCodec, keyring
from calls.vault import replace_plain
from transcripts.actions.sound import heard, readable
from transcripts.engines.decode import DecodeError
from transcripts.masking.audio import Piece, TimeSpan, padded, splice
from transcripts.masking.encode import opus_packets
from transcripts.masking.mix import mix
from transcripts.models import CallTranscript, Utterance
from transcripts.models.utterance import BEEPED
from transcripts.waveform import levels

logger = logging.getLogger(__name__)

Masks = list[dict[str, Any]]


def beeped(masks: Iterable[Masks], missing: Masks) -> list[TimeSpan]:
    """What is beeped, on every side: one speaker's voice leaks into the other's microphone, and what nobody could
    hear may be anything."""
    hidden = [mask for each in masks for mask in each]
    return padded(TimeSpan(span["start_ms"], span["end_ms"]) for span in [*hidden, *missing])


def remake_audio(call_id: uuid.UUID) -> None:
    """Make the masked sound of a finished call again from its chunks and its final transcript. Safe to repeat."""
    transcript = CallTranscript.objects.filter(call=call_id).first()
    if transcript is None:
        return
    said = Utterance.objects.filter(call=call_id, source__in=BEEPED).values_list("masks", flat=True)
    spans = beeped(said.iterator(), transcript.missing)
    recordings = recordings_of(call_id)
    for recording in recordings:
        assemble(recording, spans)
    path = mix_sides(recordings)
    CallTranscript.objects.filter(pk=transcript.pk).update(mix_path=path)


def mix_sides(recordings: Sequence[Recording]) -> str:
    """One stereo file of the masked sides; gives its path, or "" when it cannot be made (the sides stay)."""
    if not recordings:
        return ""
    path = f"audio/{recordings[0].call_id}/mix.masked.opus"
    try:
        mix(
            _masked_files(recordings, customer=True),
            _masked_files(recordings, customer=False),
            settings.DATA_DIR / path,
        )
    except (av.FFmpegError, OSError) as error:
        logger.warning("call %s: no stereo file (%s)", recordings[0].call_id, type(error).__name__)
        return ""
    return path


def _masked_files(recordings: Sequence[Recording], *, customer: bool) -> list[Path]:
    mine = (each for each in recordings if (each.participant.role == ParticipantRole.CUSTOMER) == customer)
    return [file for recording in mine if (file := recording.masked_file()) is not None and file.exists()]


def recordings_of(call: Call | uuid.UUID) -> list[Recording]:
    """The sides of a call with what `assemble` reads, in a constant number of queries."""
    found = Recording.objects.filter(call=call).select_related("call", "participant")
    return list(found.prefetch_related("chunks"))


def assemble(recording: Recording, spans: Sequence[TimeSpan]) -> None:
    """Both files of one side, the whole one sealed; the row names them only when they are complete."""
    base = f"audio/{recording.call_id}/{recording.participant_id}"
    original, masked = f"{base}.opus", f"{base}.masked.opus"
    pieces = [_piece(recording, chunk) for chunk in recording.chunks.all()]
    splice(pieces, settings.DATA_DIR / original, settings.DATA_DIR / masked, spans)
    replace_plain(settings.DATA_DIR / original, keyring())
    # Measured here, so that the first look at the page does not wait for it.
    levels(settings.DATA_DIR / masked)
    recording.original_path, recording.masked_path = original, masked
    recording.save(update_fields=["original_path", "masked_path"])


def _piece(recording: Recording, chunk: Chunk) -> Piece:
    chunk.recording = recording  # it knows when the call was answered, without another query
    if chunk.codec == ChunkCodec.OPUS:
        return Piece(chunk.offset_ms(), partial(readable, chunk))
    try:
        return Piece(chunk.offset_ms(), opus_packets(heard(chunk, rate=OPUS_RATE)))
    except DecodeError:
        return Piece(chunk.offset_ms(), [])
