"""How browsers find each other (S2.1): STUN, and TURN with credentials that run out, as coturn's REST scheme has them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any

from django.conf import settings

CANDIDATE_POOL_SIZE = 10


def rtc_configuration(identity: str | None) -> dict[str, Any]:
    """An RTCConfiguration. `identity` becomes part of the TURN user name: an id, nothing of a person.

    Without one there are no TURN servers: a relay is not lent to strangers.
    """
    return {
        "iceServers": _ice_servers(identity),
        "iceCandidatePoolSize": CANDIDATE_POOL_SIZE,
        "iceTransportPolicy": settings.ICE_TRANSPORT_POLICY,
        "bundlePolicy": "max-bundle",
        "rtcpMuxPolicy": "require",
    }


def _ice_servers(identity: str | None) -> list[dict[str, Any]]:
    servers: list[dict[str, Any]] = []
    if settings.STUN_URLS:
        servers.append({"urls": list(settings.STUN_URLS)})
    if settings.TURN_URLS and identity is not None:
        username, credential = turn_credentials(
            identity, settings.TURN_SECRET, settings.TURN_CREDENTIAL_SECONDS
        )
        servers.append({"urls": list(settings.TURN_URLS), "username": username, "credential": credential})
    return servers


def turn_credentials(identity: str, secret: str, seconds: int) -> tuple[str, str]:
    """`expiry:identity` and its base64 HMAC-SHA1 under the secret that the TURN server shares."""
    username = f"{int(time.time()) + seconds}:{identity}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()
