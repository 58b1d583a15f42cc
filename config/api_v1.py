"""Addresses of the REST API, version 1, with its description at /api/docs."""

from __future__ import annotations

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from calls.api.rooms import RoomListView
from calls.api.views import PlaceCallView
from transcripts.conversation_api import ConversationStatusView, ConversationView

urlpatterns = [
    path("schema", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("v1/auth/", include("accounts.api_urls")),
    path("v1/calls", PlaceCallView.as_view(), name="api-place-call"),
    path("v1/calls/conversation/process", ConversationView.as_view(), name="api-conversation"),
    path(
        "v1/calls/conversation/process/<str:asked_id>",
        ConversationStatusView.as_view(),
        name="api-conversation-status",
    ),
    path("v1/calls/", include("calls.api_urls")),
    path("v1/rooms", RoomListView.as_view(), name="api-rooms"),
    path("v1/rooms/", include("calls.rooms_api_urls")),
    path("v1/transcripts/", include("transcripts.api_urls")),
]
