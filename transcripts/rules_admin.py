"""Django admin: which words and personal data are hidden, in which queue, and the runs that mask old transcripts anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.access import staff_of
from calls.models import Queue
from transcripts import tasks
from transcripts.actions import remask
from transcripts.labels import KINDS, kind_label
from transcripts.masking.kinds import PersonalData
from transcripts.masking.lexicon import Entry
from transcripts.masking.mask import mask_text
from transcripts.masking.variants import variants
from transcripts.models import LexiconEntry, MaskingPolicy, Remask, RemaskState
from transcripts.models.lexicon import LANGUAGES, MatchChoice
from transcripts.vocabulary import rules

MAX_TRIAL = 500
MAX_LINES = 500
MAX_VARIANTS = 24
# Edits in a row share one run.
WAIT_SECONDS = 3

TIERS = (
    (1, gettext_lazy("1 · coarse: rude, at nobody in particular")),
    (2, gettext_lazy("2 · insulting: at a person")),
    (3, gettext_lazy("3 · grave: hate, sexual abuse, the worst curses")),
)


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows that the system writes: seen, never changed by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RulesAdmin(admin.ModelAdmin[Any]):
    """A changed rule holds for old calls too: every save or deletion asks for a run."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        ask_for_run(request)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        ask_for_run(request)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        super().delete_queryset(request, queryset)
        ask_for_run(request)


def ask_for_run(request: HttpRequest) -> None:
    """Stored with the edit; should the queue be out of reach, the sweep finds it."""
    run = remask.request(staff_of(request))
    transaction.on_commit(
        lambda: tasks.mask_again.apply_async((run.pk,), countdown=WAIT_SECONDS), robust=True
    )


class TrialForm(forms.Form):
    trial = forms.CharField(max_length=MAX_TRIAL, label=gettext_lazy("Sentence"))
    queue = forms.ModelChoiceField(
        Queue.objects.all(),
        required=False,
        label=gettext_lazy("queue"),
        empty_label=gettext_lazy("every queue"),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """One hidden span of a tried sentence, what it is, and the entry that hides it (None: personal data)."""

    text: str
    kind: str
    severity: int
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Trial:
    masked: str
    found: list[Found]


def try_sentence(text: str, queue: Queue | None) -> Trial:
    used = rules(queue.pk if queue else None)
    spans = used.find(text)
    found = [
        Found(text[span.start : span.end], kind_label(span.kind), span.severity, used.cause(text, span))
        for span in spans
    ]
    return Trial(mask_text(text, spans).text, found)


class SeverityForm(forms.ModelForm[Any]):
    class Meta:
        widgets = {"severity": forms.Select(choices=TIERS)}


class PasteForm(forms.Form):
    """Many terms at once, one per line, that share the rest."""

    lines = forms.CharField(
        label=gettext_lazy("Terms, one per line"),
        widget=forms.Textarea(attrs={"rows": 12}),
        max_length=40_000,
    )
    language = forms.ChoiceField(label=gettext_lazy("language"), choices=LANGUAGES)
    severity = forms.TypedChoiceField(label=gettext_lazy("severity"), choices=TIERS, coerce=int, initial=2)
    match = forms.ChoiceField(label=gettext_lazy("where it counts"), choices=MatchChoice.choices)
    queue = forms.ModelChoiceField(
        Queue.objects.all(),
        required=False,
        label=gettext_lazy("queue"),
        empty_label=gettext_lazy("every queue"),
    )
    is_allowed = forms.BooleanField(label=gettext_lazy("exception: never masked"), required=False)

    def clean_lines(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["lines"].splitlines() if line.strip()]
        if len(lines) > MAX_LINES:
            raise forms.ValidationError(_("At most %(n)s lines at a time.") % {"n": MAX_LINES})
        return lines

    def entries(self) -> list[LexiconEntry]:
        """Unsaved, and only what is not there yet."""
        shared = {key: value for key, value in self.cleaned_data.items() if key != "lines"}
        made: dict[str, LexiconEntry] = {}
        for line in self.cleaned_data["lines"]:
            entry = LexiconEntry(term=line, **shared)
            entry.clean()
            made.setdefault(entry.term, entry)
        same = {key: shared[key] for key in ("language", "queue", "is_allowed")}
        known = LexiconEntry.objects.filter(term__in=made, **same).values_list("term", flat=True)
        return [entry for term, entry in made.items() if term not in set(known)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        limit = LexiconEntry.term.field.max_length or MAX_TRIAL
        if any(len(line) > limit for line in cleaned.get("lines", [])):
            raise forms.ValidationError(_("A term has at most %(n)s characters.") % {"n": limit})
        return cleaned


@admin.register(LexiconEntry)
class LexiconEntryAdmin(RulesAdmin):
    """Above the list a sentence can be tried against the rules of a queue as they are now."""

    form = SeverityForm
    change_list_template = "admin/transcripts/lexiconentry/change_list.html"
    list_display = (
        "term", "language", "severity", "match", "sound_alikes", "is_allowed", "queue", "enabled", "note",
    )  # fmt: skip
    list_filter = ("queue", "language", "severity", "is_allowed", "enabled", "match")
    list_editable = ("severity", "enabled")
    list_select_related = ("queue",)
    search_fields = ("term", "note")
    list_per_page = 100
    readonly_fields = ("also_found",)

    @admin.display(description=gettext_lazy("also found"))
    def also_found(self, entry: LexiconEntry) -> str:
        if entry._state.adding:
            return "-"
        return ", ".join(variants(entry.as_entry(), MAX_VARIANTS)) or "-"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.paste)
        return [path("paste/", view, name="transcripts_lexiconentry_paste"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        tries = request.method == "POST" and "trial" in request.POST
        form = TrialForm(request.POST if tries else None)
        trial = None
        if tries:
            if not self.has_change_permission(request):
                raise PermissionDenied
            if form.is_valid():
                trial = try_sentence(form.cleaned_data["trial"], form.cleaned_data["queue"])
            # The admin's own list view would take the POST for an action on rows.
            request.method = "GET"
        context = (extra_context or {}) | {
            "trial_form": form, "trial": trial, "tiers": TIERS, "run": _run_under_way(),
            "may_change": self.has_change_permission(request),
        }  # fmt: skip
        return super().changelist_view(request, context)

    def paste(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = PasteForm(request.POST or None)
        if form.is_valid():
            self._add(request, form.entries())
            return HttpResponseRedirect(reverse("admin:transcripts_lexiconentry_changelist"))
        context = self.admin_site.each_context(request) | {
            "form": form, "opts": self.opts, "title": _("Add many terms")
        }  # fmt: skip
        return TemplateResponse(request, "admin/transcripts/lexiconentry/paste.html", context)

    @transaction.atomic
    def _add(self, request: HttpRequest, entries: list[LexiconEntry]) -> None:
        for entry in entries:
            entry.save()
            self.log_addition(request, entry, [{"added": {}}])
        if entries:
            ask_for_run(request)
        n = len(entries)
        self.message_user(
            request,
            ngettext("%(n)s term was added.", "%(n)s terms were added.", n) % {"n": n},
            messages.SUCCESS,
        )


def _run_under_way() -> Remask | None:
    return Remask.objects.exclude(state=RemaskState.DONE).order_by("created_at").first()


class PolicyForm(forms.ModelForm[MaskingPolicy]):
    personal_data = forms.MultipleChoiceField(
        label=gettext_lazy("kinds of personal data"),
        choices=[(kind.value, KINDS[kind]) for kind in PersonalData],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    class Meta:
        model = MaskingPolicy
        fields = ("queue", "personal_data", "min_severity")
        widgets = {"min_severity": forms.Select(choices=TIERS)}


@admin.register(MaskingPolicy)
class MaskingPolicyAdmin(RulesAdmin):
    form = PolicyForm
    list_display = ("queue", "kinds", "min_severity", "updated_at")
    list_select_related = ("queue",)

    @admin.display(description=gettext_lazy("kinds of personal data"))
    def kinds(self, policy: MaskingPolicy) -> str:
        return ", ".join(kind_label(kind) for kind in policy.personal_data) or "-"


@admin.register(Remask)
class RemaskAdmin(ReadOnlyAdmin):
    change_list_template = "admin/transcripts/remask/change_list.html"
    list_display = (
        "created_at",
        "state",
        "progress",
        "done",
        "total",
        "changed",
        "requested_by",
        "finished_at",
    )
    list_filter = ("state",)
    list_select_related = ("requested_by",)
    fields = ("created_at", "state", "progress", "done", "total", "changed", "requested_by", "finished_at")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, (extra_context or {}) | {"run": _run_under_way()})

    @admin.display(description=gettext_lazy("progress"))
    def progress(self, run: Remask) -> str:
        return f"{run.percent}%"
