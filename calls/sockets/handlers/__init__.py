"""One handler per message, found by its type. A handler returns the data of the `ack`, or None when it has answered itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from calls.signaling.messages import Request
from calls.signaling.session import Perform
from calls.sockets.page import Page

Handler = Callable[[Page, Perform], Awaitable[dict[str, Any] | None]]
HANDLERS: dict[type[Request], Handler] = {}


def handles(*types: type[Request]) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        for type_ in types:
            HANDLERS[type_] = handler
        return handler

    return register


# The modules register their handlers when they are imported.
from calls.sockets.handlers import audio, calls, chat, colleagues, desk, media, presence, rooms  # noqa: E402, F401
