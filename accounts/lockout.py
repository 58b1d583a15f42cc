"""Too many wrong passwords: how many tries are left, and what is answered when none is."""

from __future__ import annotations

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

TOO_MANY = 429


def attempts_left(request: HttpRequest, username: str) -> int:
    """Wrong passwords that this name may still have from this address. Counts after a failed log-in."""
    failures: int = AxesProxyHandler.get_failures(request, {"username": username})
    limit: int = settings.AXES_FAILURE_LIMIT
    return max(0, limit - failures)


def locked_out(request: HttpRequest, *_details: Any, **_more: Any) -> HttpResponse:
    """The page, or for the API the envelope, that stands in for the answer while a name is locked."""
    seconds = round(settings.AXES_COOLOFF_TIME.total_seconds())
    if request.path.startswith("/api/"):
        response: HttpResponse = JsonResponse(_error(seconds), status=TOO_MANY)
    else:
        response = render(request, "accounts/locked.html", {"minutes": -(-seconds // 60)}, status=TOO_MANY)
    response["Retry-After"] = str(seconds)
    return response


def _error(seconds: int) -> dict[str, Any]:
    message = _("Too many wrong passwords. Please wait a while.")
    return {"success": False, "error": {"code": "locked_out", "message": message, "retryAfter": seconds}}
