"""What somebody is saying just now, before the utterance is over: shown grey, never stored, never unmasked.

Its end is unsure and is held back: a word that is cut in half, and the beginning of what may become personal
data. The finished utterance is heard anew.
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.cache import cache

from calls import events
from calls.models import Call, Chunk, Participant
from calls.models.call import ParticipantRole
from calls.states import ACTIVE
from transcripts.actions import load
from transcripts.actions.neighbours import GAP_MS
from transcripts.engines.base import SAMPLE_RATE, EngineUnavailable, SpeechError
from transcripts.engines.decode import decode
from transcripts.engines.words import Transcription, Word
from transcripts.masking.joined import MOST
from transcripts.masking.mask import MaskedText
from transcripts.models import Source, SpeechJob, Utterance
from transcripts.speech import engine_of
from transcripts.vocabulary import Rules, rules

logger = logging.getLogger(__name__)

EXPIRES_SECONDS = 3.0
UNSURE_MS = 600
HELD_WORDS = 2
"""A masked term may be spoken in two words; the first of them alone would give it away."""
NUMBER = re.compile(
    r".*[\d@].*|[공영빵일이삼사오육륙칠팔구십백천만에의다시하나둘셋넷섯여덟곱홉열-]+[.,]?"
    r"|(?:zero|oh|o|one|two|three|four|five|six|seven|eight|nine|ten|double|triple|dash|dot|at)[.,]?",
    re.IGNORECASE,
)
"""A word that may belong to a number or an address that is not complete yet."""


def may_start(participant_id: uuid.UUID) -> bool:
    """Take the party's only place in the queue, unless captions are behind already."""
    return load.level() == 0 and bool(cache.add(_place(participant_id), 1, timeout=EXPIRES_SECONDS))


def caption_partial(call_id: uuid.UUID, participant_id: uuid.UUID, path: str, started_ms: int) -> None:
    """Hear an utterance so far and tell the pages. Given up when it is over, or when captions are behind."""
    try:
        _caption(call_id, participant_id, path, started_ms)
    except (SpeechError, EngineUnavailable) as error:
        logger.debug("call %s: no partial caption (%s)", call_id, type(error).__name__)
    finally:
        cache.delete(_place(participant_id))


def take_back(chunk: Chunk) -> None:
    """Nothing came of an utterance: its partial goes from the pages."""
    participant = chunk.recording.participant
    _tell(chunk.recording.call, participant, MaskedText("", ()), max(0, chunk.offset_ms()), "")


def _caption(call_id: uuid.UUID, participant_id: uuid.UUID, path: str, started_ms: int) -> None:
    participant = (
        Participant.objects.filter(pk=participant_id, call_id=call_id, call__status__in=ACTIVE)
        .exclude(call__answered_at=None)
        .exclude(role=ParticipantRole.ASSISTANT)
        .select_related("call")
        .first()
    )
    file = _inside(path)
    if participant is None or file is None or load.level() > 0 or _is_over(participant, file, started_ms):
        return
    if _waits_for_earlier(participant):
        return
    call = participant.call
    answered_ms = round(call.answered_at.timestamp() * 1000) if call.answered_at else started_ms
    audio = decode(file)
    heard = engine_of(call, "live").draft(audio, language=call.language, offset_ms=started_ms - answered_ms)
    end_ms = started_ms - answered_ms + len(audio) * 1000 // SAMPLE_RATE
    shown = sure_part(heard, end_ms, call.queue_id, _said_before(participant, started_ms - answered_ms))
    # Asked again: hearing takes its time, and the caption must not be followed by its own beginning.
    if shown.text and not _is_over(participant, file, started_ms):
        _tell(call, participant, shown, max(0, started_ms - answered_ms), heard.language[:2])


def sure_part(
    heard: Transcription, end_ms: int, queue_id: int | None, before: Sequence[str] = ()
) -> MaskedText:
    """What may be shown of an utterance that goes on at `end_ms`: masked, without its unsure end. `before` is what the
    speaker said just before, and may be the first half of a number.
    """
    words = [word for segment in heard.segments for word in segment.words]
    kept = _sure_words(words, end_ms)
    whole = "".join(word.text for word in words).strip()
    cut = len("".join(word.text for word in kept).strip())
    return _masked_as_a_whole(whole, cut, before, rules(queue_id))


def _sure_words(words: list[Word], end_ms: int) -> list[Word]:
    kept = words[:-HELD_WORDS]
    while kept and (kept[-1].end_ms > end_ms - UNSURE_MS or NUMBER.fullmatch(kept[-1].text.strip())):
        kept = kept[:-1]
    return kept


def _said_before(participant: Participant, start_ms: int) -> list[str]:
    """The speaker's utterances that end shortly before, in order."""
    said = Utterance.objects.filter(
        call_id=participant.call_id, participant=participant, source=Source.LIVE, start_ms__lt=start_ms
    )
    near = said.filter(end_ms__gte=max(0, start_ms - GAP_MS)).order_by("-start_ms")
    return list(near.values_list("text", flat=True)[:MOST])[::-1]


def _mask(text: str, before: Sequence[str], by: Rules) -> MaskedText:
    return by.mask(text, by.across([*before, text])[-1])


def _masked_as_a_whole(whole: str, cut: int, before: Sequence[str], by: Rules) -> MaskedText:
    """The first `cut` letters. What is masked in the whole is masked in them too, or they end before it."""
    found = _mask(whole, before, by).masks
    while True:
        part = _mask(whole[:cut].rstrip(), before, by)
        hidden = [(mask.source.start, mask.source.end) for mask in part.masks]
        open_ones = [
            mask.source.start
            for mask in found
            if mask.source.start < cut
            and not any(start <= mask.source.start and mask.source.end <= end for start, end in hidden)
        ]
        if not open_ones:
            return part
        cut = min(open_ones)


def _is_over(participant: Participant, file: Path, started_ms: int) -> bool:
    newer = Chunk.objects.filter(recording__participant=participant, started_ms__gte=started_ms)
    return not file.exists() or newer.exists()


def _waits_for_earlier(participant: Participant) -> bool:
    """Whether what the party said before is not known yet: it may be the first half of a number."""
    return SpeechJob.objects.unsettled().filter(chunk__recording__participant=participant).exists()


def _inside(path: str) -> Path | None:
    """The open file; None for a name that leads out of the recordings."""
    root = (settings.DATA_DIR / "recordings").resolve()
    file = (root / path).resolve()
    return file if file.is_relative_to(root) else None


def _tell(call: Call, participant: Participant, shown: MaskedText, start_ms: int, language: str) -> None:
    masks = [
        {"start": mask.start, "end": mask.end, "kind": mask.kind, "severity": mask.severity}
        for mask in shown.masks
    ]
    message = {
        "type": "caption-partial",
        "callId": str(call.pk),
        "peerId": str(participant.pk),
        "role": participant.role,
        "text": shown.text,
        "masks": masks,
        "startMs": start_ms,
        "language": language,
    }
    events.relay(call.pk, message)


def _place(participant_id: uuid.UUID) -> str:
    return f"captions:partial:{participant_id}"
