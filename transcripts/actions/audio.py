"""The masked sound of a call made again from its chunks, after its masks have changed."""

from __future__ import annotations

import uuid

from calls.models import Chunk, Recording
from transcripts.actions.final import _assemble, _Result, _whole
from transcripts.engines.decode import DecodeError, decode
from transcripts.masking.audio import TimeSpan
from transcripts.models import CallTranscript, Source, Utterance


def remake_audio(call_id: uuid.UUID) -> None:
    """Replace the masked file of every side that has one; what nobody could hear stays beeped."""
    recordings = list(
        Recording.objects.filter(call=call_id)
        .exclude(masked_path="")
        .select_related("call", "participant")
        .prefetch_related("chunks")
    )
    if not recordings:
        return
    result = _Result(utterances=list(Utterance.objects.filter(call=call_id, source=Source.OFFLINE)))
    result.hidden = _unheard(call_id, recordings)
    for recording in recordings:
        _assemble(recording, result)


def _unheard(call_id: uuid.UUID, recordings: list[Recording]) -> list[TimeSpan]:
    known = CallTranscript.objects.filter(call=call_id).values_list("missing", flat=True).first() or []
    spans = [TimeSpan(each["start_ms"], each["end_ms"]) for each in known]
    for recording in recordings:
        for chunk in recording.chunks.all():
            chunk.recording = recording
            if chunk.has_speech and not _is_readable(chunk):
                spans.append(_whole(chunk))
    return spans


def _is_readable(chunk: Chunk) -> bool:
    try:
        decode(chunk.file())
    except DecodeError:
        return False
    return True
