"""Under /records/."""

from __future__ import annotations

from django.urls import path

from transcripts import original_views, summary_views, views

app_name = "transcripts"
urlpatterns = [
    path("", views.records, name="records"),
    path("<uuid:call_id>/", views.record, name="record"),
    path("<uuid:call_id>/parts/", views.record_parts, name="parts"),
    path("<uuid:call_id>/audio/<uuid:participant_id>.opus", views.audio, name="audio"),
    path("<uuid:call_id>/files/<uuid:file_id>", views.file, name="file"),
    path("<uuid:call_id>/export/<slug:form>", views.export, name="export"),
    path("<uuid:call_id>/export/sound/<slug:side>", views.export_sound_file, name="export-sound"),
    path("<uuid:call_id>/reveal/", views.reveal_word, name="reveal"),
    path("<uuid:call_id>/summary/", summary_views.save_summary, name="summary"),
    path("<uuid:call_id>/original/", original_views.ask, name="open-original"),
    path("<uuid:call_id>/original/<uuid:opening_id>.opus", original_views.original, name="original"),
]
