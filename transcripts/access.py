"""Who may read what was said, look behind a mask, or hear a call unmasked. Authorization is the query."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import User
from calls.models import Call, Recording
from calls.states import ACTIVE
from transcripts.models import TranscriptState, Utterance
from transcripts.models.utterance import UtteranceQuerySet


def utterances_for(user: User) -> UtteranceQuerySet:
    """Agents: calls that they took part in; supervisors: their teams'; administrators: all."""
    return Utterance.objects.visible_to(user)


def revealable_by(user: User) -> UtteranceQuerySet:
    """The same, but never during the call."""
    return utterances_for(user).exclude(call__status__in=ACTIVE)


def originals_for(user: User) -> QuerySet[Recording]:
    """Sides that the user may open unmasked: with the permission, of calls that they may see, once the transcript is
    made. While a call waits for a speech model nobody hears it.
    """
    if not user.has_perm("transcripts.open_original"):
        return Recording.objects.none()
    made = Recording.objects.filter(call__in=Call.objects.visible_to(user)).exclude(original_path="")
    made = made.filter(call__transcript__state__in=[TranscriptState.READY, TranscriptState.PARTIAL])
    return made.filter(call__erased_at=None).exclude(call__status__in=ACTIVE)
