"""Places (what a QR code stands for), queues, and who serves which queue."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Team

CODE_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no look-alikes: people read codes aloud


def place_code() -> str:
    """A random code of 12 letters, 59 bits: a link cannot be found by trying."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(12))


class ListeningTold(models.TextChoices):
    """Who sees on the page that a supervisor listens. Everybody was told before the call that one may."""

    AGENT = "agent", _("the agent")
    BOTH = "both", _("the agent and the customer")
    NOBODY = "nobody", _("nobody")

    @property
    def roles(self) -> list[str]:
        return {"agent": ["agent"], "both": ["agent", "customer"]}.get(self.value, [])


class Queue(models.Model):
    """Where calls wait. Its members are offered them."""

    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80, blank=True)
    team = models.ForeignKey(Team, models.PROTECT, verbose_name=_("team"), related_name="queues")
    target_seconds = models.PositiveIntegerField(
        _("target wait (s)"),
        default=180,
        validators=[MinValueValidator(1)],
        help_text=_("Waits past it are marked."),
    )
    listening_told = models.CharField(
        _("listening is shown to"), max_length=8, choices=ListeningTold.choices, default=ListeningTold.AGENT
    )
    direct_files = models.BooleanField(
        _("files go directly when both agree"),
        default=False,
        help_text=_(
            "In a direct call, agent and customer may hand each other files from device to device. Such a file is not"
            " scanned for viruses, not kept, and cannot be looked at later: only its name, size, type and hash can."
        ),
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="QueueMembership", related_name="queues", verbose_name=_("agents")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.direct_files and settings.ATTACHMENT_SCANNER:
            problem = _("Every file is to be shown to the virus scanner: none may go past it.")
            raise ValidationError({"direct_files": problem})

    @property
    def local_name(self) -> str:
        return (self.name_en if (get_language() or "ko").startswith("en") else "") or self.name

    @property
    def hands_files_over(self) -> bool:
        """A scanner that was set later has its way."""
        return self.direct_files and not settings.ATTACHMENT_SCANNER


class QueueMembership(models.Model):
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="memberships", verbose_name=_("queue"))
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="queue_memberships", verbose_name=_("agent")
    )

    class Meta:
        verbose_name = _("queue membership")
        verbose_name_plural = _("queue memberships")
        constraints = (models.UniqueConstraint(fields=("queue", "agent"), name="one_membership_per_queue"),)

    def __str__(self) -> str:
        return f"{self.queue} · {self.agent}"


class MediaPath(models.TextChoices):
    AUTO = "auto", _("direct, relayed when that fails")
    RELAYED = "relayed", _("always relayed by the server")


class PlaceQuerySet(models.QuerySet["Place"]):
    def open(self) -> PlaceQuerySet:
        """Places whose links work."""
        return self.filter(is_active=True).select_related("queue")

    def at(self, code: str) -> Place | None:
        """The place of a code as a stranger sent it; PostgreSQL refuses to compare a NUL."""
        return None if "\x00" in code else self.filter(code=code).first()


class Place(models.Model):
    """A shop, a desk, a product: what one QR code stands for."""

    code = models.CharField(_("link code"), max_length=32, unique=True, default=place_code, editable=False)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80, blank=True)
    location = models.CharField(_("where it hangs"), max_length=120, blank=True)
    location_en = models.CharField(_("where it hangs, in English"), max_length=120, blank=True)
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="places", verbose_name=_("queue"))
    topics = models.JSONField(
        _("topics"), default=list, blank=True, help_text=_('A list of {"ko": "여권", "en": "Passport"}.')
    )
    hours = models.CharField(_("opening hours, as text"), max_length=120, blank=True)
    hours_en = models.CharField(_("opening hours, in English"), max_length=120, blank=True)
    phone = models.CharField(_("phone for emergencies"), max_length=40, blank=True)
    media_path = models.CharField(
        _("way of the sound"), max_length=8, choices=MediaPath.choices, default=MediaPath.AUTO
    )
    is_active = models.BooleanField(_("link works"), default=True)
    is_default = models.BooleanField(
        _("default"), default=False, help_text=_("Calls placed by the API without a receiver come here.")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PlaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("calls:place", args=[self.code])

    def public_url(self) -> str:
        """What the QR code holds."""
        return settings.PUBLIC_URL + self.get_absolute_url()

    def local(self, field: str) -> str:
        """`name`, `location` or `hours` in the language of the page, Korean where English is empty."""
        english = getattr(self, f"{field}_en") if (get_language() or "ko").startswith("en") else ""
        return str(english or getattr(self, field))

    @property
    def local_name(self) -> str:
        return self.local("name")

    @property
    def local_location(self) -> str:
        return self.local("location")

    @property
    def local_hours(self) -> str:
        return self.local("hours")

    def topic_choices(self) -> list[tuple[str, str]]:
        """(stored Korean name, label in the page's language)."""
        english = (get_language() or "ko").startswith("en")
        return [
            (topic["ko"], topic.get("en") or topic["ko"] if english else topic["ko"]) for topic in self.topics
        ]
