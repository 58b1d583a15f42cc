"""A WebSocket consumer that costs little per message.

Channels' own makes a task for every message, waits on two at once, and before each goes through a thread to look for stale
database connections. Ours are given back where they are used (`in_database`), so two loops that live as long as the socket do
what is left: one over its frames, one over the notices of the channel layer. They take turns, as with Channels: while one
message is worked on, no other is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class LeanConsumer(AsyncWebsocketConsumer):  # type: ignore[misc] # Channels has no types
    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        self.scope = scope
        self.base_send = send
        self.channel_layer = get_channel_layer(self.channel_layer_alias)
        self.channel_name = await self.channel_layer.new_channel()
        self._turn = asyncio.Lock()
        # If the notices fail, so does the socket: a page that hears nothing had better come back.
        async with asyncio.TaskGroup() as both:
            notices = both.create_task(self._hear_notices(), name=f"notices-{self.channel_name}")
            await self._hear_frames(receive)
            notices.cancel()

    async def _hear_frames(self, receive: Receive) -> None:
        while True:
            message = await receive()
            async with self._turn:
                match message["type"]:
                    case "websocket.receive":
                        await self.receive(message.get("text"), message.get("bytes"))
                    case "websocket.connect":
                        await self.connect()
                    case "websocket.disconnect":
                        await self.disconnect(message["code"])
                        return

    async def _hear_notices(self) -> None:
        while True:
            event = await self.channel_layer.receive(self.channel_name)
            async with self._turn:
                await getattr(self, event["type"].replace(".", "_"))(event)
