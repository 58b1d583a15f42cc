"""The rooms of staff: the list, and the page of one. What happens in a room comes over the socket."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import User
from calls.access import is_host, membership_of
from calls.actions.presence_leases import people_payload
from calls.models import Room


@never_cache
@login_required
@require_GET
def rooms(request: HttpRequest) -> HttpResponse:
    user = _staff(request)
    context = {"nav": "rooms", "rooms": Room.objects.of(user)[:200], "colleagues": people_payload(user)}
    return render(request, "calls/rooms/list.html", context)


@never_cache
@login_required
@require_GET
def room(request: HttpRequest, room_id: uuid.UUID) -> HttpResponse:
    """Of its members only; whether it exists is not told."""
    user = _staff(request)
    found = membership_of(user, room_id)
    if found is None:
        raise Http404
    role = "host" if is_host(user, found) else "member"
    context = {"nav": "rooms", "room": found, "token_url": reverse("calls:desk-token"), "role": role}
    return render(request, "calls/rooms/room.html", context)


def _staff(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
