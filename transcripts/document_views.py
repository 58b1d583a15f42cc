"""Pages for supervisors: the documents that the assistant of a place answers from."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.db.models.functions import Length
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import supervisors_only
from calls.models import Place
from transcripts.actions.documents import add_file, add_text
from transcripts.assistant.documents import DocumentRefused
from transcripts.assistant.passages import passages
from transcripts.assistant_forms import SENTENCES, DocumentForm, NewDocumentForm
from transcripts.assistant_views import listed, place_of, shared_context, wanted_of
from transcripts.models import KnowledgeDocument


@require_safe
@never_cache
@supervisors_only
def documents(request: HttpRequest, place_id: int) -> HttpResponse:
    chosen, wanted = place_of(request, place_id), wanted_of(request)
    found = KnowledgeDocument.objects.filter(Q(title__icontains=wanted) | Q(text__icontains=wanted))
    found = found.defer("text").annotate(letters=Length("text")).order_by("-is_active", "title", "pk")
    context = shared_context(chosen, place_id, "documents") | listed(request, chosen, found, wanted)
    return render(request, "transcripts/assistant/documents.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@supervisors_only
def new_document(request: HttpRequest, place_id: int) -> HttpResponse:
    chosen = place_of(request, place_id)
    start = {"language": get_language() or "ko"}
    form = NewDocumentForm(request.POST or None, request.FILES or None, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            made = _added(chosen, form.cleaned_data)
        except DocumentRefused as error:
            form.add_error("file" if form.cleaned_data["file"] else "text", str(SENTENCES[error.code]))
        else:
            return HttpResponseRedirect(reverse("assistant:document", args=[place_id, made.pk]))
    context = shared_context(chosen, place_id, "documents") | {"form": form}
    return render(request, "transcripts/assistant/document.html", context, status=400 if form.errors else 200)


def _added(place: Place | None, given: dict[str, Any]) -> KnowledgeDocument:
    about = {"title": given["title"].strip(), "language": given["language"]}
    file = given["file"]
    if file is None:
        return add_text(place, given["text"], **about)
    return add_file(place, file.name, file.read(), **about)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@supervisors_only
def document(request: HttpRequest, place_id: int, document_id: int) -> HttpResponse:
    """One document as the assistant reads it; its words may be changed."""
    chosen = place_of(request, place_id)
    shown = get_object_or_404(KnowledgeDocument, pk=document_id, place=chosen)
    back = reverse("assistant:documents", args=[place_id])
    if request.method == "POST" and "delete" in request.POST:
        shown.delete()
        return HttpResponseRedirect(back)
    form = DocumentForm(request.POST or None, instance=shown)
    if request.method == "POST" and form.is_valid():
        form.save()
        return HttpResponseRedirect(back)
    context = shared_context(chosen, place_id, "documents") | {
        "form": form,
        "document": shown,
        "passages": passages(shown.text),
    }
    return render(request, "transcripts/assistant/document.html", context, status=400 if form.errors else 200)
