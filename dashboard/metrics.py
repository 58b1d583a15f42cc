"""`GET /metrics` (S5.1): what a monitoring system draws, in Prometheus' text format or as JSON. No names, no words.

For the networks of METRICS_ALLOWED, or with `Authorization: Bearer METRICS_TOKEN`; others find nothing here.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from secrets import compare_digest

import redis
from django.conf import settings
from django.db.models import Count, Min, Sum
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from calls.media.rpc import node_key
from calls.models import Call, DeskSession, Participation, PresenceLease
from calls.models.room import RoomKind
from calls.sockets.registry import connection_count
from calls.states import ACTIVE, CallStatus
from config.helpers.addresses import client_ip
from dashboard.health import STARTED, redis_client, seen_nodes
from transcripts.actions import load
from transcripts.models import CallTranscript, JobState, Remask, RemaskState, SpeechJob

Gauges = Iterator[GaugeMetricFamily]


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    if not _is_allowed(request):
        raise Http404
    if _wants_json(request):
        return JsonResponse({gauge.name: _plain(gauge) for gauge in gauges()})
    registry = CollectorRegistry()
    registry.register(_House())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def gauges() -> Gauges:
    """Everything that is told, in a constant number of queries."""
    yield from _process()
    yield from _calls()
    yield from _rooms()
    yield from _nodes()
    yield from _speech()


class _House(Collector):
    def collect(self) -> Gauges:
        return gauges()

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: the registry would otherwise collect once more to learn the names."""
        return []


def _process() -> Gauges:
    yield _gauge("cc_connections", "Open sockets of this web process", connection_count())
    yield _gauge(
        "cc_uptime_seconds", "Seconds since this web process began", round(time.monotonic() - STARTED, 1)
    )
    yield _gauge("cc_memory_bytes", "Resident memory of this web process", _memory())


def _calls() -> Gauges:
    running = dict(
        Call.objects.filter(status__in=ACTIVE).order_by().values_list("status").annotate(n=Count("pk"))
    )
    calls = GaugeMetricFamily("cc_calls", "Calls that are not over, by status", labels=["status"])
    for status in sorted(ACTIVE):
        calls.add_metric([status], running.get(status, 0))
    yield calls
    waiting = Call.objects.filter(status=CallStatus.RINGING).aggregate(since=Min("created_at"))["since"]
    yield _gauge("cc_longest_wait_seconds", "How long the first in any queue has waited", _age(waiting))
    desks = DeskSession.objects.filter(expires_at__gt=timezone.now()).values("user").distinct().count()
    yield _gauge("cc_desks", "Agents with an open desk page", desks)


def _rooms() -> Gauges:
    """Rooms in which somebody is. Which room it is stays untold: an id for each would grow without end."""
    here = Participation.objects.present().filter(session__ended_at=None).order_by()
    counted = here.values_list("session__room", "session__room__kind").annotate(n=Count("pk"))
    sizes: dict[str, list[int]] = {kind: [] for kind in sorted(RoomKind.values)}
    for _room, kind, people in counted:
        sizes[kind].append(people)
    yield _labelled("cc_rooms", "Rooms with somebody in them, by kind", "kind", _map(sizes, len))
    yield _labelled("cc_room_participants", "People in rooms, by kind of room", "kind", _map(sizes, sum))
    largest = _map(sizes, lambda each: max(each, default=0))
    yield _labelled("cc_room_largest", "People in the fullest room, by kind", "kind", largest)
    seen = PresenceLease.objects.filter(expires_at__gt=timezone.now()).values("user").distinct().count()
    yield _gauge("cc_people_present", "Members of staff with an open page that shows colleagues", seen)


def _nodes() -> Gauges:
    """What the media nodes say of themselves; nothing while Redis does not answer."""
    rooms, peers = Counter[str](), Counter[str]()
    try:
        with redis_client() as client:
            names = seen_nodes(client)
            told = client.mget([node_key(name) for name in names]) if names else []
    except redis.RedisError:
        names, told = [], []
    for name, text in zip(names, told, strict=True):
        if text is not None:
            status = json.loads(text)
            rooms[name], peers[name] = status.get("rooms", 0), status.get("peers", 0)
    yield _labelled("cc_media_rooms", "Rooms and calls that a media node carries", "node", rooms)
    yield _labelled("cc_media_peers", "Parties that are connected to a media node", "node", peers)


def _speech() -> Gauges:
    jobs = SpeechJob.objects.filter(chunk__recording__call__status__in=ACTIVE)
    waiting = jobs.filter(state__in=[JobState.PENDING, JobState.CLAIMED])
    backlog = waiting.aggregate(count=Count("pk"), oldest=Min("created_at"))
    yield _gauge("cc_caption_backlog", "Pieces of speech that wait for their caption", backlog["count"])
    yield _gauge("cc_caption_backlog_seconds", "Age of the oldest of them", _age(backlog["oldest"]))
    yield _gauge("cc_caption_level", "0: all captions, 1: no partial ones, 2: a smaller model", load.level())
    states = GaugeMetricFamily("cc_transcripts", "Final transcripts, by state", labels=["state"])
    for state, count in CallTranscript.objects.order_by().values_list("state").annotate(n=Count("pk")):
        states.add_metric([state], count)
    yield states
    run = Remask.objects.exclude(state=RemaskState.DONE).aggregate(total=Sum("total"), done=Sum("done"))
    left = (run["total"] or 0) - (run["done"] or 0)
    yield _gauge("cc_remask_left", "Utterances that a masking run has still to look at", max(0, left))


def _map(sizes: dict[str, list[int]], measure: Callable[[list[int]], int]) -> dict[str, int]:
    return {kind: measure(each) for kind, each in sizes.items()}


def _labelled(name: str, text: str, label: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, text, labels=[label])
    for value in sorted(values):
        gauge.add_metric([value], values[value])
    return gauge


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _age(since: datetime | None) -> float:
    return round((timezone.now() - since).total_seconds(), 1) if since else 0.0


def _memory() -> int:
    """Resident bytes; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * 4096


def _plain(gauge: GaugeMetricFamily) -> float | dict[str, float]:
    labelled = {"/".join(sample.labels.values()): sample.value for sample in gauge.samples if sample.labels}
    return labelled if labelled or not gauge.samples else gauge.samples[0].value


def _wants_json(request: HttpRequest) -> bool:
    return request.GET.get("format") == "json" or request.headers.get("Accept", "").startswith(
        "application/json"
    )


def _is_allowed(request: HttpRequest) -> bool:
    keyword, _, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and keyword.lower() == "bearer":
        return compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
    if "X-Forwarded-For" in request.headers and not settings.REST_FRAMEWORK["NUM_PROXIES"]:
        return False  # a proxy that the settings do not know: its own address says nothing of who asks
    address = client_ip(request)
    return address is not None and any(
        ip_address(address) in ip_network(network, strict=False) for network in settings.METRICS_ALLOWED
    )
