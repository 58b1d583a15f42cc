"""Pages of customers and of agents."""

from __future__ import annotations

from django.urls import path

from calls.views import poster

app_name = "calls"
urlpatterns = [
    path("places/<int:place_id>/poster/", poster.poster, name="poster"),
]
