"""Written words and files of a room. Only what may be seen is kept: a message is stored as it was masked."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.models.call import Participant
from calls.models.recording import keyring
from calls.models.room import Room
from calls.vault import PlainFile, open_sound


class AttachmentState(models.TextChoices):
    CHECKING = "checking", _("being checked")
    READY = "ready", _("ready")
    REFUSED = "refused", _("refused")


class HandingOver(models.TextChoices):
    """How far a file has come that goes from device to device: `state` in `Message.direct`."""

    OFFERED = "offered", _("offered")
    ACCEPTED = "accepted", _("accepted")
    DECLINED = "declined", _("declined")
    ARRIVED = "arrived", _("arrived")
    FAILED = "failed", _("did not arrive")


class Attachment(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    room = models.ForeignKey(Room, models.CASCADE, related_name="attachments")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    party = models.ForeignKey(Participant, models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(_("name"), max_length=120)
    content_type = models.CharField(_("type"), max_length=80)
    size = models.PositiveBigIntegerField(_("bytes"))
    sha256 = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=8, choices=AttachmentState.choices)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ("created_at",)

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def file(self) -> Path:
        """Where its bytes lie, sealed; the name that it came with is in no path. Read it by `open` only."""
        return Path(settings.DATA_DIR) / "files" / str(self.room_id) / str(self.pk)

    def open(self) -> PlainFile:
        """Its bytes. Raises VaultError, FileNotFoundError."""
        return open_sound(self.file, keyring())

    @property
    def is_image(self) -> bool:
        return self.content_type in ("image/png", "image/jpeg", "image/gif", "image/webp")


class Message(models.Model):
    """`seq` counts from 1 within the room, without holes; `author` is "user:<id>" or "party:<id>"."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    room = models.ForeignKey(Room, models.CASCADE, related_name="messages")
    seq = models.PositiveIntegerField()
    author = models.CharField(max_length=48)
    author_name = models.CharField(_("from"), max_length=80, blank=True)
    client_id = models.CharField(max_length=64)
    text = models.TextField(_("text"), blank=True)
    masks = models.JSONField(default=list)
    attachment = models.ForeignKey(Attachment, models.SET_NULL, null=True, blank=True, related_name="+")
    direct = models.JSONField(_("handed over directly"), null=True, blank=True)
    """{name, contentType, size, sha256, headSha256, state} of a file that went from device to device and is not kept."""
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ("room", "seq")
        constraints = (
            models.UniqueConstraint(fields=("room", "seq"), name="one_message_per_number"),
            models.UniqueConstraint(fields=("room", "author", "client_id"), name="one_message_per_client_id"),
        )

    def __str__(self) -> str:
        return f"{self.room_id} {self.seq}"

    @property
    def file_name(self) -> str:
        """Of what was sent or handed over with it; empty for words alone."""
        return self.attachment.name if self.attachment else self.direct["name"] if self.direct else ""

    @property
    def came_to(self) -> str:
        """What became of a file that was to go directly, in words; empty for other messages."""
        return str(HandingOver(self.direct["state"]).label) if self.direct else ""

    @property
    def by_customer(self) -> bool:
        return self.author.startswith("party:")


class ReadMark(models.Model):
    """How far somebody has read."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="read_marks")
    reader = models.CharField(max_length=48)
    name = models.CharField(max_length=80, blank=True)
    seq = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("room", "reader"), name="one_read_mark_per_reader"),)

    def __str__(self) -> str:
        return f"{self.reader} {self.seq}"


class PresenceLeaseQuerySet(models.QuerySet["PresenceLease"]):
    def live(self) -> PresenceLeaseQuerySet:
        return self.filter(expires_at__gt=timezone.now())


class PresenceLease(models.Model):
    """One open page of somebody who wants to be seen; `away` when nobody has touched it for a while."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="presence_leases")
    away = models.BooleanField(default=False)
    since = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    objects = PresenceLeaseQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.id)
