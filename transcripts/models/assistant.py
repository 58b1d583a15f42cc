"""What the assistant knows, what it said, and what that cost."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.models import Call, Place
from transcripts.assistant.voice import VOICES
from transcripts.tone.tone import Tone


class KnowledgeEntry(models.Model):
    """An answer of the house, and the ways in which people ask for it. Without a place it holds everywhere."""

    place = models.ForeignKey(
        Place, models.CASCADE, null=True, blank=True, related_name="knowledge", verbose_name=_("place")
    )
    questions = models.TextField(
        _("questions"), max_length=2000, help_text=_("How people ask for it: one way on each line.")
    )
    answer = models.TextField(
        _("answer"),
        max_length=2000,
        help_text=_("It is read aloud word for word: two or three short sentences."),
    )
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES, default="ko")
    is_active = models.BooleanField(_("in use"), default=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("answer of the house")
        verbose_name_plural = _("answers of the house")
        ordering = ("place", "id")

    def __str__(self) -> str:
        return self.questions.splitlines()[0][:60] if self.questions.strip() else str(self.pk)


class AssistantMode(models.TextChoices):
    OFF = "off", _("off")
    OUT_OF_HOURS = "out_of_hours", _("out of hours, or while nobody is on duty")
    OVERFLOW = "overflow", _("when nobody has answered for a while")
    FIRST = "first", _("first, before any person")


class AssistantPolicy(models.Model):
    """How the assistant speaks for a place; without a place, everywhere else."""

    place = models.OneToOneField(
        Place, models.CASCADE, null=True, blank=True, related_name="assistant", verbose_name=_("place")
    )
    mode = models.CharField(
        _("answers calls"), max_length=12, choices=AssistantMode.choices, default=AssistantMode.OFF
    )
    overflow_seconds = models.PositiveSmallIntegerField(
        _("a while, in seconds"),
        default=45,
        help_text=_("So long a customer waits before the assistant answers."),
    )
    opens_at = models.TimeField(_("opens at"), null=True, blank=True)
    closes_at = models.TimeField(_("closes at"), null=True, blank=True)
    weekdays = models.CharField(
        _("open on"), max_length=7, default="12345", help_text=_("Days of the week, 1 is Monday.")
    )
    greeting = models.CharField(
        _("greeting"), max_length=300, blank=True, help_text=_("That it is automatic is said in any case.")
    )
    greeting_en = models.CharField(_("English greeting"), max_length=300, blank=True)
    prompt = models.TextField(
        _("prompt"),
        max_length=4000,
        blank=True,
        help_text=_("What a language model is told about the house and its manner."),
    )
    voice = models.CharField(_("voice"), max_length=8, choices=[(v, v) for v in VOICES], default="nova")
    turns = models.PositiveSmallIntegerField(
        _("turns remembered"),
        default=10,
        help_text=_("So many of the latest turns are context for the next answer."),
    )
    monthly_tokens = models.PositiveIntegerField(
        _("tokens a month"),
        default=0,
        help_text=_("Once used up, only the answers of the house are given. 0: no limit."),
    )
    suggests = models.BooleanField(
        _("suggests answers to agents"),
        default=True,
        help_text=_(
            "While people talk, fitting answers of the house appear beside the captions of the desk."
        ),
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("assistant")
        verbose_name_plural = _("assistants")

    def __str__(self) -> str:
        return str(self.place or _("everywhere else"))


class AssistantPrompt(models.Model):
    """A prompt as it was from some moment on. Rows are only added: each turn names the one that it was given."""

    policy = models.ForeignKey(AssistantPolicy, models.CASCADE, related_name="prompts")
    number = models.PositiveIntegerField(_("version"))
    text = models.TextField(_("prompt"), max_length=4000, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("version of a prompt")
        verbose_name_plural = _("versions of prompts")
        ordering = ("policy", "-number")
        constraints = (models.UniqueConstraint(fields=("policy", "number"), name="one_prompt_per_number"),)

    def __str__(self) -> str:
        return f"{self.policy} {self.number}"


class TrialUse(models.Model):
    """What an answer on the page for trying took. Its words are not kept."""

    place = models.ForeignKey(Place, models.CASCADE, related_name="trial_uses", verbose_name=_("place"))
    prompt_tokens = models.PositiveIntegerField(_("tokens in"), default=0)
    completion_tokens = models.PositiveIntegerField(_("tokens out"), default=0)
    created_at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("use for trying")
        verbose_name_plural = _("uses for trying")

    def __str__(self) -> str:
        return f"{self.place_id} {self.created_at:%Y-%m-%d}"


class AssistantTurn(models.Model):
    """One question and its answer. Only what may be seen is kept: the words are masked before anything is made of them."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="assistant_turns", verbose_name=_("call"))
    position = models.PositiveIntegerField()
    user_text = models.TextField(_("question"))
    reply = models.TextField(_("answer"))
    sentiment = models.CharField(_("tone"), max_length=8, choices=[(t.value, t.value) for t in Tone])
    score = models.FloatField(_("score"))
    model = models.CharField(_("model"), max_length=80)
    prompt = models.TextField(_("prompt"), blank=True)
    prompt_version = models.ForeignKey(
        AssistantPrompt,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="turns",
        verbose_name=_("version of the prompt"),
        help_text=_("Empty where the caller of the interface gave a prompt of their own."),
    )
    sources = models.JSONField(
        _("sources"),
        default=list,
        blank=True,
        help_text=_("Answers and documents that it was given to answer from (assistant/sources.py)."),
    )
    prompt_tokens = models.PositiveIntegerField(_("tokens in"), default=0)
    completion_tokens = models.PositiveIntegerField(_("tokens out"), default=0)
    created_at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("turn of the assistant")
        verbose_name_plural = _("turns of the assistant")
        ordering = ("call", "position")
        constraints = (models.UniqueConstraint(fields=("call", "position"), name="one_turn_per_position"),)

    def __str__(self) -> str:
        return f"{self.call_id} {self.position}"
