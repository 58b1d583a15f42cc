"""Under /records/."""

from __future__ import annotations

from django.urls import path

from transcripts import views

app_name = "transcripts"
urlpatterns = [
    path("", views.records, name="records"),
    path("<uuid:call_id>/", views.record, name="record"),
]
