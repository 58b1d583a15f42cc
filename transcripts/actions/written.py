"""What customers typed before and after their calls, masked anew when the rules change.

Only the masked words were kept, so a run can hide more and never show more.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Q

from calls.models import Call, CallEvent, Message, Participant, ReadMark
from calls.models.call import ParticipantRole
from transcripts.vocabulary import Rules, rules

BATCH = 500
FIELDS = ("customer_name", "topic", "question", "rating_comment")


def mask_calls() -> Iterator[int]:
    """Gives after each batch how many calls changed. Safe to repeat."""
    wordy = Call.objects.exclude(Q(customer_name="", topic="", question="", rating_comment=""))
    calls = wordy.select_related("place").order_by("pk")
    rows = list(calls[:BATCH])
    while rows:
        yield _mask(rows)
        rows = list(calls.filter(pk__gt=rows[-1].pk)[:BATCH])


def _mask(rows: list[Call]) -> int:
    by_queue: dict[int, Rules] = {}
    changed = 0
    for call in rows:
        by = by_queue.get(call.queue_id) or by_queue.setdefault(call.queue_id, rules(call.queue_id))
        found = _found(call, by)
        if found:
            changed += 1
            _store(call, found)
    return changed


def _found(call: Call, by: Rules) -> dict[str, str]:
    """The fields that hide more by these rules. A topic that the place offers is not the customer's word."""
    offered = {topic["ko"] for topic in call.place.topics}
    found = {}
    for field in FIELDS:
        text = str(getattr(call, field))
        if text and not (field == "topic" and text in offered):
            masked = by.mask(text).text[: Call._meta.get_field(field).max_length]  # type: ignore[union-attr] # a column of text
            if masked != text:
                found[field] = masked
    return found


@transaction.atomic
def _store(call: Call, found: dict[str, str]) -> None:
    Call.objects.filter(pk=call.pk).update(**found)
    name = found.get("customer_name")
    if name is None:
        return
    customer = call.participants.get(role=ParticipantRole.CUSTOMER)
    Participant.objects.filter(pk=customer.pk).update(name=name)
    key = f"party:{customer.pk}"
    Message.objects.filter(room_id=call.pk, author=key).update(author_name=name)
    ReadMark.objects.filter(room_id=call.pk, reader=key).update(name=name)
    # A page that comes back is told these again.
    for event in CallEvent.objects.filter(call=call):
        if _rename(event.payload, str(customer.pk), name):
            event.save(update_fields=["payload"])


def _rename(payload: object, customer: str, name: str) -> bool:
    """Put a new name wherever the payload of an event names the customer. True when it does."""
    if not isinstance(payload, dict):
        return False
    inside = [_rename(inner, customer, name) for inner in payload.values()]
    whose = (payload.get("peerId"), str(payload.get("id")).removeprefix("party:"))
    if "name" in payload and customer in whose:
        payload["name"] = name
        return True
    return any(inside)
