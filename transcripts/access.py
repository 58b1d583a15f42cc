"""Who may read what was said, and who may look behind a mask. Authorization is the query."""

from __future__ import annotations

from accounts.models import User
from calls.states import ACTIVE
from transcripts.models import Utterance
from transcripts.models.utterance import UtteranceQuerySet


def utterances_for(user: User) -> UtteranceQuerySet:
    """Agents: calls that they took part in; supervisors: their teams'; administrators: all."""
    return Utterance.objects.visible_to(user)


def revealable_by(user: User) -> UtteranceQuerySet:
    """The same, but never during the call."""
    return utterances_for(user).exclude(call__status__in=ACTIVE)
