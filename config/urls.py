"""Addresses of pages and the API."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/", include("config.api_v1")),
    path("accounts/", include("accounts.urls")),
    path("records/", include("transcripts.urls")),
    path("assistant/", include("transcripts.assistant_urls")),
    path("", include("dashboard.urls")),
    path("", include("calls.urls")),
]
