"""The overview, and the fragment that keeps it fresh."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import staff_of, supervisors_only
from dashboard.reports import Doing, board

GROUPS = tuple(Doing)


@require_safe
@never_cache
@supervisors_only
def overview(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/overview.html", _context(request) | {"nav": "overview"})


@require_safe
@never_cache
@supervisors_only
def overview_board(request: HttpRequest) -> HttpResponse:
    """What changes, without the page around it."""
    return render(request, "dashboard/_board.html", _context(request))


def _context(request: HttpRequest) -> dict[str, object]:
    now_board = board(staff_of(request))
    groups = [(doing, [row for row in now_board.agents if row.doing is doing]) for doing in GROUPS]
    return {"board": now_board, "groups": [(doing, rows) for doing, rows in groups if rows]}
