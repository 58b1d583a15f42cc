"""Files of a chat: taken in pieces, known by what is in them, looked at by a virus scanner where there is one, and sealed."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import socket
import struct
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext as _

from calls.actions.chat import Author, may_write
from calls.actions.errors import ActionError
from calls.actions.sniffing import HEAD, fitting_name, kind_of, safe_name
from calls.masking import seen
from calls.models import Attachment, Room
from calls.models.chat import AttachmentState
from calls.models.recording import keyring
from calls.vault import seal, sealed_path

logger = logging.getLogger(__name__)

MAX_BYTES = 40 * 1024 * 1024
MAX_BYTES_PER_ROOM = 1024**3
LEFT_FREE_BYTES = 1024**3
SCAN_SECONDS = 60.0


def take(author: Author, name: str, pieces: Iterable[bytes]) -> Attachment:
    """Store a file for a message to come, encrypted as recordings are.

    Raises ActionError: too_large, malformed (empty), type_refused, infected, storage_failed, wrong_state, forbidden.
    """
    may_write(author)
    _check_space(author.room)
    attachment = Attachment(
        room=author.room, user=author.user, name=name, state=AttachmentState.CHECKING, size=0,
        party=author.party.participant if author.party and not author.user else None,
    )  # fmt: skip
    draft = attachment.file.with_suffix(".part")
    draft.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        head = _write(draft, pieces, attachment)
        kind = kind_of(head, name)
        if kind is None:
            raise ActionError("type_refused", _("Files of this kind are not taken."))
        attachment.content_type = kind
        attachment.name = fitting_name(seen(safe_name(name), author.queue_id).text, kind)
        _scan(draft)
        seal(draft, sealed_path(attachment.file), keyring())
    except OSError as error:
        logger.error("a file of room %s could not be stored: errno %s", author.room.pk, error.errno)
        raise ActionError("storage_failed", _("The file could not be stored. Please try again.")) from error
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    attachment.state = AttachmentState.READY
    attachment.save()
    facts = {"room": author.room.pk, "file": attachment.pk, "bytes": attachment.size, "author": author.key}
    logger.info("file taken", extra=facts)
    return attachment


def _check_space(room: Room) -> None:
    """Chats must not fill the disk that calls are recorded on."""
    used = Attachment.objects.filter(room=room).aggregate(bytes=Sum("size"))["bytes"] or 0
    if used + MAX_BYTES > MAX_BYTES_PER_ROOM:
        raise ActionError("too_large", _("The files of this chat take up too much space."))
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(settings.DATA_DIR).free < LEFT_FREE_BYTES:
        logger.error("files are refused: the disk is nearly full")
        raise ActionError("storage_failed", _("The file could not be stored. Please try again."))


def _write(draft: Path, pieces: Iterable[bytes], attachment: Attachment) -> bytes:
    """The first bytes of what was written."""
    digest, head = hashlib.sha256(), b""
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
        for piece in pieces:
            attachment.size += len(piece)
            if attachment.size > MAX_BYTES:
                raise ActionError("too_large", _("A file may have 40 MB."))
            head = head if len(head) >= HEAD else (head + piece)[:HEAD]
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    if not attachment.size:
        raise ActionError("malformed", _("The file is empty."))
    attachment.sha256 = digest.hexdigest()
    return head


def _scan(file: Path) -> None:
    """By clamd's INSTREAM where ATTACHMENT_SCANNER names one. A scanner that does not answer lets nothing through."""
    if not settings.ATTACHMENT_SCANNER:
        return
    where = urlsplit(settings.ATTACHMENT_SCANNER)
    try:
        with socket.create_connection((where.hostname or "", where.port or 3310), SCAN_SECONDS) as scanner:
            scanner.sendall(b"zINSTREAM\0")
            with file.open("rb") as content:
                while piece := content.read(64 * 1024):
                    scanner.sendall(struct.pack(">I", len(piece)) + piece)
            scanner.sendall(struct.pack(">I", 0))
            answer = scanner.recv(4096)
    except OSError as error:
        logger.error("the virus scanner does not answer: %s", type(error).__name__)
        raise ActionError(
            "storage_failed", _("The file could not be checked. Please try again later.")
        ) from error
    if b"OK" not in answer or b"FOUND" in answer:
        raise ActionError("infected", _("The file was refused by the virus scanner."))


def erase_files(room_id: uuid.UUID) -> None:
    folder = Path(settings.DATA_DIR) / "files" / str(room_id)
    if folder.exists():
        shutil.rmtree(folder)
