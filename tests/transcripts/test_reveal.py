"""Who may look behind a mask, and that every look is on record."""

from __future__ import annotations

import pytest

from accounts.models import Role, Team, User
from calls.actions import retention
from calls.models import Queue
from tests import cast
from tests.transcripts.scene import PROFANE, Scene, a_scene
from transcripts.access import utterances_for
from transcripts.actions.reveal import RevealRefused, reveal
from transcripts.models import Reveal, Utterance
from transcripts.tasks import transcribe_chunk

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db, pytest.mark.req("S1.6")]


@pytest.fixture
def scene() -> Scene:
    scene = a_scene()
    transcribe_chunk(scene.says("customer", PROFANE, 0).pk)
    return scene


@pytest.fixture
def utterance(scene: Scene) -> Utterance:
    scene.ends()
    return Utterance.objects.get()


def alice() -> User:
    return User.objects.get(username="alice")


def a_stranger_to_the_call(username: str, role: str = Role.AGENT) -> User:
    team = Team.objects.create(name=f"team of {username}")
    return cast.an_agent(username, queue=Queue.objects.create(name=username, team=team), role=role)


@pytest.mark.parametrize("who", ["alice", "bob", "admin"])
def test_the_agent_the_supervisor_and_an_admin_may_look(utterance: Utterance, who: str) -> None:
    people = {
        "alice": alice,
        "bob": cast.a_supervisor,
        "admin": lambda: a_stranger_to_the_call("root", Role.ADMIN),
    }
    user = people[who]()
    assert reveal(user, utterance, 0, "check", "고객이 항의함") == "씨발"
    look = Reveal.objects.get()
    assert (look.user, look.call, look.utterance, look.reason) == (user, utterance.call, utterance, "check")


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR])
def test_staff_of_another_team_find_nothing(utterance: Utterance, role: str) -> None:
    mallory = a_stranger_to_the_call("mallory", role)
    assert not utterances_for(mallory).exists()
    with pytest.raises(RevealRefused, match="not_found"):
        reveal(mallory, utterance, 0, "check")
    assert not Reveal.objects.exists()


def test_nobody_looks_during_the_call(scene: Scene) -> None:
    with pytest.raises(RevealRefused, match="not_found"):
        reveal(alice(), Utterance.objects.get(), 0, "check")


@pytest.mark.parametrize(
    ("index", "reason", "code"),
    [
        (0, "", "no_reason"),
        (0, "curiosity", "no_reason"),
        (7, "check", "not_found"),
        (-1, "check", "not_found"),
    ],
)
def test_without_a_reason_or_a_mask_there_is_no_word(
    utterance: Utterance, index: int, reason: str, code: str
) -> None:
    with pytest.raises(RevealRefused, match=code):
        reveal(alice(), utterance, index, reason)
    assert not Reveal.objects.exists()


def test_when_a_call_is_erased_the_look_stays_without_the_words(utterance: Utterance) -> None:
    reveal(alice(), utterance, 0, "evidence", "고객 이름")
    retention.erase_call(utterance.call_id)
    assert not Utterance.objects.exists()
    look = Reveal.objects.get()
    assert (look.note, look.utterance) == ("", None)
