"""What supervisors write down for the assistant of a place."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from transcripts.models import AssistantPolicy, KnowledgeEntry


class _Styled(forms.ModelForm[Any]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxInput):
                field.widget.attrs["class"] = "input"


class PolicyForm(_Styled):
    class Meta:
        model = AssistantPolicy
        fields = (
            "mode",
            "overflow_seconds",
            "opens_at",
            "closes_at",
            "weekdays",
            "greeting",
            "greeting_en",
            "voice",
            "prompt",
            "turns",
            "monthly_tokens",
            "suggests",
        )
        widgets = {
            "prompt": forms.Textarea(attrs={"rows": 8}),
            "opens_at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "closes_at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }


class KnowledgeForm(_Styled):
    class Meta:
        model = KnowledgeEntry
        fields = ("questions", "answer", "language", "is_active")
        widgets = {
            "questions": forms.Textarea(attrs={"rows": 4}),
            "answer": forms.Textarea(attrs={"rows": 4}),
        }

    def clean_questions(self) -> str:
        lines = [line.strip() for line in str(self.cleaned_data["questions"]).splitlines() if line.strip()]
        if not lines:
            raise forms.ValidationError(_("Write at least one way to ask."))
        return "\n".join(lines)


class TrialForm(forms.Form):
    text = forms.CharField(required=False, max_length=500)
    audio = forms.FileField(required=False)
    language = forms.ChoiceField(choices=(("ko", "ko"), ("en", "en")))
