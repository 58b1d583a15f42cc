"""The browser's half of ICE towards an ICE-lite server, no more than a simulated party needs.

aiortc's own ICE binds to every address of the machine but loopback, and so cannot call a server that
listens there.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import struct
from collections.abc import Callable
from typing import Any, cast

from aioice import stun

CHECK_EVERY_S = 0.05
CONSENT_EVERY_S = 2.5

Filter = Callable[[bytes], bool]


class ControllingIce(asyncio.DatagramProtocol):
    """Connects to one candidate. In the shape that aiortc's DTLS transport wants: `_recv`, `_send`, `role`.

    `drop_sent` and `drop_received`, where set, say of each datagram whether the network loses it.
    """

    role = "controlling"

    def __init__(self, ice_parameters: dict[str, Any], candidate: dict[str, Any]) -> None:
        self.set_parameters(ice_parameters)
        self._server = (str(candidate["ip"]), int(candidate["port"]))
        self._inbox: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._transport: asyncio.DatagramTransport | None = None
        self._task: asyncio.Task[None] | None = None
        self._tie_breaker = secrets.randbits(64)
        self.answered = asyncio.Event()
        self.drop_sent: Filter | None = None
        self.drop_received: Filter | None = None

    def set_parameters(self, ice_parameters: dict[str, Any]) -> None:
        """Credentials of the server; new ones after an ICE restart."""
        self._username = f"{ice_parameters['usernameFragment']}:{secrets.token_hex(4)}"
        self._password = str(ice_parameters["password"])

    async def connect(self) -> None:
        """Open a socket and return once the server answered a check."""
        await self._open_socket()
        self._task = asyncio.get_running_loop().create_task(self._keep_checking(), name="ice-checks")
        await self.answered.wait()

    async def move(self) -> None:
        """Go on from another local port, as a phone does that changes its network."""
        self.answered.clear()
        if self._transport is not None:
            self._transport.close()
        await self._open_socket()
        self._check()
        await self.answered.wait()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._transport is not None:
            self._transport.close()
        self._inbox.put_nowait(None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if data[0] < 4:
            self._check_answered(data)
        elif self.drop_received is None or not self.drop_received(data):
            self._inbox.put_nowait(data)

    async def _open_socket(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, remote_addr=self._server)

    async def _keep_checking(self) -> None:
        while True:
            self._check()
            await asyncio.sleep(CONSENT_EVERY_S if self.answered.is_set() else CHECK_EVERY_S)

    def _check(self) -> None:
        request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
        request.attributes["USERNAME"] = self._username
        request.attributes["PRIORITY"] = 1
        request.attributes["ICE-CONTROLLING"] = self._tie_breaker
        request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(self._password.encode())
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(bytes(request))

    def _check_answered(self, data: bytes) -> None:
        try:
            message = stun.parse_message(data)
        except (ValueError, struct.error):
            return
        if message.message_class == stun.Class.RESPONSE and message.check_message_integrity(
            self._password.encode()
        ):
            self.answered.set()

    async def _recv(self) -> bytes:
        data = await self._inbox.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            raise ConnectionError
        if self.drop_sent is None or not self.drop_sent(data):
            self._transport.sendto(data)
