"""Pages of meetings and voice rooms. What happens in them comes over the socket."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import staff_of
from calls.access import is_host
from calls.actions import rooms
from calls.actions.errors import ActionError
from calls.actions.presence_leases import people_payload
from calls.actions.room_list import rooms_of
from calls.forms import RoomForm
from calls.models.room import MemberRole
from config.helpers.addresses import client_ip


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def room_list(request: HttpRequest) -> HttpResponse:
    user = staff_of(request)
    form = RoomForm(request.POST if request.method == "POST" else None, user=user)
    if form.is_bound and form.is_valid():
        made = rooms.create_room(
            user,
            form.cleaned_data["kind"],
            form.cleaned_data["name"],
            members=[member.pk for member in form.cleaned_data["members"]],
            ip_allow=form.cleaned_data["networks"],
        )
        return HttpResponseRedirect(reverse("calls:room", args=[made.pk]))
    context = {
        "nav": "rooms",
        "rooms": rooms_of(user),
        "colleagues": people_payload(user),
        "form": form,
    }
    return render(request, "calls/rooms/list.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_safe
def room(request: HttpRequest, room_id: uuid.UUID) -> HttpResponse:
    """The page before entering, and the meeting itself. Nobody is in the room before its script has entered."""
    user = staff_of(request)
    try:
        found = rooms.room_for(user, room_id)
        rooms.check_address(found, client_ip(request) or "")
    except ActionError as refusal:
        return _refused(request, refusal)
    role = (MemberRole.HOST if is_host(user, found) else MemberRole.MEMBER).value
    context = {
        "nav": "rooms",
        "room": found,
        "role": role,
        "token_url": reverse("calls:desk-token"),
    }
    return render(request, "calls/rooms/room.html", context)


def _refused(request: HttpRequest, refusal: ActionError) -> HttpResponse:
    context = {"nav": "rooms", "code": refusal.code, "message": refusal.message}
    return render(request, "calls/rooms/refused.html", context, status=403)
