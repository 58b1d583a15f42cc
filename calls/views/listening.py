"""A supervisor listens into a running call, and takes it over. What may be heard and taken is decided by the query."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import staff_of, supervisors_only
from calls.access import staff_party
from calls.actions.calls import answering, unix_ms
from calls.actions.errors import ActionError
from calls.actions.listening import listen as let_in
from calls.actions.takeover import take_over as take
from calls.models import Call
from calls.views.pages import plain
from calls.views.strings import LISTENING


@never_cache
@supervisors_only
@require_http_methods(["GET", "HEAD", "POST"])
def listen(request: HttpRequest, call_id: uuid.UUID) -> HttpResponse:
    """To begin is a POST, as it is written down; the page itself may be loaded again."""
    user = staff_of(request)
    if request.method == "POST":
        try:
            let_in(user, call_id)
        except ActionError as error:
            return _back(request, error)
        return HttpResponseRedirect(request.path)
    party = staff_party(user, call_id, listening=True)
    if party is None or not party.is_listener:
        raise Http404
    context = {"call": party.call, "holder": answering(party.call), "config": _page_config(party.call)}
    return render(request, "calls/listen.html", context | {"nav": "overview"})


@never_cache
@supervisors_only
@require_POST
def take_over(request: HttpRequest, call_id: uuid.UUID) -> HttpResponse:
    """From whom is said by the page: who has the call by now may be somebody else."""
    try:
        holder_id = uuid.UUID(request.POST.get("holder", ""))
    except ValueError:
        raise Http404 from None
    try:
        take(staff_of(request), call_id, holder_id)
    except ActionError as error:
        return _back(request, error)
    return redirect("calls:desk")


def _back(request: HttpRequest, error: ActionError) -> HttpResponse:
    messages.error(request, error.message)
    return redirect("dashboard:overview")


def _page_config(call: Call) -> dict[str, object]:
    return {
        "socketPath": "/ws/",
        "tokenUrl": reverse("calls:desk-token"),
        "loginUrl": reverse("accounts:login"),
        "callId": str(call.pk),
        "role": "supervisor",
        "language": get_language(),
        "now": unix_ms(timezone.now()),
        "directTimeoutMs": 0,
        "sfuModule": static("vendor/mediasoup-client.js"),
        "strings": plain(LISTENING),
    }
