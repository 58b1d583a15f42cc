"""What customers send: the details of a call, and a word afterwards."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from calls.actions.calls import CustomerDetails
from calls.models import Place

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
