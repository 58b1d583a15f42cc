"""What customers send: the details of a call, and a word afterwards; and what staff send to make a room."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from calls.actions.calls import CustomerDetails
from calls.models import Place
from calls.models.room import RoomKind, check_networks

FEWEST_DIGITS = 8
"""A Korean number without its area code, as people write it."""


class CallForm(forms.Form):
    """Everything but the consent may be left empty: a customer is never turned away for being brief."""

    topic = forms.ChoiceField(required=False)
    name = forms.CharField(required=False, max_length=80, label=_("Name"))
    contact = forms.CharField(required=False, max_length=120, label=_("Phone number"))
    question = forms.CharField(required=False, max_length=500, label=_("What is it about?"))
    language = forms.ChoiceField(choices=settings.LANGUAGES)
    consent = forms.BooleanField(
        label=_("Agreement"), error_messages={"required": _("We need your agreement to connect you.")}
    )

    def __init__(self, *args: Any, place: Place, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topic"] = forms.ChoiceField(
            required=False, choices=place.topic_choices(), label=_("Topic")
        )

    def clean_contact(self) -> str:
        contact = str(self.cleaned_data["contact"])
        if contact and "@" not in contact and len(re.findall(r"\d", contact)) < FEWEST_DIGITS:
            raise forms.ValidationError(_("This number looks short. Please add the rest."))
        return contact

    def details(self) -> CustomerDetails:
        """Call after `is_valid`."""
        data = self.cleaned_data
        return CustomerDetails(
            name=data["name"],
            contact=data["contact"],
            topic=data["topic"],
            question=data["question"],
            language=data["language"],
            consented=data["consent"],
        )


class RatingForm(forms.Form):
    """One of five, and words if there are any."""

    rating = forms.TypedChoiceField(
        choices=[(n, n) for n in range(1, 6)],
        coerce=int,
        error_messages={"required": _("Please choose one of the five.")},
    )
    comment = forms.CharField(required=False, max_length=1000)


def colleagues_of(user: User) -> QuerySet[User]:
    """Whom the user may invite."""
    mates = User.objects.get_queryset().active().visible_to(user)
    return mates.exclude(pk=user.pk).order_by("name", "pk")


class RoomForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Kind"), choices=[(kind.value, kind.label) for kind in (RoomKind.MEETING, RoomKind.VOICE)]
    )
    name = forms.CharField(label=_("Name"), max_length=80)
    members = forms.ModelMultipleChoiceField(User.objects.none(), required=False, label=_("Members"))
    networks = forms.CharField(
        required=False,
        max_length=2000,
        label=_("Addresses allowed"),
        help_text=_("Addresses or networks from which the room may be entered; empty: from everywhere."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = self.fields["members"]
        assert isinstance(members, forms.ModelMultipleChoiceField)
        members.queryset = colleagues_of(user)

    def clean_networks(self) -> list[str]:
        networks = re.split(r"[\s,]+", self.cleaned_data["networks"].strip())
        given = [network for network in networks if network]
        check_networks(given)
        return given
