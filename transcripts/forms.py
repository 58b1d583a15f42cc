"""What someone says who wants to look behind a mask, or to hear a call unmasked."""

from __future__ import annotations

from django import forms

from transcripts.models import RevealReason

LARGEST_ID = 2**63 - 1
MOST_MASKS = 10_000


class RevealForm(forms.Form):
    utterance = forms.IntegerField(min_value=1, max_value=LARGEST_ID)
    mask = forms.IntegerField(min_value=0, max_value=MOST_MASKS)
    reason = forms.ChoiceField(choices=RevealReason.choices)
    note = forms.CharField(required=False, max_length=200)


class OpeningForm(forms.Form):
    participant = forms.UUIDField()
    reason = forms.ChoiceField(choices=RevealReason.choices)
    note = forms.CharField(required=False, max_length=200)
