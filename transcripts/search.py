"""Finding calls again: by what was said, by day, place, queue, state, by reference or by the customer's name."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from calls.models import Call, Participant
from calls.models.call import ParticipantRole
from calls.states import ACTIVE, CallStatus, EndReason
from transcripts.fulltext import holding, rare
from transcripts.indexing import terms
from transcripts.tone.tone import NEGATIVE

MOST_ID = 2**31
REFERENCE = re.compile(r"^\s*(\d{4})-(\d{2})(\d{2})-(\d{1,6})\s*$")

STATES: dict[str, Q] = {
    "active": Q(status__in=ACTIVE),
    "ended": Q(status=CallStatus.ENDED),
    "left": Q(status=CallStatus.FAILED, end_reason=EndReason.ABANDONED),
    "failed": Q(status=CallStatus.FAILED) & ~Q(end_reason=EndReason.ABANDONED),
}
STATE_NAMES = (
    ("", _("All states")),
    ("active", _("Running")),
    ("ended", _("Ended")),
    ("left", _("Customer left")),
    ("failed", _("Not connected")),
)


class SearchForm(forms.Form):
    """What cannot be read is ignored: a mistyped address must still show a list."""

    q = forms.CharField(required=False, max_length=80)
    said = forms.CharField(required=False, max_length=80)
    day = forms.DateField(required=False)
    until = forms.DateField(required=False)
    place = forms.IntegerField(required=False, min_value=1, max_value=MOST_ID)
    queue = forms.IntegerField(required=False, min_value=1, max_value=MOST_ID)
    masked = forms.BooleanField(required=False)
    negative = forms.BooleanField(required=False)
    state = forms.ChoiceField(required=False, choices=STATE_NAMES)

    def wanted(self) -> dict[str, Any]:
        self.is_valid()
        return self.cleaned_data


def find(user: User, wanted: dict[str, Any]) -> QuerySet[Call]:
    """The calls that `user` may see and `wanted` (the fields of SearchForm; all optional) describes, newest first."""
    said = terms(wanted.get("said") or "")
    few = rare(said) if said else None
    calls = Call.objects.visible_to(user)
    if wanted.get("q"):
        calls = calls.filter(_described_by(wanted["q"]))
    if wanted.get("day"):
        calls = calls.filter(_days(wanted["day"], wanted.get("until")))
    for name in ("place", "queue"):
        if wanted.get(name):
            calls = calls.filter(**{name: wanted[name]})
    if wanted.get("state"):
        calls = calls.filter(STATES[wanted["state"]])
    if wanted.get("masked"):
        calls = calls.filter(transcript__masked_utterances__gt=0)
    if wanted.get("negative"):
        calls = calls.filter(transcript__lowest_tone__lte=NEGATIVE)
    if few is not None:
        calls = calls.filter(pk__in=few)
    elif said:
        calls = calls.filter(Exists(holding(said).filter(call=OuterRef("pk"))))
    elif wanted.get("said"):  # no word of it is long enough
        calls = calls.none()
    # Places and queues by queries of their own: joined, SQLite begins with them and sorts all calls of a place.
    found = with_agents(calls).select_related(None).prefetch_related("place", "queue")
    return found.order_by("-created_at", "-number")


def _days(first: date, last: date | None) -> Q:
    """By the time of the call, in whose order the list is: it can stop at the end of a page."""
    last = last if last and last > first else first
    return Q(created_at__gte=_midnight(first), created_at__lt=_midnight(last + timedelta(days=1)))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def with_agents(calls: QuerySet[Call]) -> QuerySet[Call]:
    """Each call with its place, and with its agents as `agents`."""
    agents = Participant.objects.filter(role=ParticipantRole.AGENT)
    return calls.select_related("place", "queue").prefetch_related(
        Prefetch("participants", agents, to_attr="agents")
    )


def _described_by(text: str) -> Q:
    reference = REFERENCE.match(text)
    if reference:
        year, month, day, number = map(int, reference.groups())
        try:
            return Q(day=date(year, month, day), number=number)
        except ValueError:
            return Q(pk__in=())
    return Q(customer_name__icontains=text) | Q(topic__icontains=text)
