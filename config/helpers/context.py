"""What every page needs to know about the house it stands in."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language


def organisation_name() -> str:
    """The organisation's name in the language of the current page."""
    names: dict[str, str] = settings.ORGANISATION
    return names.get((get_language() or settings.LANGUAGE_CODE)[:2], names["ko"])


def organisation(_request: HttpRequest) -> dict[str, object]:
    return {"organisation": organisation_name(), "retention_days": settings.RETENTION_DAYS}
