"""The poster of a place: both languages, the code that opens the place, for staff of its team only."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from accounts.models import User
from calls import qr
from calls.models.call import masked_contact
from tests.cast import PASSWORD, a_place, a_queue, a_supervisor, a_team, an_agent

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]


@pytest.fixture
def place():
    return a_place(hours="평일 09:00 – 18:00")


def poster(place) -> str:
    return reverse("calls:poster", args=[place.pk])


@pytest.mark.req("S1.2")
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_paper_has_both_languages_whatever_the_page_speaks(client, place, language):
    client.force_login(an_agent())
    page = client.get(poster(place), headers={"accept-language": language}).content.decode()
    for words in (
        "여기서 상담하세요",
        "카메라로 비추면",
        "Point your camera here",
        "Our staff are protected by law",
    ):
        assert words in page
    assert place.public_url().split("://")[1].rstrip("/") in page
    assert "1층 여권 창구 앞" in page
    assert qr.svg(place.public_url()) in page


def test_the_code_is_read_back_as_the_link_of_the_place(place):
    """The modules of the drawing are those of a QR code of exactly this link."""
    import segno

    code = segno.make(place.public_url(), error="m", micro=False)
    drawn = re.search(r' d="([^"]+)"', qr.svg(place.public_url()))
    assert drawn is not None
    dark = sum(sum(row) for row in code.matrix)
    runs = re.findall(r"h(\d+)", drawn.group(1))
    assert sum(map(int, runs)) == dark
    other = qr.svg(place.public_url() + "x")
    assert other != qr.svg(place.public_url())


def test_only_staff_of_the_team_print_it(client, place):
    assert client.get(poster(place)).headers["Location"].startswith(reverse("accounts:login"))
    client.force_login(an_agent("erin", queue=a_queue("세무", team=a_team("세무팀"))))
    assert client.get(poster(place)).status_code == 404
    for person in (a_supervisor(), User.objects.create_superuser("root", PASSWORD, name="관리자")):
        client.force_login(person)
        assert client.get(poster(place)).status_code == 200


def test_nothing_inline_on_the_poster(client, place):
    client.force_login(an_agent())
    response = client.get(poster(place))
    assert "unsafe-inline" not in response.headers["Content-Security-Policy"]
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=\"", response.content.decode())


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        ("010-1234-2210", "010-****-2210"),
        ("01012342210", "010****2210"),
        ("cara@example.com", "c***@example.com"),
        ("1234", "1**4"),
        ("", ""),
    ],
)
def test_contacts_are_shown_in_part(contact, shown):
    assert masked_contact(contact) == shown
