"""Where a request came from, behind as many proxies as the settings say there are."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str | None:
    """The address that the outermost of our own proxies saw; None when there is none (a local pipe).

    Only the last PROXY_COUNT entries of X-Forwarded-For were written by proxies of ours; what stands before them is the
    sender's own invention.
    """
    return (
        client_of(request.META.get("REMOTE_ADDR") or "", request.META.get("HTTP_X_FORWARDED_FOR", "")) or None
    )


def client_of(peer: str, forwarded: str) -> str:
    """The same for any connection: who is at its other end, and its X-Forwarded-For. "" when there is none."""
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    proxies = int(str(settings.REST_FRAMEWORK["NUM_PROXIES"]))
    if proxies and hops:
        return _valid(hops[-min(proxies, len(hops))])
    return _valid(peer)


def _valid(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        return ""
