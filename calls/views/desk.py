"""The agent's desk: one page for waiting, ringing and talking. What it shows comes over the socket."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.tokens import socket_token
from calls.actions.calls import unix_ms
from calls.views.pages import plain
from calls.views.strings import DESK

ANY_CALL = uuid.UUID(int=0)
"""Stands for a call's id in an address that the page fills in."""


@never_cache
@login_required
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    return render(request, "calls/desk.html", {"nav": "desk", "desk": True, "config": _page_config()})


def _page_config() -> dict[str, Any]:
    return {
        "socketPath": "/ws/",
        "tokenUrl": reverse("calls:desk-token"),
        "loginUrl": f"{reverse(settings.LOGIN_URL)}?next={reverse('calls:desk')}",
        "recordUrl": _record_url(),
        "roomUrl": reverse("calls:room", args=[ANY_CALL]),
        "role": "agent",
        "language": get_language(),
        "now": unix_ms(timezone.now()),
        "offerSeconds": settings.OFFER_SECONDS,
        "directTimeoutMs": settings.DIRECT_TIMEOUT_SECONDS * 1000,
        "sfuModule": static("vendor/mediasoup-client.js"),
        "strings": plain(DESK),
    }


def _record_url() -> str:
    """Where a call's record is read, with ANY_CALL in it; empty in a house without records."""
    try:
        return reverse("transcripts:record", args=[ANY_CALL])
    except NoReverseMatch:
        return ""


@never_cache
@require_GET
def desk_token(request: HttpRequest) -> HttpResponse:
    """A fresh JWT for the desk's socket. 401 rather than a redirect: a script asks."""
    if not isinstance(request.user, User):
        return JsonResponse({"error": {"code": "not_authenticated"}}, status=401)
    return JsonResponse({"token": socket_token(request.user)})
