"""Finding a call by what was said in it: right for Korean, within what the user may see, and never by what is hidden."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.cast import a_place, a_queue, a_supervisor, a_team, an_agent
from tests.transcripts.records import Made, a_record, say
from transcripts import fulltext
from transcripts.actions import remask
from transcripts.actions.sums import sum_up
from transcripts.indexing import index_text
from transcripts.models import CallTranscript, LexiconEntry, Source, Utterance

pytestmark = [pytest.mark.db, pytest.mark.django_db, pytest.mark.req("S1.8")]
RECORDS = reverse("transcripts:records")


@pytest.fixture
def alice():
    return an_agent()


@pytest.fixture
def made(alice) -> Made:
    made = a_record(alice, sound=False)
    index()
    return made


def sum_all() -> None:
    """As the final pass does it."""
    calls = set(Utterance.objects.values_list("call_id", flat=True))
    for call_id in calls:
        CallTranscript.objects.get_or_create(call_id=call_id)
    sum_up(calls)


def index() -> None:
    """As build() fills it."""
    for row in Utterance.objects.filter(search_text=""):
        row.search_text = index_text(row.masked_text, row.masks)
        row.save(update_fields=["search_text"])
    sum_all()


def found(client, said: str, **wanted) -> list[str]:
    page = client.get(RECORDS, {"said": said, **wanted})
    assert page.status_code == 200
    return [call.reference for call in page.context["page"]]


@pytest.mark.parametrize("said", ["여권", "권 사", "사진이 반려", "반", "여권 반려됐어요", "그림자"])
def test_korean_is_found_by_its_syllables(client, alice, made, said):
    client.force_login(alice)
    assert found(client, said) == [made.call.reference]


@pytest.mark.parametrize(
    "said", ["여궈", "사지", "환불", "없는말", '"', "%", "_____", "' OR 1=1 --", "AND", "*** NEAR("]
)
def test_other_words_find_nothing_and_break_nothing(client, alice, made, said):
    client.force_login(alice)
    assert found(client, said) == []


@pytest.mark.parametrize("many", [False, True])
def test_rare_and_common_words_find_the_same(client, alice, made, monkeypatch, many):
    if many:
        monkeypatch.setattr(fulltext, "FEW", 0)
    client.force_login(alice)
    assert found(client, "사진") == [made.call.reference]
    assert found(client, "그림자 사진") == [made.call.reference]
    assert found(client, "그림자 여권") == []


@pytest.mark.req("S1.6")
def test_what_is_hidden_is_not_found(client, alice, made):
    client.force_login(alice)
    assert found(client, "나쁜말") == []
    assert found(client, "●●●") == []
    assert found(client, "반려") == [made.call.reference]
    LexiconEntry.objects.create(term="반려됐어요", language="ko")
    remask.run(remask.request().pk)
    assert found(client, "반려됐어요") == []


def test_the_lines_are_shown_with_the_hits_marked_and_the_rest_masked(client, alice, made):
    client.force_login(alice)
    page = client.get(RECORDS, {"said": "여권"}).content.decode()
    assert "<mark>여권</mark>" in page
    assert '<span class="hid">욕설</span>' in page
    assert "나쁜말" not in page
    assert f"{reverse('transcripts:record', args=[made.call.pk])}#t=4000" in page


def test_of_a_call_the_first_lines_are_shown_with_who_said_them(client, alice, made):
    for place in (12_000, 5_000, 13_000, 11_000):
        say(made.agent if place == 11_000 else made.customer, place, place + 500, f"여권 {place}")
    index()
    client.force_login(alice)
    [(_call, lines)] = client.get(RECORDS, {"said": "여권"}).context["rows"]
    assert [(line.start_ms, line.role) for line in lines] == [
        (4000, "customer"),
        (5000, "customer"),
        (11_000, "agent"),
    ]


@pytest.mark.parametrize("many", [False, True])
def test_signs_of_patterns_are_only_letters(client, alice, made, monkeypatch, many):
    if many:
        monkeypatch.setattr(fulltext, "FEW", 0)
    say(made.customer, 15_000, 16_000, "할인 100%_확실 C:\\temp")
    index()
    client.force_login(alice)
    assert found(client, "100%_확") == [made.call.reference]
    assert found(client, "c:\\te") == [made.call.reference]
    assert found(client, "1_0%") == []


def test_others_do_not_find_it(client, made):
    elsewhere = a_queue("세무", team=a_team("세무팀"))
    client.force_login(an_agent("dan", queue=elsewhere))
    assert found(client, "여권") == []
    bob = a_supervisor()
    client.force_login(bob)
    assert found(client, "여권") == [made.call.reference]
    bob.teams.clear()
    assert found(client, "여권") == []


def test_live_words_are_found_until_there_are_final_ones(client, alice, made):
    client.force_login(alice)
    say(made.customer, 20_000, 21_000, "주민등록등본이요", source=Source.LIVE)
    index()
    assert found(client, "등본") == [made.call.reference]
    Utterance.objects.filter(source=Source.LIVE).update(search_text="")
    assert found(client, "등본") == []


def test_filters_narrow_what_was_found(client, alice, made):
    other = a_place(made.call.queue, name="다른 곳", is_default=False)
    client.force_login(alice)
    day = made.call.day.isoformat()
    assert found(client, "여권", day=day, until=day, place=made.call.place_id, masked="1") == [
        made.call.reference
    ]
    assert found(client, "여권", place=other.pk) == []
    assert found(client, "여권", queue=2**40) == [made.call.reference]
    assert found(client, "여권", negative="1") == []
    Utterance.objects.filter(start_ms=4000).update(tone=-0.8)
    sum_all()
    assert found(client, "여권", negative="1") == [made.call.reference]


def test_a_word_that_is_too_short_is_told(client, alice, made):
    client.force_login(alice)
    page = client.get(RECORDS, {"said": "ok"}).content.decode()
    assert "한글은 한 글자" in page


@pytest.mark.parametrize("many", [False, True])
def test_more_calls_take_no_more_queries(client, alice, made, monkeypatch, many):
    if many:
        monkeypatch.setattr(fulltext, "FEW", 0)
    client.force_login(alice)
    found(client, "여권")
    with CaptureQueriesContext(connection) as few:
        found(client, "여권")
    for _ in range(4):
        a_record(alice, sound=False)
    index()
    with CaptureQueriesContext(connection) as more:
        assert len(found(client, "여권")) == 5
    assert len(few) == len(more)


def test_the_index_forgets_what_is_deleted(client, alice, made):
    client.force_login(alice)
    Utterance.objects.filter(call=made.call).delete()
    assert found(client, "여권") == []
