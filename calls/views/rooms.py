"""Pages of meetings and voice rooms. What happens in them comes over the socket."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import staff_of
from accounts.models import User
from calls.access import is_host
from calls.actions import rooms
from calls.actions.calls import unix_ms
from calls.actions.errors import ActionError
from calls.actions.room_list import rooms_of
from calls.forms import RoomForm, colleagues_of
from calls.models import Room
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
        "colleagues": list(colleagues_of(user)),
        "form": form,
        "config": _list_config(user),
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
        "config": _room_config(user, found, role),
    }
    return render(request, "calls/rooms/room.html", context)


def _refused(request: HttpRequest, refusal: ActionError) -> HttpResponse:
    context = {"nav": "rooms", "code": refusal.code, "message": refusal.message}
    return render(request, "calls/rooms/refused.html", context, status=403)


def _list_config(user: User) -> dict[str, Any]:
    return {
        "socketPath": "/ws/",
        "tokenUrl": reverse("calls:desk-token"),
        "loginUrl": f"{reverse(settings.LOGIN_URL)}?next={reverse('calls:rooms')}",
        "userId": user.pk,
        "language": get_language(),
        "now": unix_ms(timezone.now()),
    }


def _room_config(user: User, found: Room, role: str) -> dict[str, Any]:
    here = reverse("calls:room", args=[found.pk])
    return {
        **_list_config(user),
        "loginUrl": f"{reverse(settings.LOGIN_URL)}?next={here}",
        "roomId": str(found.pk),
        "kind": found.kind,
        "name": found.name,
        "role": role,
        "userName": user.name,
        "filesUrl": f"/api/v1/rooms/{found.pk}/files",
        "listUrl": reverse("calls:rooms"),
        "sfuModule": static("vendor/mediasoup-client.js"),
    }
