"""The account page, and deleting the account: everything closes at once, past calls stay without the name."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actions import WithdrawalRefused, withdraw
from accounts.models import Role, User
from accounts.tokens import socket_token, user_of
from calls.actions import calls as call_actions
from calls.actions import presence
from calls.models import AgentStatus, Call, CallEvent, Offer, Participant
from tests.cast import PASSWORD, an_agent, cara_calls, on_duty, ringing_offer, talking

pytestmark = [pytest.mark.db, pytest.mark.django_db]

DELETE = reverse("accounts:withdraw")
SURE = {"password": PASSWORD, "sure": "on"}


@pytest.fixture
def alice():
    return an_agent()


@pytest.mark.req("S1.1")
def test_alice_deletes_her_account_and_is_out_everywhere(client, alice):
    other_device = Client()
    for each in (client, other_device):
        each.force_login(alice)
    token = socket_token(alice)
    desk = presence.open_desk(alice)
    assert client.post(DELETE, SURE).status_code == 200
    assert other_device.get(reverse("accounts:account")).status_code == 302
    assert user_of(token) is None
    assert not presence.renew_desk(desk.pk)
    again = client.post(reverse("accounts:login"), {"username": "alice", "password": PASSWORD})
    assert again.status_code == 200


def test_past_calls_stay_without_her_name(client, alice):
    cara = talking(alice)
    call_actions.end_call(cara.party)
    name = alice.name
    client.force_login(alice)
    client.post(DELETE, SURE)
    assert Call.objects.filter(pk=cara.call.pk).exists()
    assert Participant.objects.get(call=cara.call, user=alice).name == "전 직원"
    told = json.dumps(list(CallEvent.objects.values_list("payload", flat=True)), ensure_ascii=False)
    assert name not in told
    assert "전 직원" in told
    assert not User.objects.filter(name=name).exists()


def test_cara_is_still_named_in_the_events_of_her_call(alice):
    cara = talking(alice)
    call_actions.end_call(cara.party)
    withdraw(alice)
    customer = Participant.objects.get(call=cara.call, role="customer")
    assert customer.name == "이정은"


def test_nobody_leaves_in_the_middle_of_a_call(client, alice):
    talking(alice)
    client.force_login(alice)
    page = client.post(DELETE, SURE)
    assert "먼저 상담을 끝내야 합니다" in page.content.decode()
    alice.refresh_from_db()
    assert alice.is_active


def test_a_ringing_call_goes_to_the_next_agent(alice):
    on_duty(alice)
    cara = cara_calls()
    offer = ringing_offer(alice)
    carol = on_duty(an_agent("carol"))
    withdraw(alice)
    assert Offer.objects.get(pk=offer.pk).state == "withdrawn"
    assert ringing_offer(carol).call_id == cara.call.pk
    assert not AgentStatus.objects.filter(agent=alice).exists()


@pytest.mark.parametrize("wrong", [{"password": "no"}, {"sure": ""}])
def test_a_desk_left_open_is_not_enough(client, alice, wrong):
    client.force_login(alice)
    client.post(DELETE, SURE | wrong)
    alice.refresh_from_db()
    assert alice.is_active


def test_the_last_administrator_stays():
    admin = User.objects.create_superuser("admin", PASSWORD, name="관리자")
    with pytest.raises(WithdrawalRefused):
        withdraw(admin)
    User.objects.create_user("second", PASSWORD, name="둘째", role=Role.ADMIN)
    withdraw(admin)
    admin.refresh_from_db()
    assert (admin.is_active, admin.is_staff, admin.is_superuser) == (False, False, False)


def test_a_new_password_logs_out_other_devices_and_revokes_tokens(client, alice):
    other_device = Client()
    for each in (client, other_device):
        each.force_login(alice)
    token = socket_token(alice)
    new = "another unusual one 9"
    fields = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post(reverse("accounts:password"), fields).status_code == 302
    assert client.get(reverse("accounts:account")).status_code == 200
    assert other_device.get(reverse("accounts:account")).status_code == 302
    assert user_of(token) is None


def test_alice_changes_her_name_and_language_but_not_her_role(client, alice):
    client.force_login(alice)
    client.post(
        reverse("accounts:account"), {"name": "김서윤", "alias": "행복", "language": "en", "role": "admin"}
    )
    alice.refresh_from_db()
    assert (alice.name, alice.public_name, alice.language, alice.role) == ("김서윤", "행복", "en", "agent")
