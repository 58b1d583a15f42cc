"""Signing up: only with a link that works once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.actions import InvitationGone, sign_up
from accounts.models import Invitation, Role, User
from tests.cast import a_team, an_agent

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]

NEW = {
    "name": "최유진",
    "username": "yujin.choi",
    "password1": "long and unusual 7",
    "password2": "long and unusual 7",
}


@pytest.fixture
def invitation():
    return Invitation.objects.create(role=Role.AGENT, team=a_team(), note="yujin", invited_by=an_agent("bob"))


def link(invitation: Invitation) -> str:
    return reverse("accounts:invitation", args=[invitation.token])


@pytest.mark.req("S1.1")
def test_a_new_agent_signs_up_and_stands_at_the_desk(client, invitation):
    assert "상담원" in client.get(link(invitation)).content.decode()
    assert client.post(link(invitation), NEW).headers["Location"] == reverse("calls:desk")
    user = User.objects.get(username="yujin.choi")
    assert (user.role, user.name, list(user.teams.all())) == (Role.AGENT, "최유진", [a_team()])
    assert client.session["_auth_user_id"] == str(user.pk)


def test_the_link_works_once(client, invitation):
    client.post(link(invitation), NEW)
    client.logout()
    again = client.post(link(invitation), NEW | {"username": "mallory"})
    assert again.status_code == 410
    assert "이미 사용한 초대입니다" in again.content.decode()
    assert not User.objects.filter(username="mallory").exists()


def test_of_two_who_send_the_form_at_once_one_gets_the_account(invitation):
    details = {"name": "x", "password": "long and unusual 7", "language": "ko"}
    stale = Invitation.objects.get(pk=invitation.pk)
    sign_up(invitation, username="first", **details)
    with pytest.raises(InvitationGone):
        sign_up(stale, username="second", **details)
    assert not User.objects.filter(username="second").exists()


def test_an_expired_link_says_whom_to_ask(client, invitation):
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    page = client.get(link(invitation))
    assert page.status_code == 410
    assert "기간이 지난 초대입니다" in page.content.decode()


@pytest.mark.parametrize("token", ["made-up", "a%00b", "x" * 500])
def test_a_made_up_link_is_a_helpful_page(client, token):
    page = client.get(f"/accounts/invitation/{token}/")
    assert page.status_code == 404
    assert "없는 초대입니다" in page.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password1", "short"),
        ("password1", "1234567890"),
        ("username", "a b"),
        ("name", ""),
        ("username", "bob"),
    ],
)
def test_a_wrong_field_keeps_the_link_alive(client, invitation, field, value):
    wrong = NEW | {field: value} | ({"password2": value} if field == "password1" else {})
    page = client.post(link(invitation), wrong)
    assert page.status_code == 200
    assert 'aria-invalid="true"' in page.content.decode()
    assert Invitation.objects.open().filter(pk=invitation.pk).exists()


def test_an_invited_administrator_may_enter_the_administration(client):
    invitation = Invitation.objects.create(role=Role.ADMIN)
    client.post(link(invitation), NEW)
    assert client.get(reverse("admin:index")).status_code == 200


def test_an_invitation_cannot_be_bent_into_another_role(client, invitation):
    client.post(link(invitation), NEW | {"role": "admin", "is_staff": "on", "is_superuser": "on"})
    user = User.objects.get(username="yujin.choi")
    assert (user.role, user.is_staff, user.is_superuser) == (Role.AGENT, False, False)
