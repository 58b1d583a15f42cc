"""A document that the assistant of a place answers from."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.models import Place
from transcripts.assistant.documents import MOST_LETTERS, Kind

CAME_AS = (
    (Kind.TEXT.value, _("plain text")),
    (Kind.MARKDOWN.value, "Markdown"),
    (Kind.HTML.value, _("web page")),
    (Kind.PDF.value, "PDF"),
)


class KnowledgeDocument(models.Model):
    """Kept as its text, with headings as `# ` lines; the file itself is not kept. Without a place it holds everywhere."""

    place = models.ForeignKey(
        Place, models.CASCADE, null=True, blank=True, related_name="documents", verbose_name=_("place")
    )
    title = models.CharField(_("title"), max_length=120)
    kind = models.CharField(_("came as"), max_length=8, choices=CAME_AS, default=Kind.TEXT)
    text = models.TextField(
        _("text"),
        max_length=MOST_LETTERS,
        help_text=_("Lines that begin with # are headings. Sentences of it are read aloud as they stand."),
    )
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES, default="ko")
    is_active = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(_("added"), default=timezone.now)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("document of the house")
        verbose_name_plural = _("documents of the house")
        ordering = ("place", "title", "id")

    def __str__(self) -> str:
        return self.title
