"""Addresses below /api/v1/calls/, without a slash at the end."""

from __future__ import annotations

from django.urls import path

from calls.api import views

urlpatterns = [
    path("config", views.ConfigView.as_view(), name="api-rtc-configuration"),
    # Not <uuid:...>: what is no id is answered by the API, in its envelope.
    path("<str:call_id>", views.CallView.as_view(), name="api-call"),
    path("<str:call_id>/connect", views.ConnectView.as_view(), name="api-connect-call"),
    path("<str:call_id>/end", views.EndView.as_view(), name="api-end-call"),
]
