"""People who work here: users with one role, and the teams they share."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    AGENT = "agent", _("agent")
    SUPERVISOR = "supervisor", _("supervisor")
    ADMIN = "admin", _("administrator")


class Team(models.Model):
    name = models.CharField(_("name"), max_length=80, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def create_user(self, username: str, password: str | None = None, **fields: object) -> User:
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: object) -> User:
        fields.setdefault("role", Role.ADMIN)
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> UserQuerySet:
        return self.filter(is_active=True)

    def visible_to(self, user: User) -> UserQuerySet:
        """Colleagues whom `user` may see: administrators see all, others those who share a team, and themselves."""
        if user.is_admin:
            return self
        return self.filter(Q(pk=user.pk) | Q(teams__in=user.teams.all())).distinct()


class User(AbstractUser):
    """A member of staff. Customers have no account."""

    first_name = None  # type: ignore[assignment] # Korean names are one field
    last_name = None  # type: ignore[assignment] # likewise
    name = models.CharField(_("name"), max_length=80)
    alias = models.CharField(
        _("name shown to customers"),
        max_length=80,
        blank=True,
        help_text=_("Empty: the name itself is shown."),
    )
    department = models.CharField(_("department"), max_length=80, blank=True)
    role = models.CharField(_("role"), max_length=12, choices=Role.choices, default=Role.AGENT)
    teams = models.ManyToManyField(Team, verbose_name=_("teams"), blank=True, related_name="members")
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES, default="ko")
    withdrawn_at = models.DateTimeField(_("account deleted"), null=True, blank=True, editable=False)

    objects = UserManager()  # type: ignore[assignment,misc] # our manager takes a name, not an address

    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ("name", "username")

    def __str__(self) -> str:
        return self.name or self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The role is the one truth: Django's own flags follow it."""
        self.is_staff = self.is_superuser = self.role == Role.ADMIN and self.withdrawn_at is None
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN or self.is_superuser

    @property
    def is_supervisor(self) -> bool:
        return self.role == Role.SUPERVISOR or self.is_admin

    @property
    def public_name(self) -> str:
        """What a customer reads."""
        return self.alias or self.name

    def withdraw(self) -> None:
        """Delete the account: nobody can log in with it and the person is no longer named; past calls keep their row."""
        self.username = f"withdrawn-{self.pk}-{secrets.token_hex(4)}"
        self.name = str(_("former staff"))
        self.alias = self.department = self.email = ""
        self.is_active = False
        self.withdrawn_at = timezone.now()
        self.set_unusable_password()
        self.save()
        self.teams.clear()


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> InvitationQuerySet:
        return self.filter(used_at=None, expires_at__gt=timezone.now())

    def claim(self, token: str, user: User) -> bool:
        """Compare-and-swap: a link makes one account, however often it is sent at once."""
        return bool(self.open().filter(token=token).update(used_at=timezone.now(), used_by=user))


def _invitation_token() -> str:
    return secrets.token_urlsafe(32)


def _invitation_expiry() -> datetime:
    return timezone.now() + timedelta(days=settings.INVITATION_DAYS)


class Invitation(models.Model):
    """A link with which one new member of staff signs up, once."""

    token = models.CharField(max_length=64, unique=True, default=_invitation_token, editable=False)
    role = models.CharField(_("role"), max_length=12, choices=Role.choices, default=Role.AGENT)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, verbose_name=_("team"))
    note = models.CharField(_("for whom"), max_length=120, blank=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="invitations_sent"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("valid until"), default=_invitation_expiry)
    used_at = models.DateTimeField(null=True, editable=False)
    used_by = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="invitation"
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.note or f"{self.get_role_display()} {self.created_at:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        return self.used_at is None and self.expires_at > timezone.now()

    def public_url(self) -> str:
        """The link to send to the new colleague."""
        return settings.PUBLIC_URL + reverse("accounts:invitation", args=[self.token])
