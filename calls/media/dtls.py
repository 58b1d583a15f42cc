"""DTLS-SRTP by aiortc, over our own ICE.

aiortc gives its DTLS transport no public way to be used without its ICE and its RTP receivers, so this
file calls private names of it: `_set_role`, `_rx_srtp`, `_tx_srtp`, `_ssl`, and `_recv`/`_send` of the object
below it. The version is pinned, and tests/media/test_dtls.py fails if any of them changes.
"""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable
from typing import Any, Protocol

from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)
from pylibsrtp import Error as SrtpError
from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp_lib

from calls.media.datagrams import PLACE_BYTES
from calls.media.errors import BAD_REQUEST, MediaError
from calls.media.ice import IceLite
from calls.media.routes import Keys, Route

FINGERPRINTS = ("sha-256", "sha-384", "sha-512")
HANDSHAKE_LIMIT_S = 30.0
SHORTEST_PACKET = 12
RENEW_BEFORE = datetime.timedelta(days=7)


class Certificates:
    """The node's certificate, renewed in time: a node that runs for months must not offer an old one."""

    def __init__(self) -> None:
        self._current = RTCCertificate.generateCertificate()

    def current(self) -> RTCCertificate:
        if self._current.expires - datetime.datetime.now(datetime.UTC) < RENEW_BEFORE:
            self._current = RTCCertificate.generateCertificate()
        return self._current


class SourceFilter(Protocol):
    """Asked about a packet before it is decrypted."""

    def __call__(self, data: bytes, *, is_rtcp: bool) -> bool: ...


class SecureLink:
    """The encrypted leg to one client.

    `on_rtp` and `on_rtcp` get decrypted datagrams; `on_state` hears "connecting", "connected", "failed",
    "closed". `on_route` hears that `route` gives another answer from now on.
    """

    def __init__(
        self,
        ice: IceLite,
        certificate: RTCCertificate,
        *,
        on_rtp: Callable[[bytes], None],
        on_rtcp: Callable[[bytes], None],
        on_state: Callable[[str], None],
        on_route: Callable[[], None],
        accept: SourceFilter,
    ) -> None:
        self._ice = ice
        # It asks of its ICE only the three names that IceLite has.
        self._dtls = RTCDtlsTransport(ice, [certificate])  # type: ignore[arg-type]  # see above
        self._dtls._set_role("server")
        self._dtls.on("statechange", self._changed)
        self._opened_by = ((srtp_lib.srtp_unprotect, on_rtp), (srtp_lib.srtp_unprotect_rtcp, on_rtcp))
        """By whether it is RTCP: what decrypts a packet, and who is given it."""
        self._on_state = on_state
        self._on_route = ice.on_moved = on_route
        self._accept = accept
        self._task: asyncio.Task[None] | None = None
        self.connected = False
        self._keys: Keys | None = None
        self._route: Route | None = None
        self._outbox = ice.outbox
        self.opening: Keys | None = None
        """What decrypts the client's packets; None before it is connected."""
        self._memory = srtp_ffi.new("char[]", PLACE_BYTES)
        self._view = srtp_ffi.buffer(self._memory)
        self._length = srtp_ffi.new("int *")

    def parameters(self) -> dict[str, Any]:
        """DtlsParameters of the mediasoup vocabulary."""
        fingerprints = self._dtls.getLocalParameters().fingerprints
        own = [
            {"algorithm": one.algorithm, "value": one.value}
            for one in fingerprints
            if one.algorithm == "sha-256"
        ]
        return {"role": "auto", "fingerprints": own}

    def start(self, remote: object) -> None:
        """Begin the handshake in a task of our own. Raises MediaError for parameters that make no sense."""
        if self._task is not None:
            raise MediaError(BAD_REQUEST, "the transport is connected already")
        role, parameters = _remote_parameters(remote)
        if role == "server":
            self._dtls._set_role("client")
        self._task = asyncio.get_running_loop().create_task(
            self._handshake(parameters), name="dtls-handshake"
        )

    def route(self) -> Route | None:
        """How packets get to the client now; None before it is connected, and while it is silent for too long."""
        keys, to = self._keys, self._ice.destination
        if keys is None or to is None:
            return None
        # The same for all who ask: a round gathers in it what they have for this client.
        if self._route is None or self._route.keys is not keys or self._route.to is not to:
            self._route = Route(self._outbox, keys, to)
        return self._route

    def post_rtp(self, head: bytes, payload: bytes) -> bool:
        """Encrypt a packet and put it into the port's outbox, which someone has to flush. False where it is not sent."""
        keys, to = self._keys, self._ice.destination
        return keys is not None and to is not None and self._outbox.put(head, payload, keys, to)

    def send_rtcp(self, packet: bytes) -> None:
        if self.connected:
            self._send(packet, self._dtls._tx_srtp.protect_rtcp)

    async def close(self) -> None:
        """Say goodbye and end every task."""
        self._dtls.remove_all_listeners()
        self.connected, self._keys, self.opening = False, None, None
        self._on_route()
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        pump = self._dtls._task
        await self._dtls.stop()
        if pump is not None:
            await asyncio.gather(pump, return_exceptions=True)
        self._ice.close()

    async def _handshake(self, parameters: RTCDtlsParameters) -> None:
        try:
            async with asyncio.timeout(HANDSHAKE_LIMIT_S):
                await self._dtls.start(parameters)
        except TimeoutError:
            self._on_state("failed")

    def _changed(self) -> None:
        state = self._dtls.state
        # Kept, because aiortc makes the name of its state anew for everyone who asks.
        self.connected = state == "connected"
        self._keys = self._sending_keys() if self.connected else None
        self.opening = Keys(self._dtls._rx_srtp) if self.connected else None
        self._on_route()
        self._ice.on_media = self._media_arrived if self.connected else None
        self._on_state(state)

    def _sending_keys(self) -> Keys:
        return Keys(self._dtls._tx_srtp)

    def _send(self, packet: bytes, protect: Callable[[bytes], bytes]) -> None:
        try:
            encrypted = protect(packet)
        except (SrtpError, TypeError, ValueError):
            return
        self._ice.send(encrypted)

    def _media_arrived(self, data: bytes) -> None:
        size = len(data)
        if not SHORTEST_PACKET <= size <= PLACE_BYTES:
            return
        # RFC 5761: these packet types are RTCP whatever else shares the port.
        is_rtcp = 192 <= data[1] <= 223
        if not self._accept(data, is_rtcp=is_rtcp):
            return
        unprotect, receiver = self._opened_by[is_rtcp]
        view, length = self._view, self._length
        view[0:size] = data
        length[0] = size
        if self.opening is not None and not unprotect(self.opening.raw, self._memory, length):
            receiver(view[0 : length[0]])


def _remote_parameters(remote: object) -> tuple[str, RTCDtlsParameters]:
    if not isinstance(remote, dict):
        raise MediaError(BAD_REQUEST, "dtlsParameters must be an object")
    role, listed = remote.get("role", "auto"), remote.get("fingerprints")
    if role not in ("auto", "client", "server") or not isinstance(listed, list) or len(listed) > 8:
        raise MediaError(BAD_REQUEST, "dtlsParameters need a role and fingerprints")
    fingerprints = [_fingerprint(one) for one in listed]
    known = [one for one in fingerprints if one.algorithm in FINGERPRINTS]
    if not known:
        raise MediaError(BAD_REQUEST, "dtlsParameters need a SHA-256, SHA-384 or SHA-512 fingerprint")
    return role, RTCDtlsParameters(fingerprints=known)


def _fingerprint(one: object) -> RTCDtlsFingerprint:
    if not isinstance(one, dict):
        raise MediaError(BAD_REQUEST, "a fingerprint must be an object")
    algorithm, value = one.get("algorithm"), one.get("value")
    if not isinstance(algorithm, str) or not isinstance(value, str):
        raise MediaError(BAD_REQUEST, "a fingerprint has an algorithm and a value")
    return RTCDtlsFingerprint(algorithm=algorithm.lower(), value=value)
