"""The customer's pages: the place that a QR code opens, and the call that its form starts.

Their forms are exempt from the CSRF check: no cookie or session gives a customer any right that another site could borrow,
the token in the address is all there is. It also could not pass: a page that tells no referrer posts with `Origin: null`.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from calls.access import Party, customer_party
from calls.actions.calls import place_call, rate_call, unix_ms
from calls.actions.errors import ActionError
from calls.actions.snapshots import agents_on_duty, mean_handling_seconds, snapshot
from calls.forms import CallForm, RatingForm
from calls.models import Call, Place
from calls.queueing import estimate_seconds
from calls.states import TALKING, CallStatus
from calls.views.pages import (
    PlaceFormThrottle,
    no_such_call,
    no_such_place,
    plain,
    private_page,
    too_many,
    wanted_language,
)
from calls.views.strings import CALL


@csrf_exempt
@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def place(request: HttpRequest, code: str) -> HttpResponse:
    """The landing page of a QR code; its form places the call."""
    found = Place.objects.open().at(code)
    if found is None:
        return no_such_place(request)
    if request.method != "POST":
        return _landing(request, found, CallForm(place=found))
    return _start(request, found)


def _start(request: HttpRequest, found: Place) -> HttpResponse:
    throttle = PlaceFormThrottle()
    if not throttle.allow_request(request, None):  # type: ignore[arg-type] # reads META only
        return too_many(request, throttle.wait(), found.get_absolute_url())
    form = CallForm(request.POST, place=found)
    if not form.is_valid():
        return _landing(request, found, form)
    _call, token = place_call(found, form.details())
    return redirect("calls:call", token)


def _landing(request: HttpRequest, found: Place, form: CallForm) -> HttpResponse:
    waiting = Call.objects.waiting().filter(queue=found.queue_id).count()
    on_duty = agents_on_duty(found.queue_id)
    estimate = estimate_seconds(waiting, on_duty, mean_handling_seconds(found.queue_id))
    context = {
        "place": found,
        "form": form,
        "topics": found.topic_choices(),
        "waiting": waiting,
        "on_duty": on_duty,
        "estimate_minutes": max(1, round(estimate / 60)) if estimate is not None else None,
    }
    return render(request, "calls/place.html", context, status=422 if form.errors else 200)


@csrf_exempt
@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def call(request: HttpRequest, token: str) -> HttpResponse:
    """The customer's page of one call, from the queue to the rating. The token in the address is its only key."""
    party = customer_party(token)
    if party is None:
        return no_such_call(request)
    with translation.override(wanted_language(request) or party.call.language):
        return _rate(request, party, token) if request.method == "POST" else _show(request, party, token)


def _show(request: HttpRequest, party: Party, token: str, form: RatingForm | None = None) -> HttpResponse:
    facts = snapshot(party.call, for_staff=False)
    context = {
        "call": party.call,
        "place": party.call.place,
        "facts": facts,
        "topic": dict(party.call.place.topic_choices()).get(party.call.topic, party.call.topic),
        "screen": _screen(party.call),
        "talked": party.call.duration if party.call.connected_at else None,
        "rating_form": form or RatingForm(),
        "config": _page_config(party, token),
    }
    return render(request, "calls/call.html", context, status=422 if form else 200)


def _screen(call: Call) -> str:
    """Which part of the page is on show before its script has heard anything."""
    if call.state in TALKING:
        return "call"
    return {CallStatus.ENDED: "ended", CallStatus.FAILED: "failed"}.get(call.state, "queue")


def _page_config(party: Party, token: str) -> dict[str, Any]:
    return {
        "socketPath": "/ws/",
        "token": token,
        "callId": str(party.call.pk),
        "role": "customer",
        "status": party.call.status,
        "language": party.call.language,
        "now": unix_ms(timezone.now()),
        "directTimeoutMs": settings.DIRECT_TIMEOUT_SECONDS * 1000,
        "sfuModule": static("vendor/mediasoup-client.js"),
        "strings": plain(CALL),
    }


def _rate(request: HttpRequest, party: Party, token: str) -> HttpResponse:
    form = RatingForm(request.POST)
    if not form.is_valid():
        return _show(request, party, token, form)
    try:
        rate_call(party.call, form.cleaned_data["rating"], form.cleaned_data["comment"])
    except ActionError:  # still talking: the page shows the call
        pass
    return HttpResponseRedirect(request.path)
