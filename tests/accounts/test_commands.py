"""What ops type: create_agent, create_place, seed_demo."""

from __future__ import annotations

import io
import json
import stat
import sys

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command

from accounts.models import User
from calls.models import Place, Queue, Room
from tests.cast import a_queue
from transcripts.models import KnowledgeEntry

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]


def said(command: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.req("S1.1")
def test_create_agent_prints_a_password_that_works():
    queue = a_queue()
    text = said("create_agent", "alice", "--name", "김서연", "--team", "민원팀", "--queue", queue.name)
    user = User.objects.get(username="alice")
    assert check_password(text.split("password: ")[1].strip(), user.password)
    assert (list(user.queues.all()), [team.name for team in user.teams.all()]) == ([queue], ["민원팀"])


def test_create_agent_takes_the_password_from_a_pipe_and_does_not_print_it(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("long and unusual 7\n"))
    text = said("create_agent", "alice", "--name", "A", "--role", "supervisor", "--password-stdin")
    assert "unusual" not in text
    assert check_password("long and unusual 7", User.objects.get(username="alice").password)


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (["al ice", "--name", "A"], ""),
        (["bob", "--name", "A"], ""),
        (["alice", "--name", "A", "--queue", "nowhere"], ""),
        (["alice", "--name", "A", "--password-stdin"], "short\n"),
    ],
)
def test_create_agent_refuses_with_one_line(monkeypatch, arguments, stdin):
    User.objects.create_user("bob", "x", name="B")
    monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
    with pytest.raises(CommandError) as refused:
        said("create_agent", *arguments)
    assert "\n" not in str(refused.value)
    assert not User.objects.exclude(username="bob").exists()


def test_create_place_prints_the_link_and_its_qr_code():
    text = said("create_place", "종합민원실", "--team", "민원팀", "--topic", "여권=Passport")
    place = Place.objects.get()
    assert text.strip().endswith(place.public_url())
    assert "\u2580" in text or "\u2588" in text
    assert place.topics == [{"ko": "여권", "en": "Passport"}]
    assert Queue.objects.get().team.name == "민원팀"


def test_a_new_queue_needs_a_team():
    with pytest.raises(CommandError, match="--team"):
        said("create_place", "어딘가")


@pytest.fixture
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


def test_seed_demo_twice_changes_nothing(own_folder):
    first = json.loads(said("seed_demo", "--print"))
    counts = User.objects.count(), Place.objects.count(), Queue.objects.count()
    assert json.loads(said("seed_demo", "--print")) == first
    assert sorted(Room.objects.values_list("kind", flat=True)) == ["meeting", "voice"]
    assert (User.objects.count(), Place.objects.count(), Queue.objects.count()) == counts


def test_the_demo_office_knows_its_answers_and_keeps_what_was_changed(own_folder):
    said("seed_demo")
    assert KnowledgeEntry.objects.count() == 2 * 45
    KnowledgeEntry.objects.exclude(pk=KnowledgeEntry.objects.first().pk).delete()
    said("seed_demo")
    assert KnowledgeEntry.objects.count() == 1


def test_the_printed_log_ins_work(own_folder, client):
    made = json.loads(said("seed_demo", "--print"))
    assert {login["role"] for login in made["logins"]} == {"agent", "supervisor", "admin"}
    for login in made["logins"]:
        answer = client.post("/accounts/login/", {key: login[key] for key in ("username", "password")})
        assert answer.status_code == 302
        client.logout()
    assert made["customer_url"].startswith("http://localhost:8000/p/")


def test_demo_passwords_are_for_this_account_only(own_folder):
    said("seed_demo")
    assert stat.S_IMODE((own_folder / "demo.json").stat().st_mode) == 0o600


def test_a_changed_demo_password_is_not_printed(own_folder):
    said("seed_demo")
    user = User.objects.get(username="seoyeon.kim")
    user.set_password("my own by now 5")
    user.save()
    logins = {
        login["username"]: login["password"] for login in json.loads(said("seed_demo", "--print"))["logins"]
    }
    assert logins["seoyeon.kim"] == ""
    assert logins["admin"]


def test_no_demo_in_production(own_folder, settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError):
        said("seed_demo")
    assert not User.objects.exists()
