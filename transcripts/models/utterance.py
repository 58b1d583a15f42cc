"""What was said, by whom and when; the original beside the masked text that everybody sees."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from calls.models import Call, Chunk, Participant


class Source(models.TextChoices):
    LIVE = "live", _("live captions")
    OFFLINE = "offline", _("final transcript")
    # Of noisy sound, cleaned: nobody reads it, but what it shows to be abuse or personal data is beeped too.
    AGAIN = "again", _("second hearing")


BEEPED = (Source.OFFLINE, Source.AGAIN)
"""What was heard for the final transcript: its masks are laid over the sound."""


class UtteranceQuerySet(models.QuerySet["Utterance"]):
    def visible_to(self, user: User) -> UtteranceQuerySet:
        """Those of the calls that the user may see."""
        return self.filter(call__in=Call.objects.visible_to(user))

    def best(self, call: Call) -> UtteranceQuerySet:
        """The transcript to show: the final one where there is one, else the live captions."""
        mine = self.filter(call=call)
        final = mine.filter(source=Source.OFFLINE)
        return final if final.exists() else mine.filter(source=Source.LIVE)


class Utterance(models.Model):
    """One piece of speech. `masks` is a list of {start, end, kind, severity, start_ms, end_ms,
    source_start, source_end}: start and end in `masked_text`, source_* in `text`, times in ms since the
    agent answered (None without word times). `words` is a list of [text, start_ms, end_ms, confidence].
    `unsure` is a list of [start, end] in `masked_text`: words that the recogniser doubts.
    `search_text` is the masked text as the search index wants it; `masked_at` tells which lexicon masked it."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="utterances", verbose_name=_("call"))
    participant = models.ForeignKey(
        Participant, models.CASCADE, related_name="utterances", verbose_name=_("participant")
    )
    chunk = models.ForeignKey(Chunk, models.SET_NULL, null=True, blank=True, related_name="utterances")
    source = models.CharField(_("source"), max_length=8, choices=Source.choices)
    position = models.PositiveIntegerField()
    start_ms = models.PositiveIntegerField(_("begins, ms"))
    end_ms = models.PositiveIntegerField(_("ends, ms"))
    text = models.TextField()
    masked_text = models.TextField(_("text"))
    masks = models.JSONField(default=list)
    words = models.JSONField(default=list)
    language = models.CharField(_("language"), max_length=2)
    confidence = models.FloatField(_("confidence"))
    engine = models.CharField(_("engine"), max_length=32)
    engine_model = models.CharField(_("model"), max_length=80)
    tone = models.FloatField(
        _("tone"), null=True, blank=True, help_text=_("-1 negative to 1 positive: a hint")
    )
    unsure = models.JSONField(default=list, editable=False)
    search_text = models.TextField(default="", blank=True, editable=False)
    masked_at = models.DateTimeField(default=timezone.now, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UtteranceQuerySet.as_manager()

    class Meta:
        verbose_name = _("utterance")
        verbose_name_plural = _("utterances")
        ordering = ("start_ms", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("chunk", "source", "position"), name="one_utterance_per_position"
            ),
        )
        indexes = (models.Index(fields=("call", "source", "start_ms"), name="utterance_timeline"),)

    def __str__(self) -> str:
        return f"{self.participant_id} {self.start_ms}"

    def public_masks(self) -> list[dict[str, Any]]:
        """Masks as pages get them: nothing that tells the length of what is hidden."""
        return [{key: mask[key] for key in ("start", "end", "kind", "severity")} for mask in self.masks]

    def hidden_word(self, index: int) -> str:
        """The original behind one mask. Only the reveal action calls this. Raises IndexError."""
        if index < 0:
            raise IndexError(index)
        mask = self.masks[index]
        return self.text[mask["source_start"] : mask["source_end"]]
