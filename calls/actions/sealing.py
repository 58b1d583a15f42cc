"""Recordings of ended calls are encrypted: soon after the call, and whatever was left by the sweep. Files of chats are from
the beginning; they share the keys, and are sealed anew with them.

A row's `sealed_at` only spares the sweep a look at the disk; readers find the file by themselves.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from calls.models import Chunk, Recording
from calls.models.recording import keyring
from calls.states import FINAL
from calls.vault import SUFFIX, Damaged, Keyring, VaultError, replace_plain, reseal

logger = logging.getLogger(__name__)

AFTER = timedelta(minutes=1)
LIMIT = 500
FOLDERS = ("recordings", "audio", "files")


def seal_call(call_id: uuid.UUID) -> int:
    """Seal what was recorded of an ended call. Gives how many chunks. Safe to repeat."""
    return _seal(_plain().filter(recording__call=call_id), keyring())


def seal_ended(limit: int = LIMIT) -> int:
    """The sweep: chunks of calls that have ended, whatever became of their transcripts."""
    due = _plain().filter(recording__call__ended_at__lt=timezone.now() - AFTER)
    return _seal(due.order_by("pk")[:limit], keyring())


def seal_everything() -> Iterator[int]:
    """Chunks and whole sides from before there was a vault. Gives after each step how many files it sealed."""
    keys = keyring()
    last = 0
    while chunks := list(_plain().filter(pk__gt=last).order_by("pk")[:LIMIT]):
        yield _seal(chunks, keys)
        last = chunks[-1].pk
    sides = Recording.objects.filter(call__status__in=FINAL).exclude(original_path="")
    for recording in sides.order_by("pk").iterator():
        path = recording.original_file()
        yield int(path is not None and _replace(path, keys))


def rotate() -> Iterator[bool]:
    """Seal every file anew under the first key. Gives for each file whether it was changed; a killed run goes on
    from where it was, since each file names its key. Raises UnknownKey before anything is lost.
    """
    keys = keyring()
    for path in sealed_files():
        try:
            yield reseal(path, keys)
        except FileNotFoundError:
            yield False  # erased meanwhile
        except Damaged as error:
            logger.error("sealed sound %s: %s", path.name, error)
            yield False


def sealed_files() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((settings.DATA_DIR / folder).glob(f"**/*{SUFFIX}"))]


def _plain() -> QuerySet[Chunk]:
    return Chunk.objects.filter(sealed_at=None, recording__call__status__in=FINAL)


def _seal(chunks: QuerySet[Chunk] | list[Chunk], keys: Keyring) -> int:
    done = [chunk.pk for chunk in chunks if _replace(chunk.file(), keys) or not chunk.file().exists()]
    return Chunk.objects.filter(pk__in=done, sealed_at=None).update(sealed_at=timezone.now())


def _replace(path: Path, keys: Keyring) -> bool:
    try:
        return replace_plain(path, keys)
    except (OSError, VaultError) as error:
        logger.error("recording %s is not sealed: %s", path.name, type(error).__name__)
        return False
