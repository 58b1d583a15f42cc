"""Files of a chat: taken in pieces, known by what is in them, looked at by a virus scanner where there is one."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import socket
import struct
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from calls.actions.chat import Author
from calls.actions.errors import ActionError
from calls.models import Attachment
from calls.models.chat import AttachmentState

logger = logging.getLogger(__name__)

MAX_BYTES = 40 * 1024 * 1024
HEAD = 512
SCAN_SECONDS = 60.0
KINDS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/vnd.ms-office"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"HWP Document File", "application/x-hwp"),
)
"""What a file begins with; the name that it came with says nothing."""
OFFICE = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".hwpx": "application/hwp+zip",
}
BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""With these, `gpj.exe` reads as `exe.jpg`."""


def kind_of(head: bytes, name: str) -> str | None:
    """The type of a file by its first bytes; None for what is not taken: programs, scripts, pages of the web."""
    for magic, kind in KINDS:
        if head.startswith(magic):
            return OFFICE.get(Path(name.lower()).suffix, kind) if kind == "application/zip" else kind
    if head[:4] == b"RIFF" and head[8:12] in (b"WEBP", b"WAVE"):
        return "image/webp" if head[8:12] == b"WEBP" else "audio/wav"
    if head[4:8] == b"ftyp":
        return "video/mp4"
    return "text/plain" if _is_text(head) else None


def _is_text(head: bytes) -> bool:
    if not head or b"\x00" in head or head.startswith((b"MZ", b"\x7fELF", b"#!")):
        return False
    start = head.lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script")):
        return False
    try:
        head[:-4].decode("utf-8") if len(head) == HEAD else head.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def safe_name(name: str) -> str:
    """What is shown and offered for saving: no path, no control or direction marks, at most 100 letters."""
    bare = BIDI.sub("", name.replace("\\", "/").rsplit("/", 1)[-1])
    bare = "".join(char for char in bare if char.isprintable()).strip(" .")
    stem, dot, suffix = bare.rpartition(".")
    if not dot:
        return bare[:100] or "file"
    return f"{stem[:90] or 'file'}.{suffix[:9]}"


def take(author: Author, name: str, pieces: Iterable[bytes]) -> Attachment:
    """Store a file for a message to come. Raises ActionError: too_large, malformed (empty), type_refused, infected."""
    attachment = Attachment(
        room=author.room, user=author.user, name=safe_name(name), state=AttachmentState.CHECKING, size=0,
        party=author.party.participant if author.party and not author.user else None,
    )  # fmt: skip
    draft = attachment.file.with_suffix(".part")
    draft.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        head = _write(draft, pieces, attachment)
        kind = kind_of(head, attachment.name)
        if kind is None:
            raise ActionError("type_refused", _("Files of this kind are not taken."))
        attachment.content_type = kind
        _scan(draft)
        draft.replace(attachment.file)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    attachment.state = AttachmentState.READY
    attachment.save()
    logger.info("file %s taken in room %s, %d bytes", attachment.pk, author.room.pk, attachment.size)
    return attachment


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
