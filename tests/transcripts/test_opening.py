"""Hearing a call unmasked: who may, that it is on record first, and that a link is one person's for ten minutes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from calls.models import Call, Recording
from calls.models.recording import keyring
from calls.states import CallStatus
from calls.vault import derive_key, replace_plain
from tests.cast import a_queue, a_supervisor, a_team, an_agent
from tests.transcripts.records import Made, a_record
from transcripts.models import CallTranscript, OriginalOpening, TranscriptState

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db, pytest.mark.req("S1.6")]
ORIGINAL = b"OggS an unmasked voice " * 10_000


def trusted(user: User) -> User:
    user.user_permissions.add(Permission.objects.get(codename="open_original"))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def alice() -> User:
    return an_agent()


@pytest.fixture
def made(alice: User, tmp_path) -> Made:
    with_sound = a_record(alice)
    for recording in Recording.objects.all():
        recording.original_file().write_bytes(ORIGINAL)
        replace_plain(recording.original_file(), keyring())
    return with_sound


def ask(client: Client, made: Made, **changes: object):
    fields = {"participant": made.customer.pk, "reason": "evidence", "note": "민원 접수 12"} | changes
    return client.post(reverse("transcripts:open-original", args=[made.call.pk]), fields)


def an_opening(user: User, made: Made) -> str:
    client = Client()
    client.force_login(user)
    return ask(client, made).json()["url"]


def test_with_the_permission_alice_opens_her_call_and_it_is_on_record(client, alice, made):
    client.force_login(trusted(alice))
    answer = ask(client, made)
    assert answer.status_code == 200
    opening = OriginalOpening.objects.get()
    assert (opening.user, opening.call, opening.reason, opening.note) == (
        alice,
        made.call,
        "evidence",
        "민원 접수 12",
    )
    assert opening.recording.participant == made.customer
    assert answer.json()["url"] == reverse("transcripts:original", args=[made.call.pk, opening.pk])


@pytest.mark.django_db(transaction=True)
async def test_the_link_plays_and_seeks_and_is_kept_nowhere(async_client, alice, made):
    await async_client.aforce_login(alice)
    url = await _asked(alice, made)
    whole = await async_client.get(url)
    assert (whole.status_code, whole["Content-Type"]) == (200, "audio/ogg")
    assert whole["Cache-Control"] == "private, no-store"
    assert await body(whole) == ORIGINAL
    part = await async_client.get(url, headers={"range": "bytes=65530-65549"})
    assert (part.status_code, part["Content-Range"]) == (206, f"bytes 65530-65549/{len(ORIGINAL)}")
    assert await body(part) == ORIGINAL[65530:65550]


async def _asked(user: User, made: Made) -> str:
    from asgiref.sync import sync_to_async

    return await sync_to_async(lambda: an_opening(trusted(user), made))()


async def body(response) -> bytes:
    return b"".join([piece async for piece in response.streaming_content])


def test_without_the_permission_nothing_opens_and_the_page_offers_nothing(client, alice, made):
    client.force_login(alice)
    assert ask(client, made).status_code == 404
    assert not OriginalOpening.objects.exists()
    page = client.get(reverse("transcripts:record", args=[made.call.pk])).content.decode()
    assert "data-open-original" not in page


def test_the_permission_opens_no_call_that_its_holder_may_not_see(client, made):
    mallory = trusted(an_agent("mallory", queue=a_queue("other", team=a_team("elsewhere"))))
    client.force_login(mallory)
    assert ask(client, made).status_code == 404
    assert not OriginalOpening.objects.exists()


def test_a_link_is_good_for_the_one_who_asked_only(client, alice, made):
    url = an_opening(trusted(alice), made)
    client.force_login(trusted(a_supervisor()))
    assert client.get(url).status_code == 404
    client.logout()
    assert client.get(url).status_code == 302


def test_a_link_runs_out_and_ends_with_the_permission(client, alice, made):
    url = an_opening(trusted(alice), made)
    client.force_login(alice)
    assert client.get(url).status_code == 200
    OriginalOpening.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(url).status_code == 404
    OriginalOpening.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
    assert client.get(url).status_code == 200
    alice.user_permissions.clear()
    assert client.get(url).status_code == 404


def test_a_link_is_good_for_ten_minutes(alice, made):
    an_opening(trusted(alice), made)
    opening = OriginalOpening.objects.get()
    assert timedelta(minutes=9) < opening.expires_at - opening.created_at <= timedelta(minutes=10)


def test_a_link_belongs_to_its_call(client, alice, made):
    an_opening(trusted(alice), made)
    other = a_record(alice)
    client.force_login(alice)
    opening = OriginalOpening.objects.get()
    assert client.get(reverse("transcripts:original", args=[other.call.pk, opening.pk])).status_code == 404


@pytest.mark.parametrize("changes", [{"reason": ""}, {"reason": "curious"}, {"participant": "x"}])
def test_without_a_reason_or_a_side_nothing_opens(client, alice, made, changes):
    client.force_login(trusted(alice))
    assert ask(client, made, **changes).status_code == 400
    assert not OriginalOpening.objects.exists()


@pytest.mark.parametrize("state", [TranscriptState.WAITING_MODEL, TranscriptState.PENDING])
def test_what_was_not_masked_yet_is_heard_by_nobody(client, alice, made, state):
    client.force_login(trusted(alice))
    CallTranscript.objects.update(state=state)
    assert ask(client, made).status_code == 404


def test_during_a_call_nothing_opens(client, alice, made):
    client.force_login(trusted(alice))
    Call.objects.update(status=CallStatus.IN_PROGRESS)
    assert ask(client, made).status_code == 404


def test_a_missing_key_is_said_and_is_no_crash(client, alice, made, settings):
    url = an_opening(trusted(alice), made)
    client.force_login(alice)
    settings.RECORDING_KEYS = (derive_key("another"),)
    assert client.get(url).status_code == 503


def test_sound_that_is_gone_is_not_found(client, alice, made):
    url = an_opening(trusted(alice), made)
    for file in (settings.DATA_DIR / "audio" / str(made.call.pk)).glob("*.sealed"):
        file.unlink()
    client.force_login(alice)
    assert client.get(url).status_code == 404


def test_the_page_offers_both_sides_and_lists_who_opened_what(client, alice, made):
    an_opening(trusted(alice), made)
    client.force_login(alice)
    page = client.get(reverse("transcripts:record", args=[made.call.pk])).content.decode()
    assert page.count("data-open-original ") == 2
    assert "민원 접수 12" in page
    assert str(OriginalOpening.objects.get().pk) not in page


def test_colleagues_without_the_permission_see_that_it_was_opened(client, alice, made):
    an_opening(trusted(alice), made)
    client.force_login(a_supervisor())
    page = client.get(reverse("transcripts:record", args=[made.call.pk])).content.decode()
    assert "민원 접수 12" in page
    assert "data-open-original" not in page


def test_the_list_in_the_administration_cannot_be_changed(client, alice, made):
    an_opening(trusted(alice), made)
    root = User.objects.create_superuser("root", "a long password", role=Role.ADMIN)
    client.force_login(root)
    listed = reverse("admin:transcripts_originalopening_changelist")
    assert client.get(listed).status_code == 200
    opening = OriginalOpening.objects.get()
    change = reverse("admin:transcripts_originalopening_change", args=[opening.pk])
    assert client.post(change, {"reason": "training"}).status_code == 403
    assert (
        client.post(reverse("admin:transcripts_originalopening_delete", args=[opening.pk])).status_code == 403
    )
