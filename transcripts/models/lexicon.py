"""The words that are masked, as the administrators keep them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from calls.models import Queue
from transcripts.masking.lexicon import Entry, Match

LANGUAGES = [("ko", "한국어"), ("en", "English")]


class MatchChoice(models.TextChoices):
    WORD = Match.WORD.value, _("as a word of its own")
    START = Match.START.value, _("at the start of a word")
    ANYWHERE = Match.ANYWHERE.value, _("anywhere")


class LexiconQuerySet(models.QuerySet["LexiconEntry"]):
    def enabled(self) -> LexiconQuerySet:
        return self.filter(enabled=True)


class LexiconEntry(models.Model):
    """One term. An allowed term is an exception: what lies wholly inside it is never masked."""

    term = models.CharField(_("term"), max_length=80)
    language = models.CharField(_("language"), max_length=2, choices=LANGUAGES, default="ko")
    severity = models.PositiveSmallIntegerField(
        _("severity"), default=2, validators=[MinValueValidator(1), MaxValueValidator(3)]
    )
    match = models.CharField(
        _("where it counts"), max_length=8, choices=MatchChoice.choices, default=MatchChoice.WORD
    )
    sound_alikes = models.BooleanField(_("also what sounds the same"), default=False)
    is_allowed = models.BooleanField(_("exception: never masked"), default=False)
    queue = models.ForeignKey(
        Queue,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="lexicon_entries",
        verbose_name=_("queue"),
        help_text=_("Counts in this queue only; empty: everywhere."),
    )
    enabled = models.BooleanField(_("in use"), default=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = LexiconQuerySet.as_manager()

    class Meta:
        verbose_name = _("lexicon entry")
        verbose_name_plural = _("lexicon")
        ordering = ("language", "term")
        constraints = (
            models.UniqueConstraint(
                fields=("language", "term", "is_allowed"),
                condition=Q(queue=None),
                name="one_entry_per_term",
            ),
            models.UniqueConstraint(
                fields=("language", "term", "is_allowed", "queue"), name="one_entry_per_term_and_queue"
            ),
        )

    def __str__(self) -> str:
        return self.term

    def clean(self) -> None:
        self.term = " ".join(self.term.lower().split())
        if self.language == "ko":
            self.term = self.term.replace(" ", "")
        if not self.term:
            raise ValidationError({"term": _("Write a term.")})

    def as_entry(self) -> Entry:
        return Entry(
            term=self.term,
            language=self.language,
            severity=self.severity,
            match=Match(self.match),
            sound_alikes=self.sound_alikes,
            allowed=self.is_allowed,
        )
