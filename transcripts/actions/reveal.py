"""Looking behind a mask. The row is written first: there is no word without a reason on record."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from transcripts.access import revealable_by
from transcripts.models import Reveal, RevealReason, Utterance

MAX_NOTE = 200


class RevealRefused(Exception):
    """`code` is stable: not_found, no_reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def reveal(user: User, utterance: Utterance, mask_index: int, reason: str, note: str = "") -> str:
    """The original word behind one mask, once the look is on record.

    Raises RevealRefused: "no_reason" for an unknown reason; "not_found" when the utterance is not the
    user's to see, its call is not over, or it has no such mask.
    """
    if reason not in RevealReason.values:
        raise RevealRefused("no_reason")
    mine = revealable_by(user).filter(pk=utterance.pk).first()
    if mine is None or not 0 <= mask_index < len(mine.masks):
        raise RevealRefused("not_found")
    with transaction.atomic():
        Reveal.objects.create(
            user=user,
            call_id=mine.call_id,
            utterance=mine,
            mask_index=mask_index,
            at_ms=mine.masks[mask_index].get("start_ms") or mine.start_ms,
            reason=reason,
            note=note.strip()[:MAX_NOTE],
        )
    return mine.hidden_word(mask_index)
