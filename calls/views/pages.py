"""What the pages of customers share: their language, their privacy, their limits."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from rest_framework.throttling import SimpleRateThrottle

LANGUAGE_COOKIE_SECONDS = 365 * 24 * 3600

P = ParamSpec("P")


def private_page(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A page behind a capability link: kept by no cache, told to no other site, found by no search engine."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        chosen = wanted_language(request)
        if chosen:
            translation.activate(chosen)
        response = view(request, *args, **kwargs)
        add_never_cache_headers(response)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        if chosen:
            _remember_language(response, chosen)
        return response

    return wrapped  # type: ignore[return-value] # wraps() names the first argument, the caller need not


def wanted_language(request: HttpRequest) -> str | None:
    """`?lang=en` on any page of a customer; a cookie keeps it for the whole way through."""
    wanted = request.GET.get("lang")
    return wanted if wanted in dict(settings.LANGUAGES) else None


def _remember_language(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=LANGUAGE_COOKIE_SECONDS,
        secure=settings.SECURE_TRANSPORT,
        httponly=True,
        samesite="Lax",
    )


class PlaceFormThrottle(SimpleRateThrottle):
    """Calls placed per address. Behind proxies the address is the one that the settings say."""

    scope = "place-form"

    def get_rate(self) -> str:
        return str(settings.PLACE_FORM_RATE)

    def get_cache_key(self, request: HttpRequest, _view: object) -> str:
        ident = self.get_ident(request)  # type: ignore[arg-type] # reads META only
        return str(self.cache_format % {"scope": self.scope, "ident": ident})


def notice(
    request: HttpRequest, status: int, *, title: str, text: str, steps: list[str], action: str, again: str
) -> HttpResponse:
    """A helpful page instead of the one that was asked for."""
    context = {"title": title, "text": text, "steps": steps, "action": action, "again": again}
    return render(request, "calls/notice.html", {"notice": context}, status=status)


def no_such_place(request: HttpRequest) -> HttpResponse:
    return notice(
        request,
        404,
        title=_("This link does not open"),
        text=_("The code may have been replaced by a new one, or a letter of the address is missing."),
        steps=[
            _("Scan the QR code again."),
            _("If you typed the address, compare it letter by letter."),
            _("If it still does not open, please ask the staff on site."),
        ],
        action=_("Try again"),
        again="",
    )


def no_such_call(request: HttpRequest) -> HttpResponse:
    return notice(
        request,
        404,
        title=_("This call is no longer open"),
        text=_("The link of a call works for a limited time, and only for the customer who made it."),
        steps=[
            _("Scan the QR code again to start a new call."),
            _("What you have said so far is kept; tell the agent that you called before."),
        ],
        action=_("Try again"),
        again="",
    )


def too_many(request: HttpRequest, wait: float | None, again: str) -> HttpResponse:
    seconds = round(wait or 60)
    response = notice(
        request,
        429,
        title=_("Please wait a moment"),
        text=_("Many calls were started from your network in a short time."),
        steps=[_("Try again in about a minute."), _("A call that you have already started is still open.")],
        action=_("Try again"),
        again=again,
    )
    response["Retry-After"] = str(max(seconds, 1))
    return response


def plain(strings: dict[str, str | Promise]) -> dict[str, str]:
    """Strings for a page's script, in the page's language."""
    return {name: str(text) for name, text in strings.items()}
