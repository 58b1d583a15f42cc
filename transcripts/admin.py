"""Django admin: what was said (masked), who looked behind a mask, and the work. The rules: `rules_admin`."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from transcripts.models import (
    AssistantPolicy,
    AssistantTurn,
    CallTranscript,
    Export,
    KnowledgeDocument,
    KnowledgeEntry,
    OriginalOpening,
    Reveal,
    SpeechJob,
    Utterance,
)
from transcripts.rules_admin import ReadOnlyAdmin


@admin.register(KnowledgeEntry)
class KnowledgeEntryAdmin(admin.ModelAdmin[KnowledgeEntry]):
    list_display = ("__str__", "place", "language", "is_active", "updated_at")
    list_filter = ("place", "language", "is_active")
    list_select_related = ("place",)
    search_fields = ("questions", "answer")


@admin.register(KnowledgeDocument)
class KnowledgeDocumentAdmin(admin.ModelAdmin[KnowledgeDocument]):
    list_display = ("title", "place", "kind", "language", "is_active", "updated_at")
    list_filter = ("place", "language", "is_active")
    list_select_related = ("place",)
    search_fields = ("title", "text")


@admin.register(AssistantPolicy)
class AssistantPolicyAdmin(admin.ModelAdmin[AssistantPolicy]):
    list_display = ("__str__", "voice", "turns", "monthly_tokens", "updated_at")
    list_select_related = ("place",)


@admin.register(AssistantTurn)
class AssistantTurnAdmin(ReadOnlyAdmin):
    """What was asked and answered, masked."""

    list_display = (
        "created_at",
        "call",
        "position",
        "sentiment",
        "model",
        "prompt_tokens",
        "completion_tokens",
    )
    list_filter = ("sentiment", "model")
    list_select_related = ("call",)
    date_hierarchy = "created_at"
    fields = ("created_at", "call", "user_text", "reply", "sentiment", "score", "model", "sources", "prompt")


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


@admin.register(OriginalOpening)
class OriginalOpeningAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "user", "call", "reason", "note", "expires_at")
    list_filter = ("reason",)
    list_select_related = ("user", "call")
    date_hierarchy = "created_at"
    fields = ("created_at", "user", "call", "reason", "note", "expires_at")


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
