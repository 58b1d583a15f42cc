"""Written words in a room: stored masked, in order, each once, however often a page sends it."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from calls import events
from calls.access import Party, RoomParty
from calls.actions.calls import unix_ms
from calls.actions.errors import ActionError
from calls.masking import seen
from calls.models import Attachment, Call, Message, ReadMark, Room
from calls.models.chat import AttachmentState
from calls.models.room import MOST_PEOPLE, RoomKind

logger = logging.getLogger(__name__)

MAX_TEXT = 4000
SHOWN = 50
"""Messages that a page gets at once; older ones are asked for."""


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody who writes and reads: `key` stays the same however often they come back."""

    key: str
    name: str
    room: Room
    queue_id: int | None = None
    user: User | None = None
    party: Party | None = None
    peer_id: str | None = None
    is_host: bool = True


def author_in_room(party: RoomParty) -> Author:
    who = party.participation
    return Author(
        f"user:{who.user_id}", who.name, party.room,
        user=who.user, peer_id=str(who.pk), is_host=party.is_host,
    )  # fmt: skip


def author_in_call(party: Party) -> Author:
    who = party.participant
    key = f"party:{who.pk}" if who.user_id is None else f"user:{who.user_id}"
    return Author(
        key, who.name, room_of(party.call), party.call.queue_id,
        user=who.user, party=party, peer_id=str(who.pk),
    )  # fmt: skip


def room_of(call: Call) -> Room:
    """The room beside a customer's call, made when it is first needed."""
    room, _new = Room.objects.get_or_create(
        pk=call.pk, defaults={"kind": RoomKind.CALL, "call": call, "max_people": MOST_PEOPLE[RoomKind.CALL]}
    )
    return room


def send(author: Author, client_id: str, text: str, attachment_id: uuid.UUID | None = None) -> dict[str, Any]:
    """The stored message as the wire has it. Sent again under the same `client_id`, it is the same one.

    Raises ActionError: malformed (nothing in it), forbidden (the host keeps the chat), not_found (the file), wrong_state.
    """
    sent = known(author, client_id)
    if sent is not None:
        return sent
    _check(author, text)
    if not text.strip() and attachment_id is None:
        raise ActionError("malformed", _("There is nothing in this message."))
    attachment = _attachment(author, attachment_id)
    shown = seen(text[:MAX_TEXT].replace("\x00", ""), author.queue_id)
    return store(author, client_id, text=shown.text, masks=shown.masks, attachment=attachment)


def store(author: Author, client_id: str, **fields: Any) -> dict[str, Any]:
    """Number a message and tell everybody. What is in `fields` may be seen."""
    try:
        with transaction.atomic():
            message = Message.objects.create(
                room=author.room,
                seq=_next_seq(author.room),
                author=author.key,
                author_name=author.name,
                client_id=client_id,
                **fields,
            )
            payload = message_payload(message)
            tell(author, "message-received", message=payload)
    except IntegrityError:  # sent twice at once
        return known(author, client_id) or {}
    logger.info("message stored", extra={"room": author.room.pk, "seq": message.seq, "author": author.key})
    return payload


def known(author: Author, client_id: str) -> dict[str, Any] | None:
    message = (
        Message.objects.filter(room=author.room, author=author.key, client_id=client_id)
        .select_related("attachment")
        .first()
    )
    return message_payload(message) if message else None


def _check(author: Author, text: str) -> None:
    if len(text) > MAX_TEXT:
        raise ActionError("malformed", _("A message may have %(n)d letters.") % {"n": MAX_TEXT})
    may_write(author)


def may_write(author: Author) -> None:
    """Raises ActionError: wrong_state for an erased call, forbidden where the host keeps the chat."""
    if author.party is not None and author.party.call.erased_at is not None:
        raise ActionError("wrong_state", _("This call has been erased."))
    if author.party is not None and _is_long_over(author.party.call):
        raise ActionError("wrong_state", _("This call is over."))
    if not author.is_host and author.room.permissions.get("chat") == "host":
        raise ActionError("forbidden", _("Only the host may write here."))


def _is_long_over(call: Call) -> bool:
    """What was on its way when the other side hung up still arrives."""
    grace = timedelta(seconds=settings.GRACE_SECONDS)
    return call.ended_at is not None and timezone.now() - call.ended_at > grace


def _attachment(author: Author, attachment_id: uuid.UUID | None) -> Attachment | None:
    if attachment_id is None:
        return None
    mine = Attachment.objects.filter(room=author.room, state=AttachmentState.READY)
    mine = mine.filter(user=author.user) if author.user else mine.filter(party=_participant(author))
    found = mine.filter(pk=attachment_id).first()
    if found is None:
        raise ActionError("not_found", _("There is no such file."))
    return found


def _participant(author: Author) -> Any:
    return author.party.participant if author.party else None


def _next_seq(room: Room) -> int:
    """Inside a transaction: the row lock keeps numbers without holes."""
    Room.objects.filter(pk=room.pk).update(last_message_seq=F("last_message_seq") + 1)
    return int(Room.objects.values_list("last_message_seq", flat=True).get(pk=room.pk))


def read(author: Author, seq: int) -> None:
    """`author` has seen everything up to `seq`. Going back changes nothing."""
    mark, _new = ReadMark.objects.get_or_create(
        room=author.room, reader=author.key, defaults={"name": author.name}
    )
    last = Room.objects.values_list("last_message_seq", flat=True).get(pk=author.room.pk)
    seq = min(seq, last)
    if ReadMark.objects.filter(pk=mark.pk, seq__lt=seq).update(seq=seq):
        tell(author, "read-mark", readerId=author.key, name=author.name, seq=seq)


def chat_state(
    author: Author, since: int = 0, *, messages: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """What a page that enters gets of the chat: what it has not seen (the latest of it), and who has read how far."""
    room = Room.objects.get(pk=author.room.pk)
    marks = list(ReadMark.objects.filter(room=room))
    mine = next((mark.seq for mark in marks if mark.reader == author.key), 0)
    unread = Message.objects.filter(room=room, seq__gt=mine).exclude(author=author.key).count()
    return {
        "messages": latest(room, since) if messages is None else messages,
        "lastSeq": room.last_message_seq,
        "readMarks": [{"readerId": mark.reader, "name": mark.name, "seq": mark.seq} for mark in marks],
        "unread": unread,
        "me": author.key,
    }


def latest(room: Room, after: int = 0, limit: int = SHOWN) -> list[dict[str, Any]]:
    """The newest messages past `after`, oldest first."""
    rows = (
        Message.objects.filter(room=room, seq__gt=after).select_related("attachment").order_by("-seq")[:limit]
    )
    return [message_payload(row) for row in reversed(rows)]


def later(room: Room, after: int, limit: int = SHOWN) -> list[dict[str, Any]]:
    """The oldest messages past `after`: what a page that has missed some asks for until it has all."""
    rows = Message.objects.filter(room=room, seq__gt=after).select_related("attachment").order_by("seq")
    return [message_payload(row) for row in rows[:limit]]


def earlier(room: Room, before: int, limit: int = SHOWN) -> list[dict[str, Any]]:
    rows = Message.objects.filter(room=room, seq__lt=before).select_related("attachment").order_by("-seq")
    return [message_payload(row) for row in reversed(rows[:limit])]


def message_payload(message: Message) -> dict[str, Any]:
    return {
        "id": str(message.pk),
        "seq": message.seq,
        "author": {"id": message.author, "name": message.author_name},
        "text": message.text,
        "masks": message.masks,
        "attachment": attachment_payload(message.attachment) if message.attachment else None,
        "direct": message.direct,
        "at": unix_ms(message.created_at),
        "clientId": message.client_id,
    }


def attachment_payload(attachment: Attachment) -> dict[str, Any]:
    return {
        "attachmentId": str(attachment.pk),
        "name": attachment.name,
        "size": attachment.size,
        "contentType": attachment.content_type,
        "isImage": attachment.is_image,
        "url": f"/api/v1/rooms/{attachment.room_id}/files/{attachment.pk}",
    }


def tell(author: Author, kind: str, **fields: Any) -> None:
    place = "callId" if author.room.kind == RoomKind.CALL else "roomId"
    message = {"type": kind, place: str(author.room.pk), **fields}
    events.relay(author.room.pk, message, skip=author.peer_id)
