"""Written words, in a room or in a customer's call."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.utils import translation

from calls.actions import chat
from calls.signaling.messages.chat import Read, ReadChat, SendMessage, Typing
from calls.signaling.session import Perform
from calls.sockets.database import in_database
from calls.sockets.handlers import handles
from calls.sockets.page import Page
from calls.sockets.rooms import RoomLink
from calls.sockets.seats import SeatLink
from calls.sockets.throttle import count


@handles(ReadChat)
async def read_chat(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, ReadChat)
    return await in_database(_in_language, _read_chat, page.link(act), act.request)


@handles(SendMessage)
async def send_message(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, SendMessage)
    link, wanted = page.link(act), act.request
    return {"message": await in_database(_in_language, _send, link, wanted)}


@handles(Typing)
async def typing(page: Page, act: Perform) -> dict[str, Any]:
    """Not stored, and no database on the way."""
    assert isinstance(act.request, Typing)
    seat = page.link(act).seat
    message = {
        "type": "user-typing", seat.place: seat.call_id, "peerId": seat.peer_id, "typing": act.request.typing,
    }  # fmt: skip
    await page.tell_call(
        seat.call_id, {"type": "call.relay", "message": message, "to": None, "skip": seat.peer_id}
    )
    return {}


@handles(Read)
async def read(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, Read)
    link, seq = page.link(act), act.request.seq
    await in_database(lambda: chat.read(_author(link), seq))
    return {}


def _in_language(work: Callable[[Any, Any], dict[str, Any]], link: Any, request: object) -> dict[str, Any]:
    """Refusals are for people: in the language of the member of staff, or of the call."""
    user = link.user if isinstance(link, RoomLink) else link.key.user
    language = user.language if user is not None else link.key.prove().call.language
    with translation.override(language):
        return work(link, request)


def _send(link: Any, wanted: SendMessage) -> dict[str, Any]:
    author = _author(link)
    count("chat", author.user.pk if author.user else uuid.UUID(link.seat.peer_id))
    return chat.send(author, wanted.client_id, wanted.text or "", wanted.attachment_id)


def _read_chat(link: Any, request: ReadChat) -> dict[str, Any]:
    author = _author(link)
    if request.before is not None:
        return {"messages": chat.earlier(author.room, request.before)}
    missed = None if request.since is None else chat.later(author.room, request.since)
    return chat.chat_state(author, messages=missed)


def _author(link: Any) -> chat.Author:
    """In the database's threads: the right is proved anew."""
    if isinstance(link, RoomLink):
        return chat.author_in_room(link.prove())
    assert isinstance(link, SeatLink)
    return chat.author_in_call(link.key.prove())
