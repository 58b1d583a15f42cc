"""Opening the unmasked sound of one side. The row is written first: there is no sound without a reason on record."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from calls.models import Recording
from transcripts.access import originals_for
from transcripts.actions.reveal import MAX_NOTE
from transcripts.models import OriginalOpening, RevealReason

OPEN_FOR = timedelta(minutes=10)


class OpeningRefused(Exception):
    """`code` is stable: not_found, no_reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def open_original(
    user: User, call_id: uuid.UUID, participant_id: uuid.UUID, reason: str, note: str = ""
) -> OriginalOpening:
    """Let `user` hear one side of a call until `expires_at`.

    Raises OpeningRefused: "no_reason" for an unknown reason; "not_found" when it is not theirs to open.
    """
    if reason not in RevealReason.values:
        raise OpeningRefused("no_reason")
    side = originals_for(user).filter(call=call_id, participant=participant_id).first()
    if side is None:
        raise OpeningRefused("not_found")
    return OriginalOpening.objects.create(
        user=user,
        call_id=call_id,
        recording=side,
        reason=reason,
        note=note.strip()[:MAX_NOTE],
        expires_at=timezone.now() + OPEN_FOR,
    )


def opened(user: User, call_id: uuid.UUID, opening_id: uuid.UUID) -> Recording | None:
    """The side behind a link that is still good. Whether `user` may hear it is asked again each time."""
    good = OriginalOpening.objects.filter(user=user, expires_at__gt=timezone.now())
    return originals_for(user).filter(openings__in=good.filter(pk=opening_id, call=call_id)).first()
