"""Records: the list of calls, and one call with its recording and transcript."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import staff_of
from transcripts.search import STATE_NAMES, SearchForm, find

PER_PAGE = 30


@require_safe
@login_required
def records(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    wanted = form.wanted()
    page = Paginator(find(staff_of(request), wanted), PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "nav": "records",
        "page": page,
        "wanted": wanted,
        "states": STATE_NAMES,
        "searching": any(wanted.values()),
        "query": f"{query.urlencode()}&" if query else "",
    }
    return render(request, "transcripts/records.html", context)


@require_safe
@login_required
def record(request: HttpRequest, call_id: uuid.UUID) -> HttpResponse:
    raise NotImplementedError
