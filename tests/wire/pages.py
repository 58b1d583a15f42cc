"""A page of the tests: a socket of the whole application, which holds every message it gets to the written protocol."""

from __future__ import annotations

import itertools
import json
from types import TracebackType
from typing import Any, Self

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from calls.models import Room
from calls.signaling.notices import EVENTS, NOTICES
from calls.sockets.database import in_database
from config.asgi import application
from tests.cast import Cara

ORIGIN = "http://localhost:8000"
PATIENCE = 10.0
db = in_database


class Refused(Exception):
    def __init__(self, message: dict[str, Any]) -> None:
        super().__init__(message["code"])
        self.code = message["code"]
        self.message = message


class Closed(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class TestPage:
    __test__ = False

    def __init__(self, path: str = "/ws/", origin: str | None = ORIGIN) -> None:
        headers = [(b"host", b"localhost:8000")] + ([(b"origin", origin.encode())] if origin else [])
        self.socket = WebsocketCommunicator(application, path, headers=headers)
        self.socket.scope["client"] = ["127.0.0.1", 50_000]
        self._ids = itertools.count(1)
        self._kept: list[dict[str, Any]] = []
        self.call_id = self.peer_id = ""

    async def __aenter__(self) -> Self:
        connected, _protocol = await self.socket.connect(timeout=PATIENCE)
        assert connected
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.socket.disconnect(timeout=PATIENCE)

    async def send(self, kind: str, /, **fields: Any) -> None:
        await self.socket.send_json_to({"type": kind, **fields})

    async def send_raw(self, frame: str) -> None:
        await self.socket.send_input({"type": "websocket.receive", "text": frame})

    async def request(self, kind: str, /, **fields: Any) -> dict[str, Any]:
        """The data of the ack, or the answer itself. Raises Refused."""
        number = next(self._ids)
        await self.send(kind, id=number, **fields)
        answer = await self.match(lambda message: message.get("id") == number)
        if answer["type"] == "error":
            raise Refused(answer)
        return answer["data"] if answer["type"] == "ack" else answer

    async def next(self, kind: str, /, **expected: Any) -> dict[str, Any]:
        """The next message of this type with these values; others are kept for later."""
        return await self.match(
            lambda message: (
                message["type"] == kind and all(message.get(key) == value for key, value in expected.items())
            )
        )

    async def match(self, wanted: Any) -> dict[str, Any]:
        for index, message in enumerate(self._kept):
            if wanted(message):
                return self._kept.pop(index)
        while True:
            message = await self._receive()
            if wanted(message):
                return message
            self._kept.append(message)

    async def everything(self) -> list[dict[str, Any]]:
        """All that has come until now: a ping's answer marks the end of it."""
        number = next(self._ids)
        await self.send("ping", id=number)
        while (message := await self._receive()).get("id") != number:
            self._kept.append(message)
        found, self._kept = self._kept, []
        return found

    async def closed(self) -> int:
        """The code with which the server hangs up."""
        try:
            while True:
                await self._receive()
        except Closed as closed:
            return closed.code

    async def _receive(self) -> dict[str, Any]:
        output = await self.socket.receive_output(timeout=PATIENCE)
        if output["type"] == "websocket.close":
            raise Closed(output.get("code", 1000))
        message: dict[str, Any] = json.loads(output["text"])
        hold_to_protocol(message)
        return message

    # --- verbs ---

    async def logs_in(self, user: User) -> dict[str, Any]:
        return await self.request("login", token=await jwt(user))

    async def opens_desk(self, user: User) -> dict[str, Any]:
        await self.logs_in(user)
        return await self.request("open-desk")

    async def joins(self, **key: Any) -> dict[str, Any]:
        joined = await self.request("join", **key)
        self.call_id, self.peer_id = joined["callId"], joined["peerId"]
        return joined


def hold_to_protocol(message: dict[str, Any]) -> None:
    """Every message that leaves has a registered type and exactly the registered fields."""
    kind = message["type"]
    fields = NOTICES[kind].split()
    required = {field for field in fields if not field.endswith("?")}
    optional = {field.removesuffix("?") for field in fields} | {"callId"}
    in_room = "roomId" in given_fields(message)
    if in_room:
        optional |= {"roomId"}
    if kind in EVENTS and not in_room:
        required |= {"callId", "seq", "at"}
    given = given_fields(message)
    assert required <= given, f"{kind} lacks {required - given}"
    assert given <= required | optional, f"{kind} has {given - required - optional} besides"


def given_fields(message: dict[str, Any]) -> set[str]:
    return set(message) - {"type"}


async def jwt(user: User) -> str:
    return str(await sync_to_async(AccessToken.for_user)(user))


async def both_in_call(alice: User, cara: Cara) -> tuple[TestPage, TestPage]:
    """Pages of the agent and of the customer, both joined."""
    hers, his = await TestPage().__aenter__(), await TestPage().__aenter__()
    await hers.logs_in(alice)
    await hers.joins(callId=str(cara.call.pk))
    await his.joins(token=cara.token)
    return hers, his


async def enter(page: TestPage, room: Room, **fields: object) -> dict:
    return await page.request("enter-room", roomId=str(room.pk), **fields)
