"""The poster that hangs where customers stand: one A4 page, Korean and English, the QR code in the middle."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.views.decorators.http import require_safe

from accounts.access import staff_of
from calls import qr
from calls.access import places_of
from calls.models import Place
from config.helpers.context import organisation_name


@require_safe
@login_required
def poster(request: HttpRequest, place_id: int) -> HttpResponse:
    place = get_object_or_404(places_of(staff_of(request)), pk=place_id)
    link = place.public_url()
    context = {
        "place": place,
        "qr": qr.svg(link),
        "link": link.split("://", 1)[1].rstrip("/"),
        "ko": _words(place, "ko"),
        "en": _words(place, "en"),
        "retention_days": settings.RETENTION_DAYS,
    }
    return render(request, "calls/poster.html", context)


def _words(place: Place, language: str) -> dict[str, str]:
    with translation.override(language):
        return {
            "organisation": organisation_name(),
            "name": place.local_name,
            "location": place.local_location or place.local_name,
            "hours": place.local_hours,
        }
