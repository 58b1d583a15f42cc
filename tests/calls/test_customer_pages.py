"""Cara scans a code, fills in the form, waits, talks and rates; mallory tries the doors."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from calls.models import Call, Place
from calls.states import CallStatus
from tests.cast import Cara, a_place, an_agent, cara_calls, on_duty, talking

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]

FORM = {
    "language": "ko",
    "topic": "여권",
    "name": "이정은",
    "contact": "010-1234-2210",
    "question": "사진을 다시 찍어야 하나요?",
    "consent": "on",
}


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def place() -> Place:
    return a_place(hours="평일 09:00-18:00", phone="02-000-0120")


@pytest.fixture
def cara() -> Client:
    return Client(enforce_csrf_checks=True, headers={"accept-language": "ko"})


def page_config(html: str) -> dict[str, Any]:
    found = re.search(r'<script id="page-config" type="application/json">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])


@pytest.mark.req("S1.2")
def test_cara_reads_what_happens_with_her_words_before_she_calls(cara: Client, place: Place) -> None:
    html = cara.get(place.get_absolute_url()).content.decode()
    assert "종합민원실" in html
    assert "통화는 녹음되고 글로 남아요." in html
    assert "상담원은 법으로 보호받고 있어요" in html
    assert "90일" in html
    assert re.search(r'<input type="checkbox" name="consent"(?![^>]*\bchecked\b)', html)


@pytest.mark.req("S1.2")
def test_one_form_and_cara_is_in_the_queue(cara: Client, place: Place) -> None:
    answer = cara.post(place.get_absolute_url(), FORM)
    call = Call.objects.get()
    assert answer.status_code == 302
    assert call.status == CallStatus.RINGING
    assert (call.customer_name, call.customer_contact) == ("이정은", "010-1234-2210")
    assert (call.topic, call.question) == ("여권", "사진을 다시 찍어야 하나요?")
    assert call.consented_at is not None
    page = cara.get(answer["Location"])
    assert page.status_code == 200
    assert call.reference in page.content.decode()


def test_the_form_needs_no_cookie(cara: Client, place: Place) -> None:
    """An app's own browser may keep none; the page's address is told to nobody, so there is no referrer either."""
    page = cara.get(place.get_absolute_url())
    assert not page.cookies
    answer = cara.post(place.get_absolute_url(), FORM, headers={"origin": "null"})
    assert answer.status_code == 302


def test_without_the_tick_nobody_is_called(cara: Client, place: Place) -> None:
    answer = cara.post(place.get_absolute_url(), {**FORM, "consent": ""})
    assert answer.status_code == 422
    assert "동의해 주셔야 연결할 수 있어요." in answer.content.decode()
    assert not Call.objects.exists()


def test_a_short_number_is_shown_with_what_was_typed(cara: Client, place: Place) -> None:
    answer = cara.post(place.get_absolute_url(), {**FORM, "contact": "010-48"})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "번호가 조금 짧아요." in html
    assert 'value="010-48"' in html
    assert 'value="이정은"' in html


@pytest.mark.parametrize("contact", ["", "amy@example.org", "02-123-4567", "+82 10 1234 2210"])
def test_any_way_to_reach_cara_will_do(cara: Client, place: Place, contact: str) -> None:
    assert cara.post(place.get_absolute_url(), {**FORM, "contact": contact}).status_code == 302


@pytest.mark.parametrize(
    "field",
    [
        {"name": "a\x00b"},
        {"topic": "none such"},
        {"language": "xx"},
        {"question": "x" * 501},
        {"name": "\ud7a3" * 81},
    ],
)
def test_whatever_mallory_posts_is_a_page_and_no_call(
    cara: Client, place: Place, field: dict[str, str]
) -> None:
    answer = cara.post(place.get_absolute_url(), {**FORM, **field})
    assert answer.status_code == 422
    assert not Call.objects.exists()


def test_words_of_cara_are_shown_as_text(cara: Client, place: Place) -> None:
    answer = cara.post(place.get_absolute_url(), {**FORM, "name": '"><script>', "contact": "1"})
    assert "<script>" not in answer.content.decode().split("<form")[1].split("</form>")[0]


@pytest.mark.req("S1.2")
def test_a_made_up_link_explains_itself(cara: Client) -> None:
    for address in ("/p/nosuchplace/", "/call/made-up-token/", "/p/%00/", "/call/%F0%9F%98%80/"):
        answer = cara.get(address)
        assert answer.status_code == 404, address
        assert "QR 코드를 다시 찍어" in answer.content.decode()


def test_the_link_of_a_closed_place_explains_itself(cara: Client, place: Place) -> None:
    Place.objects.update(is_active=False)
    assert cara.get(place.get_absolute_url()).status_code == 404
    assert cara.post(place.get_absolute_url(), FORM).status_code == 404
    assert not Call.objects.exists()


def test_an_expired_link_opens_nothing(cara: Client, place: Place) -> None:
    caras = cara_calls(place)
    Call.objects.update(token_expires_at=timezone.now() - timedelta(seconds=1))
    assert cara.get(f"/call/{caras.token}/").status_code == 404
    assert cara.post(f"/call/{caras.token}/", {"rating": 5}).status_code == 404


def test_with_nobody_on_duty_cara_may_wait_and_reads_when_to_come(cara: Client, place: Place) -> None:
    html = cara.get(place.get_absolute_url()).content.decode()
    assert "지금은 상담원이 자리에 없어요" in html
    assert "평일 09:00-18:00" in html
    assert "02-000-0120" in html
    assert cara.post(place.get_absolute_url(), FORM).status_code == 302


def test_with_alice_on_duty_there_is_no_such_notice(cara: Client, place: Place) -> None:
    on_duty(an_agent("alice", queue=place.queue))
    assert "data-nobody" not in cara.get(place.get_absolute_url()).content.decode()


def test_english_stays_from_the_switch_to_the_call(cara: Client, place: Place) -> None:
    assert "Talk to an agent now" in cara.get(f"{place.get_absolute_url()}?lang=en").content.decode()
    html = cara.get(place.get_absolute_url()).content.decode()
    assert '<html lang="en"' in html
    assert 'name="language" value="en"' in html
    answer = cara.post(place.get_absolute_url(), {**FORM, "language": "en"})
    assert Call.objects.get().language == "en"
    page = Client(headers={"accept-language": "ko"}).get(answer["Location"]).content.decode()
    assert "Your number" in page
    assert "Passport" in page


def test_the_browsers_language_is_the_first_guess(place: Place) -> None:
    page = Client(headers={"accept-language": "en-GB"}).get(place.get_absolute_url())
    assert "Talk to an agent now" in page.content.decode()


def test_an_unknown_language_is_not_taken(cara: Client, place: Place) -> None:
    page = cara.get(f"{place.get_absolute_url()}?lang=xx")
    assert page.status_code == 200
    assert not page.cookies


def test_many_calls_from_one_address_are_asked_to_wait(
    cara: Client, place: Place, settings: Settings
) -> None:
    settings.PLACE_FORM_RATE = "2/min"
    codes = [cara.post(place.get_absolute_url(), FORM).status_code for _ in range(3)]
    assert codes == [302, 302, 429]
    assert Call.objects.count() == 2
    late = cara.post(place.get_absolute_url(), FORM)
    assert int(late["Retry-After"]) > 0
    assert "잠시만 기다려 주세요" in late.content.decode()


@pytest.fixture
def waiting(place: Place) -> Cara:
    return cara_calls(place)


@pytest.mark.parametrize("page", ["landing", "call"])
def test_pages_of_cara_are_kept_and_told_nowhere(
    cara: Client, place: Place, waiting: Cara, page: str
) -> None:
    answer = cara.get(place.get_absolute_url() if page == "landing" else f"/call/{waiting.token}/")
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]


@pytest.mark.parametrize("page", ["landing", "call", "none"])
def test_no_page_of_cara_allows_inline_code(cara: Client, place: Place, waiting: Cara, page: str) -> None:
    address = {"landing": place.get_absolute_url(), "call": f"/call/{waiting.token}/", "none": "/p/none/"}[
        page
    ]
    answer = cara.get(address)
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    html = answer.content.decode()
    assert not re.search(r"\son\w+=|\sstyle=|<style", html)
    assert not re.search(r'<script(?![^>]*(src=|type="application/json"))', html)


def test_the_call_page_tells_its_script_what_it_needs(cara: Client, waiting: Cara) -> None:
    config = page_config(cara.get(f"/call/{waiting.token}/").content.decode())
    assert config["token"] == waiting.token
    assert config["callId"] == str(waiting.call.pk)
    assert config["directTimeoutMs"] == 5000
    assert config["strings"]["position"] == "앞에 {count}명이 있어요"


def test_caras_question_and_number_are_not_in_her_call_page(cara: Client, waiting: Cara) -> None:
    """A page that is left open on a table says no more than the ticket does."""
    assert waiting.call.customer_contact not in cara.get(f"/call/{waiting.token}/").content.decode()


@pytest.fixture
def over(place: Place) -> Cara:
    from calls.actions.calls import end_call

    caras = talking(an_agent("alice", queue=place.queue), place)
    end_call(caras.party)
    return caras


@pytest.mark.req("S1.2")
def test_cara_rates_the_call_without_any_script(cara: Client, over: Cara) -> None:
    address = f"/call/{over.token}/"
    assert "상담은 어떠셨나요?" in cara.get(address).content.decode()
    assert cara.post(address, {"rating": "4", "comment": "친절했어요"})["Location"] == address
    over.call.refresh_from_db()
    assert (over.call.rating, over.call.rating_comment) == (4, "친절했어요")
    assert "알려 주셔서 고마워요" in cara.get(address).content.decode()


@pytest.mark.parametrize("rating", ["", "0", "6", "five", "4.5"])
def test_a_rating_is_one_of_five(cara: Client, over: Cara, rating: str) -> None:
    assert cara.post(f"/call/{over.token}/", {"rating": rating}).status_code == 422
    over.call.refresh_from_db()
    assert over.call.rating is None


def test_a_call_that_goes_on_is_not_rated(cara: Client, waiting: Cara) -> None:
    assert cara.post(f"/call/{waiting.token}/", {"rating": "1"}).status_code == 302
    waiting.call.refresh_from_db()
    assert waiting.call.rating is None


def test_the_landing_page_asks_the_database_the_same_however_many_wait(
    cara: Client, place: Place, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    cara_calls(place)
    with django_assert_max_num_queries(6):
        cara.get(place.get_absolute_url())
    for _ in range(5):
        cara_calls(place)
    with django_assert_max_num_queries(6):
        html = cara.get(place.get_absolute_url()).content.decode()
    assert "<strong>6명</strong>" in html


def test_the_call_page_asks_the_database_the_same_however_many_wait(
    cara: Client, waiting: Cara, place: Place, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        cara_calls(place)
    with django_assert_max_num_queries(8):
        cara.get(f"/call/{waiting.token}/")
