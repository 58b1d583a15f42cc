"""Under /assistant/. Place 0 is everywhere."""

from __future__ import annotations

from django.urls import path

from transcripts import assistant_views as views
from transcripts import document_views

app_name = "assistant"
urlpatterns = [
    path("", views.places, name="places"),
    path("voice/<slug:name>.mp3", views.voice, name="voice"),
    path("<int:place_id>/", views.place, name="place"),
    path("<int:place_id>/prompt/<int:number>/", views.restore_prompt, name="restore"),
    path("<int:place_id>/answers/", views.answers, name="answers"),
    path("<int:place_id>/answers/new/", views.answer, name="new-answer"),
    path("<int:place_id>/answers/<int:entry_id>/", views.answer, name="answer"),
    path("<int:place_id>/documents/", document_views.documents, name="documents"),
    path("<int:place_id>/documents/new/", document_views.new_document, name="new-document"),
    path("<int:place_id>/documents/<int:document_id>/", document_views.document, name="document"),
    path("<int:place_id>/try/", views.trial, name="try"),
    path("<int:place_id>/try/ask/", views.ask, name="ask"),
]
