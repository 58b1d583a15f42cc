"""What was recorded: one Recording per side, in utterance-bounded Chunks."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.models.call import Call, Participant
from calls.vault import Keyring, PlainFile, open_sound, read_sound


def keyring() -> Keyring:
    return Keyring(settings.RECORDING_KEYS)


class Recording(models.Model):
    """One side of a call. The assembled files are made after the call by the offline pass."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="recordings")
    participant = models.OneToOneField(Participant, models.CASCADE, related_name="recording")
    started_ms = models.BigIntegerField(_("first sound, Unix ms"))
    duration_ms = models.PositiveIntegerField(_("length, ms"), default=0)
    lost_packets = models.PositiveIntegerField(default=0)
    interrupted = models.BooleanField(_("a part may be missing"), default=False)
    original_path = models.CharField(max_length=255, blank=True)
    masked_path = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")
        ordering = ("started_ms",)

    def __str__(self) -> str:
        return f"{self.participant}"

    def masked_file(self) -> Path | None:
        """The file that pages may play, once it is made."""
        return settings.DATA_DIR / self.masked_path if self.masked_path else None

    def original_file(self) -> Path | None:
        """Where the unmasked side was made; it lies there sealed. Read it by `open_original` only."""
        return settings.DATA_DIR / self.original_path if self.original_path else None

    def open_original(self) -> PlainFile:
        """The unmasked side. Raises VaultError, FileNotFoundError."""
        path = self.original_file()
        if path is None:
            raise FileNotFoundError
        return open_sound(path, keyring())


class ChunkCodec(models.TextChoices):
    OPUS = "opus", "Ogg Opus"
    WEBM = "webm", "WebM"
    MP4 = "mp4", "MP4"


class Chunk(models.Model):
    """One closed piece of a side: contiguous sound cut at a pause."""

    recording = models.ForeignKey(Recording, models.CASCADE, related_name="chunks")
    index = models.PositiveIntegerField()
    path = models.CharField(max_length=255, unique=True, help_text=_("relative to DATA_DIR/recordings"))
    codec = models.CharField(max_length=8, choices=ChunkCodec.choices, default=ChunkCodec.OPUS)
    started_ms = models.BigIntegerField(_("began, Unix ms"))
    duration_ms = models.PositiveIntegerField(_("length, ms"))
    packets = models.PositiveIntegerField(default=0)
    lost_packets = models.PositiveIntegerField(default=0)
    has_speech = models.BooleanField(default=True)
    sealed_at = models.DateTimeField(
        null=True, editable=False, help_text=_("when the plain file was known to be gone")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("chunk")
        verbose_name_plural = _("chunks")
        ordering = ("started_ms", "index")
        constraints = (models.UniqueConstraint(fields=("recording", "index"), name="one_chunk_per_index"),)
        indexes = (
            models.Index(fields=("recording",), condition=models.Q(sealed_at=None), name="chunks_to_seal"),
        )

    def __str__(self) -> str:
        return self.path

    def file(self) -> Path:
        """Where it was recorded: plain there until it is sealed. Read it by `sound`."""
        return settings.DATA_DIR / "recordings" / self.path

    def sound(self) -> bytes:
        """What was recorded, whether it is sealed by now or not. Raises VaultError, FileNotFoundError."""
        return read_sound(self.file(), keyring())

    def offset_ms(self) -> int:
        """Where it begins within the call: ms since the agent answered."""
        answered = self.recording.call.answered_at
        return self.started_ms - round(answered.timestamp() * 1000) if answered else 0
