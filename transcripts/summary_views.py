"""The note about a call, saved from the page of its record."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.access import staff_of
from transcripts.actions.summaries import save
from transcripts.assistant.digest import LONGEST_LINE, LONGEST_TEXT, STEPS, TOPICS, Digest
from transcripts.models import CallSummary, Disposition


class SummaryForm(forms.Form):
    text = forms.CharField(required=False, max_length=LONGEST_TEXT)
    topics = forms.CharField(required=False, max_length=TOPICS * (LONGEST_LINE + 2))
    next_steps = forms.CharField(required=False, max_length=STEPS * (LONGEST_LINE + 2))
    disposition = forms.ChoiceField(required=False, choices=[("", ""), *Disposition.choices])

    def digest(self) -> Digest:
        given = self.cleaned_data
        return Digest(
            given["text"].strip(),
            lines(given["topics"], TOPICS),
            lines(given["next_steps"], STEPS),
            given["disposition"],
        )


def lines(text: str, most: int) -> list[str]:
    return [line.strip()[:LONGEST_LINE] for line in text.splitlines() if line.strip()][:most]


@require_POST
@never_cache
@login_required
def save_summary(request: HttpRequest, call_id: uuid.UUID) -> HttpResponse:
    form = SummaryForm(request.POST)
    if not form.is_valid():
        return HttpResponse(
            _("Please shorten the texts."), status=400, content_type="text/plain; charset=utf-8"
        )
    try:
        save(staff_of(request), call_id, form.digest())
    except CallSummary.DoesNotExist as error:
        raise Http404 from error
    return HttpResponseRedirect(f"{reverse('transcripts:record', args=[call_id])}#summary")
