"""What the scripts of the rooms' pages know when they open."""

from __future__ import annotations

import uuid
from typing import Any

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from calls.actions.calls import unix_ms
from calls.models import Room
from calls.views.pages import plain
from calls.views.strings import ROOM, ROOMS

register = template.Library()

ANY_ROOM = uuid.UUID(int=0)
"""Stands for a room's id in an address that the page fills in."""


@register.simple_tag
def room_config(room: Room, token_url: str, role: str) -> dict[str, Any]:
    """Of the page of one room: before it is entered, and in it."""
    return {
        **_config(token_url, reverse("calls:room", args=[room.pk])),
        "roomId": str(room.pk),
        "kind": room.kind,
        "name": room.name,
        "role": role,
        "directTimeoutMs": settings.DIRECT_TIMEOUT_SECONDS * 1000,
        "sfuModule": static("vendor/mediasoup-client.js"),
        "strings": plain(ROOM),
    }


@register.simple_tag
def rooms_config() -> dict[str, Any]:
    """Of the list of rooms."""
    return {
        **_config(reverse("calls:desk-token"), reverse("calls:rooms")),
        "role": "member",
        "directTimeoutMs": 0,
        "sfuModule": "",
        "strings": plain(ROOMS),
    }


def room_url() -> str:
    """Where a room is entered, with ANY_ROOM in it."""
    return reverse("calls:room", args=[ANY_ROOM])


def _config(token_url: str, here: str) -> dict[str, Any]:
    return {
        "socketPath": "/ws/",
        "tokenUrl": token_url,
        "loginUrl": f"{reverse(settings.LOGIN_URL)}?next={here}",
        "roomUrl": room_url(),
        "listUrl": reverse("calls:rooms"),
        "roomsUrl": "/api/v1/rooms",
        "language": get_language(),
        "now": unix_ms(timezone.now()),
    }
