"""`GET /metrics`: what an operator watches, as Prometheus text or JSON. Counts only: no names, ids or words."""

from __future__ import annotations

import hmac
import ipaddress
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from calls.models import Call
from calls.models.agents import DeskSession
from calls.sockets.registry import connection_count
from calls.states import CallStatus
from config.helpers.addresses import client_ip
from dashboard.health import STARTED
from transcripts.actions import load
from transcripts.models import CallTranscript, JobState, Remask, SpeechJob, TranscriptState

TEXT = "text/plain; version=0.0.4; charset=utf-8"
Numbers = dict[str, float | dict[str, float]]
"""Name -> a number, or label -> number."""
LABELS = {"speech_jobs": "state", "transcripts": "state", "calls": "status"}


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """404 for whoever may not read it, as if it did not exist."""
    if not (_has_token(request) or _is_near(request)):
        raise Http404
    found = measured()
    if request.GET.get("format") == "json" or "application/json" in request.headers.get("Accept", ""):
        return JsonResponse(found)
    return HttpResponse("".join(_lines(found)), content_type=TEXT)


def measured() -> Numbers:
    """The numbers of the installation, and of this process."""
    behind = load.backlog()
    remask = Remask.objects.exclude(state="done").aggregate(total=Sum("total"), done=Sum("done"))
    calls = _counted(Call.objects.values_list("status"), CallStatus)
    return {
        "captions_waiting": behind.waiting,
        "captions_oldest_seconds": round(behind.oldest_seconds, 3),
        "captions_level": load.level(),
        "speech_jobs": _counted(SpeechJob.objects.values_list("state"), JobState),
        "transcripts": _counted(CallTranscript.objects.values_list("state"), TranscriptState),
        "remask_total": remask["total"] or 0,
        "remask_done": remask["done"] or 0,
        "calls": calls,
        "callers_waiting": calls[CallStatus.RINGING],
        "desk_sessions": DeskSession.objects.live().count(),
        "process_sockets": connection_count(),
        "process_peak_memory_bytes": _peak_memory(),
        "process_uptime_seconds": round(time.monotonic() - STARTED, 1),
    }


def _counted(rows: QuerySet[Any, tuple[Any, ...]], states: Iterable[str]) -> dict[str, float]:
    """Rows by state, also of states that none is in."""
    found = dict(rows.order_by().annotate(rows=Count("pk")))
    return {str(state): found.get(str(state), 0) for state in states}


def _peak_memory() -> int:
    """ru_maxrss counts KiB, on macOS bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _lines(found: Numbers) -> Iterator[str]:
    for name, value in found.items():
        yield f"# TYPE contact_centre_{name} gauge\n"
        if isinstance(value, dict):
            for label, number in value.items():
                yield f'contact_centre_{name}{{{LABELS[name]}="{label}"}} {number}\n'
        else:
            yield f"contact_centre_{name} {value}\n"


def _has_token(request: HttpRequest) -> bool:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    return bool(wanted) and kind == "Bearer" and hmac.compare_digest(token.encode(), wanted.encode())


def _is_near(request: HttpRequest) -> bool:
    """By address. Behind a proxy that PROXY_COUNT does not know of everybody would seem to be near: nobody is."""
    proxies = int(str(settings.REST_FRAMEWORK["NUM_PROXIES"]))
    address = client_ip(request)
    if address is None or ("X-Forwarded-For" in request.headers and not proxies):
        return False
    return any(
        ipaddress.ip_address(address) in ipaddress.ip_network(network) for network in settings.METRICS_ALLOWED
    )
