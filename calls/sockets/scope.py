"""What a socket's ASGI scope says, read without trusting it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from config.helpers.addresses import client_of

Scope = dict[str, Any]


def header(scope: Scope, name: bytes) -> str | None:
    for key, value in scope.get("headers", ()):
        if key.lower() == name:
            return str(value.decode("latin-1"))
    return None


def token_in_address(scope: Scope) -> str | None:
    """`/ws/?token=...` (S1.10). It is read here and nowhere logged."""
    query = scope.get("query_string", b"").decode("latin-1")
    try:
        found = parse_qs(query, max_num_fields=16).get("token")
    except ValueError:
        return None
    return found[0] if found else None


def client_address(scope: Scope) -> str:
    """Whose socket it is; behind proxies as the last of them that is ours has written it. "" when nobody says."""
    peer = scope.get("client") or ("",)
    return client_of(str(peer[0]), header(scope, b"x-forwarded-for") or "")
