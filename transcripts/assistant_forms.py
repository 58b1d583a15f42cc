"""What supervisors write down for the assistant of a place."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from transcripts.actions.documents import LONGEST_TITLE, TOO_MANY
from transcripts.assistant.documents import EMPTY, MOST_BYTES, MOST_LETTERS, TOO_LARGE, UNREADABLE, tidy
from transcripts.assistant.passages import passages
from transcripts.models import AssistantPolicy, KnowledgeDocument, KnowledgeEntry


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


class DocumentForm(_Styled):
    """What a document says now; its words may be put right."""

    class Meta:
        model = KnowledgeDocument
        fields = ("title", "text", "language", "is_active")
        widgets = {"text": forms.Textarea(attrs={"rows": 16})}

    def clean_text(self) -> str:
        text = tidy(str(self.cleaned_data["text"]))
        if not passages(text):
            raise forms.ValidationError(_("There are no words in it."))
        return text


class NewDocumentForm(forms.Form):
    """A file or words; the title may be left to the file's name or the first line."""

    file = forms.FileField(
        required=False,
        label=_("file"),
        help_text=_("Text, Markdown, HTML or PDF, at most 2 MB. A picture of a page has no words."),
        widget=forms.ClearableFileInput(
            attrs={"class": "input", "accept": ".txt,.md,.markdown,.html,.htm,.pdf"}
        ),
    )
    text = forms.CharField(
        required=False,
        max_length=MOST_LETTERS,
        label=_("or its words"),
        help_text=_("Lines that begin with # are headings. Sentences of it are read aloud as they stand."),
        widget=forms.Textarea(attrs={"class": "input", "rows": 8}),
    )
    title = forms.CharField(
        required=False,
        max_length=LONGEST_TITLE,
        label=_("title"),
        help_text=_("Without one, the file's name or the first line."),
        widget=forms.TextInput(attrs={"class": "input"}),
    )
    language = forms.ChoiceField(
        label=_("language"), choices=settings.LANGUAGES, widget=forms.Select(attrs={"class": "input"})
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        file, text = given.get("file"), given.get("text", "")
        if bool(file) == bool(text.strip()) and not self.errors:
            raise forms.ValidationError(_("Choose a file or write the words, one of the two."))
        if file is not None and file.size > MOST_BYTES:
            self.add_error("file", str(SENTENCES[TOO_LARGE]))
        return given


SENTENCES = {
    TOO_LARGE: _("It is too large: at most 2 MB, and 200,000 letters."),
    UNREADABLE: _("It could not be read. Choose a text, Markdown, HTML or PDF file."),
    EMPTY: _("There are no words in it."),
    TOO_MANY: _("There are 50 documents already. Delete one first."),
}
"""Why a document was not taken, by the codes of DocumentRefused."""


class TrialForm(forms.Form):
    text = forms.CharField(required=False, max_length=500)
    audio = forms.FileField(required=False)
    language = forms.ChoiceField(choices=(("ko", "ko"), ("en", "en")))
