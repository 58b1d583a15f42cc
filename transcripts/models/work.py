"""What is still to be heard: a leased job per chunk, and the state of each call's transcript."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.models import Call, Chunk

# A chunk is 15 s at most and heard in a few; a final pass renews its lease with every step.
JOB_LEASE = timedelta(seconds=60)
TRANSCRIPT_LEASE = timedelta(minutes=5)


class JobState(models.TextChoices):
    PENDING = "pending", _("waiting")
    CLAIMED = "claimed", _("being heard")
    DONE = "done", _("done")
    NO_SPEECH = "no_speech", _("nobody spoke")
    WAITING_MODEL = "waiting_model", _("waiting for a speech model")
    SKIPPED = "skipped", _("left to the final transcript")
    FAILED = "failed", _("failed")


class SpeechJobQuerySet(models.QuerySet["SpeechJob"]):
    def claimable(self) -> SpeechJobQuerySet:
        expired = Q(state=JobState.CLAIMED, claimed_at__lt=timezone.now() - JOB_LEASE)
        return self.filter(Q(state__in=[JobState.PENDING, JobState.WAITING_MODEL]) | expired)

    def unsettled(self) -> SpeechJobQuerySet:
        """What a final transcript waits for."""
        return self.filter(state__in=[JobState.PENDING, JobState.CLAIMED])

    def claim(self, chunk_id: int) -> SpeechJob | None:
        """Lease the job of a chunk; None when it is settled, leased to another worker, or gone."""
        now = timezone.now()
        won = (
            self.claimable()
            .filter(chunk_id=chunk_id)
            .update(state=JobState.CLAIMED, claimed_at=now, attempts=F("attempts") + 1)
        )
        if not won:
            return None
        return (
            self.filter(chunk_id=chunk_id, claimed_at=now)
            .select_related("chunk__recording__call", "chunk__recording__participant")
            .first()
        )


class SpeechJob(models.Model):
    """The live hearing of one chunk."""

    chunk = models.OneToOneField(Chunk, models.CASCADE, related_name="speech_job")
    state = models.CharField(
        _("state"), max_length=16, choices=JobState.choices, default=JobState.PENDING, db_index=True
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(_("error"), max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SpeechJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("speech job")
        verbose_name_plural = _("speech jobs")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.chunk_id} {self.state}"

    def settle(self, state: JobState, error: str = "") -> bool:
        """End this lease. False when it ran out and another worker took over: its result counts then."""
        won = SpeechJob.objects.filter(pk=self.pk, state=JobState.CLAIMED, claimed_at=self.claimed_at).update(
            state=state, error=error
        )
        self.state, self.error = state, error
        return bool(won)


class TranscriptState(models.TextChoices):
    PENDING = "pending", _("waiting")
    PROCESSING = "processing", _("being made")
    READY = "ready", _("ready")
    PARTIAL = "partial", _("ready, parts could not be heard")
    WAITING_MODEL = "waiting_model", _("waiting for a speech model")


class CallTranscriptQuerySet(models.QuerySet["CallTranscript"]):
    def claimable(self) -> CallTranscriptQuerySet:
        expired = Q(state=TranscriptState.PROCESSING, claimed_at__lt=timezone.now() - TRANSCRIPT_LEASE)
        return self.filter(Q(state__in=[TranscriptState.PENDING, TranscriptState.WAITING_MODEL]) | expired)

    def claim(self, call: Call) -> CallTranscript | None:
        now = timezone.now()
        won = (
            self.claimable()
            .filter(call=call)
            .update(state=TranscriptState.PROCESSING, claimed_at=now, progress=0, attempts=F("attempts") + 1)
        )
        return self.get(call=call) if won else None


class CallTranscript(models.Model):
    """The final transcript of a call: how far it is and who made it. `missing` is a list of
    {peer, start_ms, end_ms, reason}: speech that nobody could hear, with a stable code for why. `mix_path` is
    the masked stereo file (customer left, agent right), relative to DATA_DIR. `masked_utterances` and
    `lowest_tone` sum up its utterances for the search (`transcripts.actions.sums`)."""

    call = models.OneToOneField(Call, models.CASCADE, related_name="transcript", verbose_name=_("call"))
    state = models.CharField(
        _("state"),
        max_length=16,
        choices=TranscriptState.choices,
        default=TranscriptState.PENDING,
        db_index=True,
    )
    engine = models.CharField(_("engine"), max_length=32, blank=True)
    engine_model = models.CharField(_("model"), max_length=80, blank=True)
    progress = models.PositiveSmallIntegerField(_("percent done"), default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    missing = models.JSONField(default=list, blank=True)
    masked_utterances = models.PositiveIntegerField(default=0, editable=False)
    lowest_tone = models.FloatField(null=True, blank=True, editable=False)
    mix_path = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = CallTranscriptQuerySet.as_manager()

    class Meta:
        verbose_name = _("transcript")
        verbose_name_plural = _("transcripts")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.call_id} {self.state}"

    @property
    def is_demo(self) -> bool:
        """Made by the fixture model: pages must say so."""
        return self.engine == "fixture"

    def renew(self, progress: int) -> bool:
        """Keep the lease and tell how far it is. False when another worker has taken over."""
        return self._change(claimed_at=timezone.now(), progress=progress)

    def settle(self, state: TranscriptState, **fields: Any) -> bool:
        """End the lease. False when it ran out and another worker took over."""
        return self._change(state=state, **fields)

    def _change(self, **fields: Any) -> bool:
        won = CallTranscript.objects.filter(
            pk=self.pk, state=TranscriptState.PROCESSING, claimed_at=self.claimed_at
        ).update(**fields)
        for name, value in fields.items():
            setattr(self, name, value)
        return bool(won)
