"""The unmasked sound of one side: asked for with a reason, heard by the one who asked, for a short time."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import staff_of
from calls.vault import VaultError
from transcripts.actions.opening import OpeningRefused, open_original, opened
from transcripts.forms import OpeningForm
from transcripts.ranges import sound_response


@require_POST
@never_cache
@login_required
def ask(request: HttpRequest, call_id: uuid.UUID) -> JsonResponse:
    """A link to one side, once the opening is on record. 400 without a reason, 404 when it is not theirs to open."""
    form = OpeningForm(request.POST)
    if not form.is_valid():
        return _refused("no_reason", _("Choose a reason."), 400)
    wanted = form.cleaned_data
    try:
        opening = open_original(
            staff_of(request), call_id, wanted["participant"], wanted["reason"], wanted["note"]
        )
    except OpeningRefused:
        return _refused("not_found", _("This recording cannot be opened."), 404)
    url = reverse("transcripts:original", args=[call_id, opening.pk])
    return JsonResponse({"url": url, "until": date_format(localtime(opening.expires_at), "H:i")})


@require_safe
@login_required
def original(request: HttpRequest, call_id: uuid.UUID, opening_id: uuid.UUID) -> HttpResponseBase:
    side = opened(staff_of(request), call_id, opening_id)
    if side is None:
        raise Http404
    try:
        response = sound_response(side.open_original, request.headers.get("Range", ""), "audio/ogg")
    except OSError as error:
        raise Http404 from error
    except VaultError:
        response = HttpResponse(_("This recording cannot be opened."), status=503, content_type="text/plain")
    response["Cache-Control"] = "private, no-store"
    return response


def _refused(code: str, message: str, status: int) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status)
