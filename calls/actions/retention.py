"""What the landing page promises: recordings and words are erased after RETENTION_DAYS. The bare call stays, for statistics."""

from __future__ import annotations

import logging
import shutil
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from calls.models import Attachment, Call, CallEvent, Message, Participant, Recording, Room
from calls.models.call import ParticipantRole
from calls.models.room import RoomKind
from calls.signals import call_erasing
from calls.states import FINAL
from calls.vault import sealed_path

logger = logging.getLogger(__name__)

UNSENT_HOURS = 24
"""A file that no message has taken with it by then, is not sent any more."""
PERSONAL: dict[str, Any] = {
    "customer_name": "",
    "customer_contact": "",
    "question": "",
    "rating_comment": "",
    "handover": None,
}


def erase_old_calls() -> int:
    """Erase every finished call that is past its time. Returns how many; safe to repeat after a crash."""
    limit = timezone.now() - timedelta(days=settings.RETENTION_DAYS)
    due = Call.objects.filter(status__in=FINAL, ended_at__lt=limit, erased_at=None).values_list(
        "pk", flat=True
    )
    count = 0
    for call_id in due.iterator():
        erase_call(call_id)
        count += 1
    return count


def erase_call(call_id: uuid.UUID) -> None:
    """Files first: if that fails the row still says that there is something to erase."""
    for folder in ("recordings", "audio", "files"):
        path = settings.DATA_DIR / folder / str(call_id)
        if path.exists():
            shutil.rmtree(path)
    with transaction.atomic():
        call_erasing.send(sender=Call, call_id=call_id)
        Recording.objects.filter(call_id=call_id).delete()
        Room.objects.filter(pk=call_id).delete()  # its written words, and what is known of its files
        CallEvent.objects.filter(call_id=call_id).delete()
        Participant.objects.filter(call_id=call_id, role=ParticipantRole.CUSTOMER).update(name="")
        Call.objects.filter(pk=call_id).update(**PERSONAL, erased_at=timezone.now())
    logger.info("erased what was said in call %s", call_id)


def erase_old_words() -> int:
    """What was written in meetings and voice rooms, and files that were never sent. Returns how many rows went."""
    now = timezone.now()
    limit = now - timedelta(days=settings.RETENTION_DAYS)
    old = Message.objects.filter(created_at__lt=limit).exclude(room__kind=RoomKind.CALL)
    sent = Message.objects.filter(attachment__isnull=False, created_at__gte=limit).values("attachment")
    in_calls = Message.objects.filter(attachment__isnull=False, room__kind=RoomKind.CALL).values("attachment")
    files = Attachment.objects.filter(created_at__lt=now - timedelta(hours=UNSENT_HOURS))
    count = 0
    for file in files.exclude(pk__in=sent).exclude(pk__in=in_calls).iterator():
        # The file first: if that fails the row still says that there is something to erase.
        sealed_path(file.file).unlink(missing_ok=True)
        file.delete()
        count += 1
    return count + old.delete()[0]
