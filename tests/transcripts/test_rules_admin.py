"""What administrators do with the rules: try, add, choose, and see old transcripts follow."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Role
from tests import cast
from transcripts.models import LexiconEntry, MaskingPolicy, Remask
from transcripts.vocabulary import masked

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db, pytest.mark.req("S1.6")]
LEXICON = "/admin/transcripts/lexiconentry/"


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(cast.an_agent("root", role=Role.ADMIN))
    return client


def test_a_tried_sentence_shows_kind_and_cause_by_the_rules_of_its_queue(admin: Client) -> None:
    queue = cast.a_queue()
    LexiconEntry.objects.create(term="감자", language="ko", severity=1, queue=queue)
    sentence = "이 감자야, 010-1234-5678로 전화해"
    here = admin.post(LEXICON, {"trial": sentence, "queue": queue.pk}).context["trial"]
    assert [(found.text, found.entry and found.entry.term) for found in here.found] == [
        ("감자", "감자"), ("010-1234-5678", None)
    ]  # fmt: skip
    everywhere = admin.post(LEXICON, {"trial": sentence, "queue": ""}).context["trial"]
    assert [found.text for found in everywhere.found] == ["010-1234-5678"]


def test_pasted_terms_are_added_once_logged_and_ask_for_a_run(admin: Client) -> None:
    fields = {"language": "ko", "severity": "2", "match": "word", "queue": ""}
    answer = admin.post(f"{LEXICON}paste/", {"lines": "감자\n\n감자\n고구마\n", **fields}, follow=True)
    assert answer.status_code == 200
    assert LexiconEntry.objects.filter(term__in=["감자", "고구마"]).count() == 2
    admin.post(f"{LEXICON}paste/", {"lines": "감자", **fields})
    assert LexiconEntry.objects.filter(term="감자").count() == 1
    assert Remask.objects.count() == 1


def test_a_policy_is_chosen_by_kind(admin: Client) -> None:
    queue = cast.a_queue()
    fields = {"queue": queue.pk, "personal_data": ["phone"], "min_severity": "3"}
    admin.post("/admin/transcripts/maskingpolicy/add/", fields)
    assert MaskingPolicy.objects.get().personal_data == ["phone"]
    assert masked("메일은 a@example.com", queue.pk).masks == ()
    assert masked("메일은 a@example.com").masks
    wrong = admin.post("/admin/transcripts/maskingpolicy/add/", fields | {"personal_data": ["shoe"]})
    assert wrong.status_code == 200
    assert Remask.objects.count() == 1


def test_a_supervisor_neither_tries_nor_adds() -> None:
    client = Client()
    client.force_login(cast.a_supervisor())
    assert client.post(LEXICON, {"trial": "감자"}).status_code in (302, 403)
    assert client.post(f"{LEXICON}paste/", {"lines": "감자"}).status_code in (302, 403)
    assert not LexiconEntry.objects.filter(term="감자").exists()
