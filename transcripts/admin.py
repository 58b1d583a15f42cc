"""Django admin: the lexicon, what was said (masked), who looked behind a mask, and the work."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from transcripts.models import CallTranscript, Export, LexiconEntry, Reveal, SpeechJob, Utterance
from transcripts.vocabulary import masked

MAX_TRIAL = 500


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows that the system writes: seen, never changed by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(LexiconEntry)
class LexiconEntryAdmin(admin.ModelAdmin[LexiconEntry]):
    """Below the list a sentence can be tried against the lexicon as it is now."""

    change_list_template = "admin/transcripts/lexiconentry/change_list.html"
    list_display = ("term", "language", "severity", "match", "sound_alikes", "is_allowed", "enabled", "note")
    list_filter = ("language", "severity", "is_allowed", "enabled", "match")
    list_editable = ("severity", "enabled")
    search_fields = ("term", "note")
    list_per_page = 100

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        trial = request.POST.get("trial", "")[:MAX_TRIAL] if request.method == "POST" else ""
        context = (extra_context or {}) | {
            "trial": trial,
            "trial_masked": masked(trial).text if trial else "",
        }
        if trial:
            # The admin's own list view would take the POST for an action on rows.
            request.method = "GET"
        return super().changelist_view(request, context)


@admin.register(Utterance)
class UtteranceAdmin(ReadOnlyAdmin):
    """Masked text only: looking behind a mask goes through the call's page, which keeps the log."""

    fields = (
        "call",
        "participant",
        "source",
        "start_ms",
        "end_ms",
        "masked_text",
        "language",
        "confidence",
        "engine",
        "engine_model",
    )
    readonly_fields = fields
    list_display = ("call", "participant", "source", "start_ms", "masked_text", "engine_model")
    list_filter = ("source", "language", "engine")
    list_select_related = ("call", "participant")
    raw_id_fields = ("call", "participant")
    date_hierarchy = "created_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Utterance]:
        return super().get_queryset(request).defer("text", "words")


@admin.register(Reveal)
class RevealAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "user", "call", "at_ms", "reason", "note")
    list_filter = ("reason",)
    list_select_related = ("user", "call")
    date_hierarchy = "created_at"
    fields = ("created_at", "user", "call", "at_ms", "mask_index", "reason", "note")


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "user", "call", "form")
    list_filter = ("form",)
    list_select_related = ("user", "call")
    date_hierarchy = "created_at"


@admin.register(CallTranscript)
class CallTranscriptAdmin(ReadOnlyAdmin):
    list_display = ("call", "state", "progress", "engine", "engine_model", "attempts", "finished_at")
    list_filter = ("state", "engine", "engine_model")
    list_select_related = ("call",)


@admin.register(SpeechJob)
class SpeechJobAdmin(ReadOnlyAdmin):
    list_display = ("chunk", "state", "attempts", "error", "claimed_at")
    list_filter = ("state", "error")
    list_select_related = ("chunk",)
