"""The socket as Channels sees it. It only routes: frames to the page, notices of the channel layer to what they concern."""

from __future__ import annotations

from typing import Any

from calls.signaling.errors import CloseCode
from calls.signaling.messages.call import Login
from calls.signaling.session import Perform, Reply
from calls.sockets.dispatch import LeanConsumer
from calls.sockets.handlers import HANDLERS
from calls.sockets.origin import is_allowed
from calls.sockets.page import Page
from calls.sockets.scope import client_address, token_in_address


class CallConsumer(LeanConsumer):
    page: Page | None = None

    async def connect(self) -> None:
        await self.accept()  # a page can read the reason for a refusal only once it is connected
        if not is_allowed(self.scope):
            await self.close(code=CloseCode.FORBIDDEN.value)
            return
        self.page = Page(self, HANDLERS, client_address(self.scope))
        self.page.start()
        token = token_in_address(self.scope)
        if token is not None:
            await self.page.run([Perform(Login(token=token), Reply(), None)])

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.page is not None:
            await self.page.receive(text_data)

    async def disconnect(self, code: int) -> None:
        if self.page is not None:
            await self.page.stop()

    # --- from the channel layer; the names are those of calls/events.py ---

    async def call_wake(self, event: dict[str, Any]) -> None:
        link = self.page.link_of(event["call_id"]) if self.page else None
        if link is not None:
            link.wake(event["seq"])

    async def call_relay(self, event: dict[str, Any]) -> None:
        if self.page is not None:
            await self.page.hear(event["message"], to=event["to"], skip=event["skip"])

    async def call_seat(self, event: dict[str, Any]) -> None:
        if self.page is not None and event["page"] != self.page.id:
            await self.page.replaced(event["peer_id"], event["taken_at"])

    async def desk_wake(self, event: dict[str, Any]) -> None:
        if self.page is None or self.page.desk is None:
            return
        if event["message"] is None:
            self.page.desk.wake()
        else:
            await self.page.desk.hear(event["message"])

    async def team_wake(self, _event: dict[str, Any]) -> None:
        if self.page is not None and self.page.presence is not None:
            self.page.presence.wake()

    async def person_notice(self, event: dict[str, Any]) -> None:
        if self.page is not None:
            await self.page.send(event["message"])

    async def queue_wake(self, event: dict[str, Any]) -> None:
        if self.page is None:
            return
        if self.page.desk is not None:
            self.page.desk.wake()
        for link in self.page.links:
            if link.queue_id == event["queue_id"]:
                link.wake_queue()


class NothingHere(LeanConsumer):
    """Any other address: a code in place of a traceback."""

    async def connect(self) -> None:
        await self.accept()
        await self.close(code=CloseCode.NOT_FOUND.value)
