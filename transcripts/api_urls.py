"""Addresses below /api/v1/transcripts/, without a slash at the end."""

from __future__ import annotations

from django.urls import path

from transcripts.api import TranscriptView

urlpatterns = [
    # Not <uuid:...>: what is no id is answered by the API, in its envelope.
    path("<str:call_id>", TranscriptView.as_view(), name="api-transcript"),
]
