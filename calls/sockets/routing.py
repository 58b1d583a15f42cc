"""The one address of the socket."""

from __future__ import annotations

from typing import Any

from django.urls import path, re_path

from calls.sockets.consumer import CallConsumer, NothingHere

websocket_urlpatterns: list[Any] = [
    path("ws/", CallConsumer.as_asgi()),
    re_path(r"", NothingHere.as_asgi()),
]
