"""Files that go from device to device in a direct call. The server judges what is told of them and keeps no byte.

Who sends tells the name, the size, the hash and the first bytes before anything goes. The kind is read from these bytes by the
rule for all files, and their hash is told to who receives: whose page then knows that they are the ones that were judged.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from calls.actions import chat
from calls.actions.chat import Author
from calls.actions.errors import ActionError
from calls.actions.sniffing import HEAD, fitting_name, kind_of, safe_name
from calls.masking import seen
from calls.models import Message
from calls.models.chat import HandingOver
from calls.states import TALKING

logger = logging.getLogger(__name__)

MAX_BYTES = 200 * 1024 * 1024
BEFORE: dict[HandingOver, tuple[HandingOver, ...]] = {
    HandingOver.ACCEPTED: (HandingOver.OFFERED,),
    HandingOver.DECLINED: (HandingOver.OFFERED,),
    HandingOver.ARRIVED: (HandingOver.ACCEPTED,),
    HandingOver.FAILED: (HandingOver.OFFERED, HandingOver.ACCEPTED),
}
"""From where each state is reached."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a page tells of its file; `head` are its first HEAD bytes."""

    name: str
    size: int
    sha256: str
    head: bytes


def offer(author: Author, client_id: str, told: Told) -> dict[str, Any]:
    """The stored message as the wire has it; offered again under the same `client_id`, it is the same one.

    Raises ActionError: forbidden (not here), wrong_state (not a direct call), too_large, malformed, type_refused.
    """
    sent = chat.known(author, client_id)
    if sent is not None:
        return sent
    chat.may_write(author)
    _check_way(author)
    direct = _judged(author, told)
    return chat.store(author, client_id, direct=direct | {"state": HandingOver.OFFERED.value})


def _check_way(author: Author) -> None:
    call = author.party.call if author.party else None
    if call is None or not call.queue.hands_files_over:
        raise ActionError("forbidden", _("Files are not handed over directly here."))
    if call.media_path != "direct" or call.state not in TALKING:
        raise ActionError("wrong_state", _("This call is not a direct one."))


def _judged(author: Author, told: Told) -> dict[str, Any]:
    if told.size > MAX_BYTES:
        raise ActionError("too_large", _("A file that is handed over directly may have 200 MB."))
    if len(told.head) != min(told.size, HEAD):
        raise ActionError("malformed", _("The beginning of the file is missing."))
    kind = kind_of(told.head, told.name)
    if kind is None:
        raise ActionError("type_refused", _("Files of this kind are not taken."))
    return {
        "name": fitting_name(seen(safe_name(told.name), author.queue_id).text, kind),
        "contentType": kind,
        "size": told.size,
        "sha256": told.sha256,
        "headSha256": hashlib.sha256(told.head).hexdigest(),
    }


def mark(author: Author, seq: int, state: HandingOver) -> str:
    """Write down how far a file has come. Gives its state, which is another when somebody was first.

    Who sends it may only give it up. Raises ActionError: not_found, forbidden, wrong_state.
    """
    chat.may_write(author)
    message = Message.objects.filter(room=author.room, seq=seq).first()
    if message is None or message.direct is None:
        raise ActionError("not_found", _("There is no such file."))
    if message.author == author.key and state is not HandingOver.FAILED:
        raise ActionError("forbidden", _("Only who receives the file may say so."))
    with transaction.atomic():
        reached = Message.objects.filter(
            pk=message.pk, direct__state__in=[each.value for each in BEFORE[state]]
        )
        if reached.update(direct=message.direct | {"state": state.value}):
            chat.tell(author, "file-marked", seq=seq, state=state.value)
            facts = {"room": author.room.pk, "seq": seq, "author": author.key}
            logger.info("file handed over directly: %s", state.value, extra=facts)
    return str(Message.objects.values_list("direct__state", flat=True).get(pk=message.pk))
