"""Overview and health."""

from __future__ import annotations

from django.urls import path

from dashboard import health, metrics, views

app_name = "dashboard"
urlpatterns = [
    path("overview/", views.overview, name="overview"),
    path("overview/board/", views.overview_board, name="board"),
    path("metrics", metrics.metrics, name="metrics"),
    path("health", health.health, name="health"),
]
