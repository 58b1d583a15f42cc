"""Records: the list of calls, and one call with its recording and transcript."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import staff_of
from accounts.models import User
from calls.models import Attachment, Call, Place, Recording
from calls.models.chat import AttachmentState
from calls.views.attachments import attachment_response
from transcripts.access import originals_for, utterances_for
from transcripts.actions.export import SOUND_TYPE, ExportRefused, export_sound, export_text
from transcripts.actions.reveal import RevealRefused, reveal
from transcripts.exports.formats import FORMATS
from transcripts.forms import RevealForm
from transcripts.indexing import terms
from transcripts.models import (
    CallSummary,
    Disposition,
    OriginalOpening,
    RevealReason,
    SummaryEdit,
    Utterance,
)
from transcripts.paging import page_of
from transcripts.ranges import file_response
from transcripts.record import read
from transcripts.search import STATE_NAMES, SearchForm, find, with_agents
from transcripts.snippets import snippets

PER_PAGE = 30
REVEAL_SECONDS = 30


@require_safe
@never_cache
@login_required
def records(request: HttpRequest) -> HttpResponse:
    user = staff_of(request)
    wanted = SearchForm(request.GET).wanted()
    page = page_of(find(user, wanted), request.GET.get("page"), PER_PAGE)
    found = snippets(page, wanted["said"]) if wanted.get("said") else {}
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "nav": "records",
        "page": page,
        "rows": [(call, found.get(call.pk, [])) for call in page],
        "wanted": wanted,
        "too_short": bool(wanted.get("said")) and not terms(wanted["said"]),
        "states": STATE_NAMES,
        "places": Place.objects.filter(calls__in=Call.objects.visible_to(user)).distinct(),
        "searching": any(wanted.values()),
        "query": f"{query.urlencode()}&" if query else "",
    }
    return render(request, "transcripts/records.html", context)


@require_safe
@never_cache
@login_required
def record(request: HttpRequest, call_id: uuid.UUID) -> HttpResponse:
    user = staff_of(request)
    call = get_object_or_404(with_agents(Call.objects.visible_to(user)), pk=call_id)
    context = {
        "nav": "records",
        "record": read(user, call),
        "call": call,
        "reasons": RevealReason.choices,
        "formats": FORMATS.values(),
        "reveal_seconds": REVEAL_SECONDS,
        "originals": originals_for(user).filter(call=call).select_related("participant"),
        "openings": OriginalOpening.objects.filter(call=call).select_related(
            "user", "recording__participant"
        ),
        "summary": _summary(call),
        "dispositions": Disposition.choices,
        "earlier": _neighbour(user, call, "-created_at"),
        "later": _neighbour(user, call, "created_at"),
    }
    return render(request, "transcripts/record.html", context)


def _summary(call: Call) -> CallSummary | None:
    """With who changed it, the latest first."""
    edits = Prefetch("edits", SummaryEdit.objects.select_related("user"))
    return CallSummary.objects.filter(call=call).prefetch_related(edits).first()


def _neighbour(user: User, call: Call, order: str) -> Call | None:
    """The call that came before or after this one, of those that the user may see."""
    side = "created_at__lt" if order.startswith("-") else "created_at__gt"
    calls: QuerySet[Call] = Call.objects.visible_to(user)
    return calls.filter(**{side: call.created_at}).order_by(order).only("id").first()


@require_safe
@never_cache
@login_required
def record_parts(request: HttpRequest, call_id: uuid.UUID) -> HttpResponse:
    """What changes while the transcript is made, without the page around it."""
    user = staff_of(request)
    call = get_object_or_404(with_agents(Call.objects.visible_to(user)), pk=call_id)
    return render(request, "transcripts/_parts.html", {"record": read(user, call), "call": call})


@require_safe
@login_required
def audio(request: HttpRequest, call_id: uuid.UUID, participant_id: uuid.UUID) -> HttpResponseBase:
    """One side with its beeps. The original has no address."""
    mine = Recording.objects.filter(call__in=Call.objects.visible_to(staff_of(request)))
    recording = get_object_or_404(mine, call_id=call_id, participant_id=participant_id)
    file = recording.masked_file()
    if file is None:
        raise Http404
    try:
        response = file_response(file, request.headers.get("Range", ""), "audio/ogg")
    except OSError as error:
        raise Http404 from error
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@never_cache
@login_required
def file(request: HttpRequest, call_id: uuid.UUID, file_id: uuid.UUID) -> HttpResponseBase:
    """What was sent in the chat of a call."""
    mine = Attachment.objects.filter(room__call__in=Call.objects.visible_to(staff_of(request)))
    found = get_object_or_404(mine, room_id=call_id, pk=file_id, state=AttachmentState.READY)
    return attachment_response(found, shown=False)


@require_safe
@never_cache
@login_required
def export(request: HttpRequest, call_id: uuid.UUID, form: str) -> HttpResponse:
    """The masked transcript as a file; who took it is on record."""
    user = staff_of(request)
    call = get_object_or_404(with_agents(Call.objects.visible_to(user)), pk=call_id)
    try:
        document = export_text(user, call, form)
    except ExportRefused as error:
        raise Http404(error.code) from error
    response = HttpResponse(document.body, content_type=document.content_type)
    response["Content-Disposition"] = f'attachment; filename="{document.file_name}"'
    return response


@require_safe
@login_required
def export_sound_file(request: HttpRequest, call_id: uuid.UUID, side: str) -> HttpResponseBase:
    user = staff_of(request)
    call = get_object_or_404(Call.objects.visible_to(user), pk=call_id)
    try:
        name, file = export_sound(user, call, side)
        response = file_response(file, "", SOUND_TYPE)
    except (ExportRefused, OSError) as error:
        raise Http404 from error
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@never_cache
@login_required
def reveal_word(request: HttpRequest, call_id: uuid.UUID) -> JsonResponse:
    """The word behind one mask, once the look is on record. 400 without a reason, 404 when it is not the user's to see."""
    form = RevealForm(request.POST)
    if not form.is_valid():
        return _refused("no_reason", _("Choose a reason."), 400)
    wanted = form.cleaned_data
    user = staff_of(request)
    try:
        said = utterances_for(user).get(pk=wanted["utterance"], call_id=call_id)
        word = reveal(user, said, wanted["mask"], wanted["reason"], wanted["note"])
    except (Utterance.DoesNotExist, RevealRefused):
        return _refused("not_found", _("This word cannot be shown."), 404)
    return JsonResponse({"word": word, "seconds": REVEAL_SECONDS})


def _refused(code: str, message: str, status: int) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status)
