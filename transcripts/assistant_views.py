"""Pages for supervisors: how the assistant of each place answers, what it knows, and trying it."""

from __future__ import annotations

import base64
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import staff_of, supervisors_only
from accounts.models import User
from calls.models import Place
from transcripts.actions.converse import ConversationRefused, speaker
from transcripts.actions.prompts import restore, save_policy, version_of
from transcripts.actions.trial import Trial, try_it
from transcripts.assistant.errors import AssistantError
from transcripts.assistant.voice import VOICES
from transcripts.assistant_forms import KnowledgeForm, PolicyForm, TrialForm
from transcripts.conversation_api import FAILED, MAX_BYTES, REFUSALS
from transcripts.models import AssistantPolicy, KnowledgeEntry
from transcripts.usage import months

EVERYWHERE = 0
"""In addresses, the place that is none: what holds wherever a place says nothing itself."""
TRIES_A_MINUTE = 20
VERSIONS_SHOWN = 10


def places_of(user: User) -> QuerySet[Place]:
    """Those that the user may set up: administrators all, supervisors their teams'."""
    places = Place.objects.select_related("queue").order_by("name")
    return places if user.is_admin else places.filter(queue__team__in=user.teams.all())


def place_of(request: HttpRequest, place_id: int) -> Place | None:
    """None is everywhere, which is the administrators'."""
    user = staff_of(request)
    if place_id == EVERYWHERE and user.is_admin:
        return None
    return get_object_or_404(places_of(user), pk=place_id)


def _policy(place: Place | None) -> AssistantPolicy:
    """The place's own, or what holds everywhere as a start."""
    own = AssistantPolicy.objects.filter(place=place).first()
    if own is not None:
        return own
    policy = AssistantPolicy.objects.filter(place=None).first() or AssistantPolicy()
    policy.pk, policy.place = None, place
    return policy


@require_safe
@never_cache
@supervisors_only
def places(request: HttpRequest) -> HttpResponse:
    user = staff_of(request)
    shown = (
        places_of(user)
        .select_related("assistant")
        .annotate(answers=Count("knowledge", filter=Q(knowledge__is_active=True)))
    )
    context = {
        "nav": "assistant",
        "places": shown,
        "may_everywhere": user.is_admin,
        "everywhere": AssistantPolicy.objects.filter(place=None).first(),
        "answers_everywhere": KnowledgeEntry.objects.filter(place=None, is_active=True).count(),
        "model": settings.ASSISTANT_MODEL,
    }
    return render(request, "transcripts/assistant/places.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@supervisors_only
def place(request: HttpRequest, place_id: int) -> HttpResponse:
    chosen = place_of(request, place_id)
    policy = _policy(chosen)
    form = PolicyForm(request.POST or None, instance=policy)
    if request.method == "POST" and form.is_valid():
        save_policy(staff_of(request), form.save(commit=False))
        return HttpResponseRedirect(f"{reverse('assistant:place', args=[place_id])}?saved=1")
    stored = AssistantPolicy.objects.filter(place=chosen).first()
    in_force = version_of(stored) if stored else None
    context = shared_context(chosen, place_id, "place") | {
        "form": form,
        "saved": "saved" in request.GET,
        "in_force": in_force,
        "versions": _versions(stored),
        "months": months(place_id or None, policy.monthly_tokens),
        "budget": policy.monthly_tokens,
        "model": settings.ASSISTANT_MODEL,
        "currency": settings.ASSISTANT_CURRENCY if _has_prices() else "",
        "voice_url": reverse("assistant:voice", args=[VOICES[0]]).replace(VOICES[0], "VOICE"),
    }
    return render(request, "transcripts/assistant/place.html", context, status=400 if form.errors else 200)


def _has_prices() -> bool:
    return bool(settings.ASSISTANT_PRICE_IN or settings.ASSISTANT_PRICE_OUT)


def _versions(policy: AssistantPolicy | None) -> list[Any]:
    if policy is None:
        return []
    return list(policy.prompts.select_related("author").annotate(served=Count("turns"))[:VERSIONS_SHOWN])


def shared_context(place: Place | None, place_id: int, tab: str) -> dict[str, Any]:
    return {"nav": "assistant", "place": place, "place_id": place_id, "tab": tab}


def listed(request: HttpRequest, chosen: Place | None, found: QuerySet[Any], wanted: str) -> dict[str, Any]:
    """What a list shows of `found` (rows with `place` and `is_active`): the place's own, and the shared ones."""
    return {
        "own": found.filter(place=chosen),
        "shared": found.filter(place=None, is_active=True) if chosen else [],
        "wanted": wanted,
        "may_everywhere": staff_of(request).is_admin,
    }


def wanted_of(request: HttpRequest) -> str:
    """What a list is searched for."""
    return request.GET.get("q", "")[:80].replace("\x00", "")


@require_POST
@supervisors_only
def restore_prompt(request: HttpRequest, place_id: int, number: int) -> HttpResponse:
    policy = get_object_or_404(AssistantPolicy, place=place_of(request, place_id))
    restore(staff_of(request), get_object_or_404(policy.prompts, number=number))
    return HttpResponseRedirect(f"{reverse('assistant:place', args=[place_id])}?saved=1")


@require_safe
@never_cache
@supervisors_only
def answers(request: HttpRequest, place_id: int) -> HttpResponse:
    chosen, wanted = place_of(request, place_id), wanted_of(request)
    found = KnowledgeEntry.objects.filter(Q(questions__icontains=wanted) | Q(answer__icontains=wanted))
    found = found.order_by("-is_active", "questions")
    context = shared_context(chosen, place_id, "answers") | listed(request, chosen, found, wanted)
    return render(request, "transcripts/assistant/answers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@supervisors_only
def answer(request: HttpRequest, place_id: int, entry_id: int = 0) -> HttpResponse:
    """One answer, written or changed; 0 is a new one."""
    chosen = place_of(request, place_id)
    entry = get_object_or_404(KnowledgeEntry, pk=entry_id, place=chosen) if entry_id else None
    back = reverse("assistant:answers", args=[place_id])
    if request.method == "POST" and entry is not None and "delete" in request.POST:
        entry.delete()
        return HttpResponseRedirect(back)
    made = entry or KnowledgeEntry(place=chosen, language=get_language() or "ko")
    form = KnowledgeForm(request.POST or None, instance=made)
    if request.method == "POST" and form.is_valid():
        form.save()
        return HttpResponseRedirect(back)
    context = shared_context(chosen, place_id, "answers") | {"form": form, "entry": entry}
    return render(request, "transcripts/assistant/answer.html", context, status=400 if form.errors else 200)


@require_safe
@never_cache
@supervisors_only
def trial(request: HttpRequest, place_id: int) -> HttpResponse:
    context = shared_context(place_of(request, place_id), place_id, "try")
    return render(request, "transcripts/assistant/try.html", context)


@require_POST
@never_cache
@supervisors_only
def ask(request: HttpRequest, place_id: int) -> JsonResponse:
    """Text or a recording in, the assistant's answer out; nothing of it is stored."""
    place = place_of(request, place_id) or Place.objects.select_related("queue").first()
    form = TrialForm(request.POST, request.FILES)
    if place is None or not form.is_valid():
        return _refused("invalid", _("Write a question or record one."), 400)
    if not _may_try(staff_of(request)):
        return _refused("rate_limited", _("Too many tries. Wait a minute."), 429)
    wanted = form.cleaned_data
    sound = wanted["audio"]
    if sound is not None and sound.size > MAX_BYTES:
        return _refused("too_large", _("The recording may have 10 MB."), 413)
    try:
        made = try_it(place, wanted["text"], sound.read() if sound else b"", wanted["language"])
    except ConversationRefused as error:
        status, sentence = REFUSALS.get(error.code, FAILED)
        return _refused(error.code, str(sentence), status)
    return JsonResponse(_told(made))


def _may_try(user: User) -> bool:
    key = f"assistant-trial:{user.pk}"
    cache.add(key, 0, 60)
    return cache.incr(key) <= TRIES_A_MINUTE


def _told(made: Trial) -> dict[str, Any]:
    return {
        "asked": made.asked,
        "reply": made.reply,
        "model": made.model,
        "degraded": made.fell_back,
        "tokens": made.tokens,
        "found": [
            {
                "question": found.entry.title,
                "likeness": round(found.likeness * 100),
                "sure": found.is_sure,
            }
            for found in made.found
        ],
        "audio": base64.b64encode(made.audio).decode(),
    }


def _refused(code: str, message: str, status: int) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status)


@require_safe
@supervisors_only
def voice(request: HttpRequest, name: str) -> HttpResponse:
    """How a voice sounds, in the language of the page."""
    if name not in VOICES:
        raise Http404
    text = _("Hello. This is the automatic assistant. How can I help you?")
    try:
        sound = speaker().speak(text, name)
    except AssistantError as error:
        return _refused(error.code, _("Nothing on this server can speak."), 503)
    response = HttpResponse(sound, content_type="audio/mpeg")
    response["Cache-Control"] = "private, max-age=3600"
    response["Vary"] = "Accept-Language, Cookie"
    return response
