"""Listens to accounts: who is in a call cannot leave, and who has left is forgotten."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _

from accounts.actions import WithdrawalRefused
from accounts.models import User
from accounts.signals import withdrawing, withdrawn
from calls.actions import staff
from calls.models import Participant
from calls.states import ACTIVE


@receiver(withdrawing)
def refuse_during_call(user: User, **_kwargs: Any) -> None:
    if Participant.objects.present().filter(user=user, call__status__in=ACTIVE).exists():
        raise WithdrawalRefused(_("You are in a call. End it first."))


@receiver(withdrawn)
def forget_agent(user: User, **_kwargs: Any) -> None:
    staff.forget(user)
