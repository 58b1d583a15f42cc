"""What happens to accounts: sign-up by invitation, and withdrawal."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Invitation, Role, User
from accounts.signals import withdrawing, withdrawn


class InvitationGone(Exception):
    """The link was used or ran out between the form and the button."""


class WithdrawalRefused(Exception):
    """The account cannot be deleted now. The text is for the person."""


@transaction.atomic
def sign_up(invitation: Invitation, *, username: str, name: str, password: str, language: str) -> User:
    """Make the account that `invitation` promises, once. Raises InvitationGone when another page was first."""
    user = User.objects.create_user(username, password, name=name, role=invitation.role, language=language)
    if not Invitation.objects.all().claim(invitation.token, user):
        raise InvitationGone
    if invitation.team is not None:
        user.teams.add(invitation.team)
    return user


@transaction.atomic
def withdraw(user: User) -> None:
    """Delete the account. Past calls stay, without the person's name. Raises WithdrawalRefused.

    Sessions and tokens die with the password, sockets at their next look at `is_active`.
    """
    if user.is_admin and not _other_admins(user):
        raise WithdrawalRefused(_("You are the only administrator. Appoint another one first."))
    withdrawing.send(sender=User, user=user)
    user.withdraw()
    withdrawn.send(sender=User, user=user)


def _other_admins(user: User) -> bool:
    return User.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=user.pk).exists()
