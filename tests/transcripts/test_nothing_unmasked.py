"""Every way to a call's words, walked: no hidden word comes out by any of them. A new address must be entered in ROUTES."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from celery import Task
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.views.debug import ExceptionReporter
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import Role, User
from calls import events
from calls.access import Party
from calls.actions.calls import end_call, rate_call
from calls.actions.offers import offer_payload
from calls.actions.presence import waiting_payload
from calls.actions.snapshots import joined_payload
from tests import cast
from tests.transcripts.records import Made, a_record
from transcripts.actions import remask
from transcripts.actions.utterances import caption, mask
from transcripts.engines.words import Word
from transcripts.models import Source, Utterance
from transcripts.vocabulary import rules

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db, pytest.mark.req("S1.6")]

WORD, PHONE, CARD = "씨이이발", "010-9876-5432", "사일일일 일일일일 일일일일 일일일일"
SECRETS = (WORD, PHONE, CARD)
NAME = f"이 {WORD} 정은 {PHONE}"
SENTENCE = f"아 {WORD} 전화는 {PHONE} 카드 번호는 {CARD} 입니다"

# What each address is filled with, or (a sentence) why nobody's words can come out of it.
CALL = {"call_id": "call"}
ROUTES: dict[str, dict[str, str] | str] = {
    "i18n/setlang/": "only redirects",
    "api/schema": {}, "api/docs": {},
    "api/v1/auth/token/": "takes a password, gives tokens",
    "api/v1/auth/refresh/": "takes a token, gives a token",
    "api/v1/calls": "takes a call, gives its number",
    "api/v1/calls/config": {},
    "api/v1/calls/conversation/process": "takes a recording (test_conversation.py)",
    "api/v1/calls/conversation/process/<str:asked_id>": {"asked_id": "none"},
    "api/v1/calls/<str:call_id>": CALL,
    "api/v1/calls/<str:call_id>/connect": "changes a state, gives what api-call gives",
    "api/v1/calls/<str:call_id>/end": "changes a state, gives what api-call gives",
    "api/v1/transcripts/<str:call_id>": CALL,
    "api/v1/rooms": {}, "api/v1/rooms/<str:room_id>": {"room_id": "call"},
    "api/v1/rooms/<str:room_id>/start": "changes a state, gives when it began",
    "api/v1/rooms/<str:room_id>/status": {"room_id": "call"},
    "api/v1/rooms/<str:room_id>/sessions": {"room_id": "call"},
    "api/v1/rooms/<str:room_id>/join": "changes a state, gives who is in",
    "api/v1/rooms/<str:room_id>/leave": "changes a state",
    "api/v1/rooms/<str:room_id>/members": "takes people, gives how many",
    "api/v1/rooms/<str:room_id>/messages": {"room_id": "call"},
    "api/v1/rooms/<str:room_id>/files": "takes a file",
    "api/v1/rooms/<str:room_id>/files/<str:file_id>": {"room_id": "call", "file_id": "none"},
    "accounts/login/": {}, "accounts/me/": {}, "accounts/me/password/": {}, "accounts/me/delete/": {},
    "accounts/logout/": "only redirects",
    "accounts/invitation/<str:token>/": {"token": "none"},
    "records/": {}, "records/<uuid:call_id>/": CALL, "records/<uuid:call_id>/parts/": CALL,
    "records/<uuid:call_id>/audio/<uuid:participant_id>.opus": CALL | {"participant_id": "customer"},
    "records/<uuid:call_id>/original/": "writes an audit row and gives an address (test_opening.py)",
    "records/<uuid:call_id>/original/<uuid:opening_id>.opus": "the other exception: by permission (test_opening.py)",
    "records/<uuid:call_id>/summary/": "takes words, only redirects; the record's page shows them",
    "records/<uuid:call_id>/reveal/": "the one exception: it writes an audit row first (test_reveal.py)",
    "records/<uuid:call_id>/files/<uuid:file_id>": "a file as it was sent, to who may see its call (test_written.py)",
    "records/<uuid:call_id>/export/<slug:form>": CALL | {"form": "txt"},
    "records/<uuid:call_id>/export/sound/<slug:side>": CALL | {"side": "customer"},
    "assistant/": {}, "assistant/<int:place_id>/": {"place_id": "place_id"},
    "assistant/voice/<slug:name>.mp3": "a fixed sentence",
    "assistant/<int:place_id>/prompt/<int:number>/": "only redirects",
    "assistant/<int:place_id>/answers/": {"place_id": "place_id"},
    "assistant/<int:place_id>/answers/new/": {"place_id": "place_id"},
    "assistant/<int:place_id>/answers/<int:entry_id>/": {"place_id": "place_id", "entry_id": "0"},
    "assistant/<int:place_id>/documents/": {"place_id": "place_id"},
    "assistant/<int:place_id>/documents/new/": {"place_id": "place_id"},
    "assistant/<int:place_id>/documents/<int:document_id>/": {"place_id": "place_id", "document_id": "none"},
    "assistant/<int:place_id>/try/": {"place_id": "place_id"},
    "assistant/<int:place_id>/try/ask/": "takes a question, reads no call (test_assistant_pages.py)",
    "overview/calls/<uuid:call_id>/": CALL,
    "overview/calls/<uuid:call_id>/take-over/": "changes who has a call, only redirects",
    "overview/": {}, "overview/board/": {}, "health": {}, "metrics": {},
    "p/<str:code>/": {"code": "place"},
    "call/<str:token>/": {"token": "none"},
    "desk/": {}, "desk/token": "gives a token",
    "rooms/": {}, "rooms/<uuid:room_id>/": {"room_id": "call"},
    "places/<int:place_id>/poster/": {"place_id": "place_id"},
}  # fmt: skip


@dataclass
class Told:
    """A call whose form cara filled with SENTENCE, in which she said it, live and in the final transcript, and wrote it."""

    made: Made

    def fill(self, wanted: dict[str, str]) -> dict[str, object]:
        known: dict[str, object] = {
            "call": self.made.call.pk,
            "customer": self.made.customer.pk,
            "place": self.made.call.place.code,
            "place_id": self.made.call.place_id,
        }
        return {name: known.get(value, value) for name, value in wanted.items()}


@pytest.fixture
def told() -> Told:
    words = {"name": NAME, "topic": SENTENCE, "question": SENTENCE}
    made = a_record(cast.an_agent("alice"), sound=False, details=words)
    rate_call(made.call, 1, SENTENCE)
    for source in Source:
        _say(made, source)
    return Told(made)


def _say(made: Made, source: Source) -> None:
    words, at = [], 15_000
    for word in SENTENCE.split(" "):
        words.append([f" {word}", at, at + 200, 0.9])
        at += 250
    spoken = [Word(*word) for word in words]
    masked_text, masks = mask(SENTENCE, spoken, 15_000, at, rules(made.call.queue_id))
    said = Utterance.objects.create(
        call=made.call, participant=made.customer, source=source, position=99, start_ms=15_000, end_ms=at,
        text=SENTENCE, words=words, language="ko", confidence=0.9, engine="whisper", engine_model="small",
        masked_text=masked_text, masks=masks,
    )  # fmt: skip
    events.emit(made.call, "caption", caption(said))


def people() -> Iterator[User]:
    yield User.objects.get(username="alice")
    yield cast.a_supervisor()
    yield cast.an_agent("root", role=Role.ADMIN, is_superuser=True, is_staff=True)


def routes() -> list[tuple[str, URLPattern]]:
    """Every address of the project; those of Django's admin are walked by model."""
    return [found for found in _below("", get_resolver().url_patterns) if not found[0].startswith("admin/")]


def _below(prefix: str, patterns: list[URLPattern | URLResolver]) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _below(route, pattern.url_patterns)
        else:
            yield route, pattern


def holds_nothing(text: str, where: str) -> None:
    for secret in SECRETS:
        assert secret not in text, where
        assert secret.replace("-", "").replace(" ", "") not in text, where


def test_the_sentence_is_masked_at_all(told: Told) -> None:
    for said in Utterance.objects.filter(position=99):
        holds_nothing(said.masked_text, "the masked text")
        assert {mask["kind"] for mask in said.masks} == {"profanity", "phone", "card"}


def test_every_address_is_in_the_table() -> None:
    unknown = sorted({route for route, _pattern in routes()} - set(ROUTES))
    assert not unknown, f"say in ROUTES how these are safe: {unknown}"


def test_no_address_gives_a_hidden_word(told: Told) -> None:
    for user in people():
        for route, filled in ROUTES.items():
            if isinstance(filled, str):
                continue
            address = "/" + route
            for name, value in told.fill(filled).items():
                kind = next(k for k in ("str", "uuid", "int", "slug") if f"<{k}:{name}>" in address)
                address = address.replace(f"<{kind}:{name}>", str(value))
            answer = _as(user, route).get(address)
            assert answer.status_code < 500, address
            holds_nothing(_body(answer), f"{user.username} {address}")


def _as(user: User, route: str) -> Client:
    if route.startswith("api/"):
        return Client(headers={"Authorization": f"Bearer {AccessToken.for_user(user)}"})
    client = Client()
    client.force_login(user)
    return client


def _body(answer: object) -> str:
    parts = answer.streaming_content if getattr(answer, "streaming", False) else [answer.content]  # type: ignore[attr-defined]
    return b"".join(parts).decode("utf-8", "replace")


def test_the_record_page_shows_the_call_masked(told: Told) -> None:
    """Else the walk would prove nothing."""
    answer = _as(User.objects.get(username="alice"), "").get(f"/records/{told.made.call.pk}/")
    assert "입니다" in _body(answer)


def test_the_admin_neither_shows_nor_finds_a_hidden_word(told: Told) -> None:
    *_others, root = people()
    client = _as(root, "")
    for model, model_admin in admin.site._registry.items():
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        listed = client.get(reverse(f"{base}_changelist"))
        assert listed.status_code == 200, base
        holds_nothing(_body(listed), f"{base} list")
        for row in model._default_manager.all()[:20]:
            page = client.get(reverse(f"{base}_change", args=[row.pk]))
            assert page.status_code == 200, base
            holds_nothing(_body(page), f"{base} page")
        if not model_admin.search_fields:
            continue
        for secret in SECRETS:
            found = client.get(reverse(f"{base}_changelist"), {"q": secret})
            assert found.context["cl"].result_count == 0, base


def test_sockets_are_told_nothing_hidden(told: Told) -> None:
    for who in (told.made.customer, told.made.agent):
        payload = joined_payload(Party(told.made.call, who), 0)
        assert any(event["type"] == "caption" for event in payload["events"])
        holds_nothing(str(payload), "joined")


def test_a_desk_is_told_nothing_hidden_of_who_waits() -> None:
    alice = cast.on_duty(cast.an_agent("alice"))
    cast.cara_calls(name=NAME, topic=SENTENCE, question=SENTENCE)
    offer = offer_payload(cast.ringing_offer(alice))
    assert "입니다" in offer["question"]
    for payload in (offer, waiting_payload(alice)):
        assert "정은" in str(payload)
        holds_nothing(str(payload), "desk")


def test_searching_records_finds_no_hidden_word(told: Told) -> None:
    client = _as(User.objects.get(username="alice"), "")
    for secret in SECRETS:
        assert list(client.get("/records/", {"q": secret}).context["page"]) == []


def test_an_error_report_holds_no_words() -> None:
    request = RequestFactory().post("/records/", {"note": SENTENCE})
    for debug in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("django.conf.settings.DEBUG", debug)
            reporter = _report(request, SENTENCE)
            holds_nothing(reporter.get_traceback_html(), "debug page")
            holds_nothing(reporter.get_traceback_text(), "error mail")


def _report(request: object, text: str) -> ExceptionReporter:
    words = [text]
    try:
        assert words == []
    except AssertionError:
        kind, _value, trace = sys.exc_info()
    return ExceptionReporter(request, kind, AssertionError("failed"), trace)


def test_masking_logs_no_words(told: Told, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    Utterance.objects.update(masked_text="")
    remask.run(remask.request().pk)
    own = [r for r in caplog.records if r.name.split(".")[0] in {"transcripts", "calls", "accounts"}]
    assert own
    for record in own:
        holds_nothing(record.getMessage(), record.name)


def test_tasks_take_ids_and_no_words(
    told: Told, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    sent: list[tuple[str, object]] = []
    monkeypatch.setattr(
        Task, "apply_async", lambda task, *args, **kwargs: sent.append((task.name, (args, kwargs)))
    )
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        cara = cast.talking(cast.an_agent("erin"), name=NAME, topic=SENTENCE, question=SENTENCE)
        end_call(cara.party)
    assert {name.rpartition(".")[2] for name, _given in sent} >= {"announce_captions", "finish_transcript"}
    for name, given in sent:
        holds_nothing(str(given), name)
