"""Written words, in a room or in a customer's call."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.utils import translation

from calls.actions import chat, direct_files
from calls.models.chat import HandingOver
from calls.signaling.messages.chat import MarkFile, OfferFile, Read, ReadChat, SendMessage, Typing
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


@handles(OfferFile)
async def offer_file(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, OfferFile)
    return {"message": await in_database(_in_language, _offer_file, page.link(act), act.request)}


@handles(MarkFile)
async def mark_file(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, MarkFile)
    return {"state": await in_database(_in_language, _mark_file, page.link(act), act.request)}


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


def _in_language(work: Callable[[Any, Any], Any], link: Any, request: object) -> Any:
    """Refusals are for people: in the language of the member of staff, or of the call."""
    user = link.user if isinstance(link, RoomLink) else link.key.user
    language = user.language if user is not None else link.key.prove().call.language
    with translation.override(language):
        return work(link, request)


def _send(link: Any, wanted: SendMessage) -> dict[str, Any]:
    return chat.send(_writer(link), wanted.client_id, wanted.text or "", wanted.attachment_id)


def _offer_file(link: Any, wanted: OfferFile) -> dict[str, Any]:
    told = direct_files.Told(wanted.name, wanted.size, wanted.sha256, wanted.head)
    return direct_files.offer(_writer(link), wanted.client_id, told)


def _mark_file(link: Any, wanted: MarkFile) -> str:
    return direct_files.mark(_author(link), wanted.seq, HandingOver(wanted.mark))


def _read_chat(link: Any, request: ReadChat) -> dict[str, Any]:
    author = _author(link)
    if request.before is not None:
        return {"messages": chat.earlier(author.room, request.before)}
    missed = None if request.since is None else chat.later(author.room, request.since)
    return chat.chat_state(author, messages=missed)


def _writer(link: Any) -> chat.Author:
    """Counted: whatever stands in the chat afterwards costs the same."""
    author = _author(link)
    count("chat", author.user.pk if author.user else uuid.UUID(link.seat.peer_id))
    return author


def _author(link: Any) -> chat.Author:
    """In the database's threads: the right is proved anew."""
    if isinstance(link, RoomLink):
        return chat.author_in_room(link.prove())
    assert isinstance(link, SeatLink)
    return chat.author_in_call(link.key.prove())
