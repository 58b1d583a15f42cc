"""The way to the media servers: whose node carries a call, and what happens when that node dies."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Collection
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from django.conf import settings

from calls.actions.media_nodes import claim_node, lose_node
from calls.media.errors import UNAVAILABLE, MediaError
from calls.signaling.errors import ErrorCode, SignalError
from calls.signaling.session import Seat
from calls.sockets.database import in_database
from calls.sockets.links import Link

logger = logging.getLogger(__name__)

REQUEST_SECONDS = 5.0
RECORDED = frozenset({"customer", "agent"})


class Client(Protocol):
    """calls.media.rpc.MediaClient, as far as it is needed here."""

    async def request(
        self,
        node: str,
        method: str,
        data: dict[str, Any],
        timeout: float = ...,  # noqa: ASYNC109
    ) -> dict[str, Any]: ...

    async def pick_node(self) -> str: ...

    async def is_alive(self, node: str) -> bool: ...


class MediaGateway:
    def __init__(self, client: Client) -> None:
        self.client = client
        self._nodes: dict[str, str] = {}
        """Id of a call or room -> node, of those that this process has asked for."""

    async def join(self, link: Link) -> dict[str, Any]:
        """Enter the room, the call's or another, on the node that carries it or on a new one."""
        seat = link.seat
        node = await link.node()
        if node and not await self.client.is_alive(node):
            await self._lose(seat.call_id, node)
            node = ""
        self._nodes[seat.call_id] = node or await self._claim(seat.call_id)
        role = link.media_role
        return await self.request(seat, "join", {"role": role, "record": role in RECORDED})

    async def request(self, seat: Seat, method: str, data: dict[str, Any]) -> dict[str, Any]:
        """Ask on behalf of one party. Raises MediaError; when the node is dead the call is told `media-lost`."""
        node = self._nodes.get(seat.call_id)
        if node is None:
            raise SignalError(ErrorCode.NOT_FOUND, "Join the room first.")
        if not await self.client.is_alive(node):
            # Its requests would only be waited for; so the page hears at once that it has to begin anew.
            await self._lose(seat.call_id, node)
            raise MediaError(UNAVAILABLE, "the media server is gone")
        about = {**data, "roomId": seat.call_id, "peerId": seat.peer_id}
        try:
            return await self.client.request(node, method, about, timeout=REQUEST_SECONDS)
        except MediaError as error:
            if error.code == UNAVAILABLE:
                await self.watch([seat.call_id])
            raise

    async def watch(self, call_ids: Collection[str]) -> None:
        """Are the calls' nodes still there? Asked while pages renew their leases, so that no one waits for a page to ask."""
        carried = {call_id: node for call_id in call_ids if (node := self._nodes.get(call_id))}
        dead = {node for node in set(carried.values()) if not await self.client.is_alive(node)}
        for call_id, node in carried.items():
            if node in dead:
                await self._lose(call_id, node)

    async def leave(self, seat: Seat) -> None:
        """The party's streams end and its recording is closed. Nothing to complain about when the node is gone."""
        if seat.call_id in self._nodes:
            with contextlib.suppress(MediaError):
                await self.request(seat, "leave", {})

    def forget(self, call_id: str) -> None:
        self._nodes.pop(call_id, None)

    async def _claim(self, call_id: str) -> str:
        return await in_database(claim_node, uuid.UUID(call_id), await self.client.pick_node())

    async def _lose(self, call_id: str, node: str) -> None:
        self._nodes.pop(call_id, None)
        logger.warning("media node %s of call %s does not answer", node, call_id)
        await in_database(lose_node, uuid.UUID(call_id), node)


_gateways: WeakKeyDictionary[asyncio.AbstractEventLoop, MediaGateway] = WeakKeyDictionary()


def gateway() -> MediaGateway:
    """One per process (per event loop, to be exact: its client holds connections of the loop)."""
    loop = asyncio.get_running_loop()
    if loop not in _gateways:
        _gateways[loop] = MediaGateway(_new_client())
    return _gateways[loop]


def _new_client() -> Client:
    from calls.media.client import MediaClient

    client: Client = MediaClient(settings.REDIS_URL)
    return client
