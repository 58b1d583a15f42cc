"""Which pages may open the socket. A browser always says where a page came from; other clients say nothing."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from calls.sockets.scope import Scope, header

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def is_allowed(scope: Scope) -> bool:
    """ALLOWED_ORIGINS, and the host that the page itself came from where ALLOWED_HOSTS lets that host in.

    No cookie opens anything here, so a client that is no browser and sends no Origin gains nothing by it.
    """
    origin = header(scope, b"origin")
    if origin is None or "*" in settings.ALLOWED_ORIGINS:
        return True
    given = _parse(origin)
    if given is None:
        return False
    return given in {_parse(allowed) for allowed in settings.ALLOWED_ORIGINS} or _is_own_host(scope, given)


def _is_own_host(scope: Scope, given: tuple[str, str, int]) -> bool:
    scheme, host, port = given
    own = _parse(f"{scheme}://{header(scope, b'host') or ''}")
    return own == (scheme, host, port) and validate_host(host, settings.ALLOWED_HOSTS)


def _parse(origin: str) -> tuple[str, str, int] | None:
    """(scheme, host, port) with the scheme's usual port filled in."""
    try:
        parts = urlsplit(origin.strip().lower())
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname and port else None
