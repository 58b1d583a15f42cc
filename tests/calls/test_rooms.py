"""Rooms below the wire: who may enter, what happens when several do something at once, and what a closed account leaves."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actions import withdraw
from accounts.models import User
from calls import events
from calls.access import RoomParty, may_stay, membership_of, room_party
from calls.actions import chat, presence, presence_leases, renewing, room_hosts, rooms
from calls.actions.calls import end_call
from calls.actions.errors import ActionError
from calls.actions.renewing import Kind
from calls.actions.room_telling import room_state
from calls.models import Call, Membership, Message, Participation, PresenceLease, Room, RoomSession
from tests.calls.test_races import at_once
from tests.cast import a_team, an_agent, talking

pytestmark = [pytest.mark.db, pytest.mark.django_db(transaction=True)]

HERE = "127.0.0.1"
NAMES = ("alice", "ben", "chris", "dora", "erin")


@pytest.fixture
def staff() -> list[User]:
    return [an_agent(name) for name in NAMES]


@pytest.fixture
def room(staff: list[User]) -> Room:
    """alice's meeting, with everybody as a member."""
    return rooms.create_room(staff[0], "meeting", "아침 회의", members=[user.pk for user in staff[1:]])


def enters(user: User, room: Room) -> RoomParty:
    return rooms.enter(user, room.pk, HERE)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was relayed to rooms."""
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(events, "relay", lambda _room, message, **_whom: messages.append(message))
    return messages


def refused(code: str, *, by: object) -> None:
    with pytest.raises(ActionError) as error:
        by()  # type: ignore[operator]
    assert error.value.code == code
    assert error.value.message


# --- several at once ------------------------------------------------------------------------------------------------


@pytest.mark.req("S4.5")
def test_those_who_start_at_once_get_one_session(staff, room) -> None:
    results = at_once(*[lambda user=user: rooms.start(user, room) for user in staff])
    assert not [result for result in results if isinstance(result, Exception)]
    assert len({session.pk for session, _new in results}) == 1
    assert [new for _session, new in results].count(True) == 1


@pytest.mark.req("S4.4")
def test_two_tabs_of_one_person_that_enter_at_once_have_one_place(staff, room) -> None:
    results = at_once(*[lambda: enters(staff[1], room) for _ in range(3)])
    assert len({party.participation.pk for party in results}) == 1
    assert Participation.objects.count() == 1


def test_no_more_come_in_at_once_than_there_is_room_for(staff, room) -> None:
    Room.objects.filter(pk=room.pk).update(max_people=2)
    results = at_once(*[lambda user=user: enters(user, room) for user in staff])
    assert [r.code for r in results if isinstance(r, ActionError)] == ["room_full"] * 3
    assert Participation.objects.present().count() == 2


@pytest.mark.req("S4.4")
def test_the_last_one_out_and_one_who_enters_at_once_leave_one_story(staff, room) -> None:
    party = enters(staff[0], room)
    _out, came = at_once(lambda: rooms.leave(party), lambda: enters(staff[1], room))
    assert isinstance(came, RoomParty)
    running = RoomSession.objects.get(ended_at=None)
    assert running.participations.present().get().user == staff[1]
    for session in RoomSession.objects.exclude(pk=running.pk):
        assert session.ended_at is not None
        assert not session.participations.present().exists()


def test_two_who_leave_at_once_end_the_session_once(staff, room) -> None:
    parties = [enters(user, room) for user in staff[:2]]
    at_once(*[lambda party=party: rooms.leave(party) for party in parties])
    assert RoomSession.objects.get().ended_at is not None
    assert not Participation.objects.present().exists()


def test_who_leaves_is_out_whatever_their_page_still_says(staff, room) -> None:
    enters(staff[0], room)
    for _ in range(5):
        party = enters(staff[1], room)
        pings = [lambda peer=party.participation.pk: rooms.renew([peer])] * 3
        at_once(*pings, lambda party=party: rooms.leave(party), *pings)
        assert Participation.objects.get(pk=party.participation.pk).left_at is not None


@pytest.mark.req("S5.2")
def test_messages_sent_at_once_are_numbered_without_holes_and_each_is_stored_once(staff, room) -> None:
    authors = [chat.author_in_room(enters(user, room)) for user in staff]
    send = [lambda a=author, n=n: chat.send(a, f"m{n}", "안녕") for author in authors for n in (0, 1, 1)]
    results = at_once(*send)
    assert not [result for result in results if isinstance(result, Exception)]
    assert sorted(Message.objects.values_list("seq", flat=True)) == list(range(1, 11))
    assert {result["seq"] for result in results} == set(range(1, 11))


def test_an_empty_message_is_none(staff, room) -> None:
    author = chat.author_in_room(enters(staff[0], room))
    for text in ("", "  \n "):
        refused("malformed", by=lambda text=text: chat.send(author, "m", text))
    assert not Message.objects.exists()


def test_words_on_their_way_when_a_call_ends_arrive_and_later_ones_do_not(staff, settings) -> None:
    cara = talking(staff[0])
    end_call(cara.party)
    chat.send(chat.author_in_call(cara.party), "m1", "여기요")
    late = timezone.now() - timedelta(seconds=settings.GRACE_SECONDS + 1)
    Call.objects.update(ended_at=late)
    refused("wrong_state", by=lambda: chat.send(chat.author_in_call(cara.party), "m2", "여기요"))


# --- leases ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("S4.4")
def test_who_is_silent_for_too_long_is_out_and_who_has_come_back_is_not(staff, room) -> None:
    for user in staff[:2]:
        enters(user, room)
    late = timezone.now() - timedelta(seconds=1)
    Participation.objects.update(lease_until=late)
    assert rooms.renew([Participation.objects.get(user=staff[0]).pk])
    assert rooms.sweep_all() == 1
    assert Participation.objects.present().get().user == staff[0]
    Participation.objects.update(lease_until=late)
    assert rooms.sweep([room.pk]) == 1
    assert RoomSession.objects.get().ended_at is not None
    assert rooms.sweep_all() == 0


@pytest.mark.req("S4.7")
def test_a_silent_page_is_told_once_and_again_when_it_is_heard(staff, room, told) -> None:
    for user in staff[:2]:
        enters(user, room)
    ben = Participation.objects.get(user=staff[1])
    Participation.objects.filter(pk=ben.pk).update(lease_until=timezone.now() + timedelta(seconds=3))
    told.clear()
    for _ in range(2):
        assert rooms.sweep([room.pk]) == 0
    assert [message["type"] for message in told] == ["peer-disconnected"]
    state = room_state(enters(staff[0], room))
    assert [member["connected"] for member in state["members"]] == [True, False]
    for _ in range(2):
        assert rooms.renew([ben.pk])
    assert [message["type"] for message in told] == ["peer-disconnected", "peer-reconnected"]
    assert {message["peerId"] for message in told} == {str(ben.pk)}
    assert Participation.objects.get(pk=ben.pk).connected


def test_pages_that_live_are_renewed_by_one_statement(staff, room) -> None:
    peers = [enters(user, room).participation.pk for user in staff[:3]]
    assert queries(lambda: rooms.renew(peers)) == 1
    assert queries(lambda: may_stay(peers)) == 1


def test_of_pages_renewed_together_those_that_were_missed_are_told_of_and_those_that_are_out_are_not_renewed(
    staff, room, told
) -> None:
    parties = [enters(user, room) for user in staff[:3]]
    anna, ben, chris = (party.participation.pk for party in parties)
    rooms.leave(parties[2])
    rooms.lost_sight(ben)
    told.clear()
    assert rooms.renew([anna, ben, chris, uuid.uuid4()]) == {anna, ben}
    assert [(message["type"], message["peerId"]) for message in told] == [("peer-reconnected", str(ben))]


def test_a_ping_from_before_the_socket_closed_brings_nobody_back(staff, room, told) -> None:
    ben = enters(staff[1], room).participation.pk
    heard_at = timezone.now()
    rooms.lost_sight(ben)
    assert rooms.renew([ben], heard_at) == {ben}  # the place is kept for a while
    assert not Participation.objects.get(pk=ben).connected
    assert [message["type"] for message in told] == ["user-joined", "peer-disconnected"]


def test_a_lease_counts_from_when_the_page_was_heard(staff, room, settings) -> None:
    alice = enters(staff[0], room).participation.pk
    heard_at = timezone.now() - timedelta(seconds=3)
    rooms.renew([alice], heard_at)
    lasts = timedelta(seconds=settings.ROOM_LEASE_SECONDS)
    assert Participation.objects.get(pk=alice).lease_until == heard_at + lasts


def test_desks_parties_and_sights_of_many_pages_are_renewed_together(staff, room) -> None:
    desks = [presence.open_desk(user).pk for user in staff[:3]]
    leases = [presence_leases.open_lease(user).pk for user in staff[:3]]
    call = talking(staff[3]).call
    parties = list(call.participants.values_list("pk", flat=True))
    held = [
        *((Kind.DESK, desk) for desk in desks),
        *((Kind.PRESENCE, lease) for lease in leases),
        *((Kind.PARTY, party) for party in parties),
    ]
    now = timezone.now()
    lost: set[Any] = set()
    assert queries(lambda: lost.update(renewing.renew(held, now))) == 4
    assert lost == set()
    PresenceLease.objects.filter(pk=leases[1]).delete()
    User.objects.filter(pk=staff[2].pk).update(is_active=False)
    User.objects.filter(pk=staff[3].pk).update(is_active=False)
    hers = call.participants.get(user=staff[3]).pk
    assert renewing.renew(held, now) == {
        (Kind.DESK, desks[2]), (Kind.PRESENCE, leases[1]), (Kind.PRESENCE, leases[2]), (Kind.PARTY, hers),
    }  # fmt: skip


def test_a_right_is_withdrawn_from_one_and_not_from_all(staff, room) -> None:
    anna, ben = (enters(user, room).participation.pk for user in staff[:2])
    assert may_stay([anna, ben]) == {anna, ben}
    Membership.objects.filter(user=staff[1]).delete()
    assert may_stay([anna, ben]) == {anna}


@pytest.mark.req("S4.5")
def test_a_session_that_nobody_enters_ends_by_itself(staff, room) -> None:
    session, _new = rooms.start(staff[0], room)
    rooms.sweep_all()
    assert RoomSession.objects.get().ended_at is None
    RoomSession.objects.update(started_at=timezone.now() - timedelta(minutes=1))
    rooms.sweep_all()
    session.refresh_from_db()
    assert session.ended_at is not None


def test_presence_is_forgotten_when_its_lease_has_run_out(staff) -> None:
    presence_leases.open_lease(staff[1])
    [ben] = [each for each in presence_leases.people_payload(staff[0]) if each["userId"] == staff[1].pk]
    assert ben["status"] == "online"
    PresenceLease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert {each["status"] for each in presence_leases.people_payload(staff[0])} == {"offline"}
    assert presence_leases.sweep() == 1
    assert not PresenceLease.objects.exists()


# --- who may --------------------------------------------------------------------------------------------------------


@pytest.mark.req("S4.1")
@pytest.mark.req("S5.5")
def test_only_members_enter_and_a_closed_account_is_none(staff, room) -> None:
    mallory = an_agent("mallory")
    refused("not_member", by=lambda: enters(mallory, room))
    assert membership_of(mallory, room.pk) is None
    party = enters(staff[1], room)
    assert room_party(mallory, room.pk, party.participation.pk) is None
    User.objects.filter(pk=staff[1].pk).update(
        is_active=False
    )  # staff[1] is as a socket has known it for hours
    refused("not_member", by=lambda: enters(staff[1], room))
    assert room_party(staff[1], room.pk, party.participation.pk) is None


def test_everybody_of_the_rooms_team_may_enter_until_they_leave_the_team(staff) -> None:
    team = a_team("야간팀")
    lounge = Room.objects.create(kind="voice", name="라운지", team=team)
    refused("not_member", by=lambda: enters(staff[0], lounge))
    staff[0].teams.add(team)
    party = enters(staff[0], lounge)
    staff[0].teams.remove(team)
    assert room_party(staff[0], lounge.pk, party.participation.pk) is None


@pytest.mark.req("S4.6")
def test_who_was_removed_comes_back_when_invited_again(staff, room) -> None:
    host, ben = enters(staff[0], room), enters(staff[1], room)
    room_hosts.remove_peer(host, ben.participation.pk)
    refused("not_member", by=lambda: enters(staff[1], room))
    refused("forbidden", by=lambda: room_hosts.add_members(staff[2], room, [staff[1].pk]))
    assert room_hosts.add_members(staff[0], room, [staff[1].pk]) == 1
    assert enters(staff[1], room).participation.pk == ben.participation.pk


@pytest.mark.req("S3.5")
@pytest.mark.parametrize(
    ("networks", "address", "allowed"),
    [
        ([], "", True),
        (["203.0.113.0/24"], "203.0.113.9", True),
        (["203.0.113.0/24"], "203.0.114.9", False),
        (["203.0.113.7"], "203.0.113.7", True),
        (["2001:db8::/32"], "2001:db8::1", True),
        (["2001:db8::/32"], "10.0.0.1", False),
        (["10.0.0.0/8"], "", False),
        (["10.0.0.0/8"], "unix:", False),
    ],
)
def test_addresses_that_a_room_lets_in(networks, address, allowed) -> None:
    assert Room(ip_allow=networks).allows(address) is allowed


def test_colleagues_whom_one_may_not_see_cannot_be_invited(staff) -> None:
    stranger = User.objects.create_user("stranger", None, name="남")
    refused("not_found", by=lambda: rooms.create_room(staff[0], "meeting", "x", members=[stranger.pk]))
    assert not Room.objects.exists()


# --- what a closed account leaves -----------------------------------------------------------------------------------


def test_a_closed_account_is_out_of_its_rooms_and_no_longer_named(staff, room) -> None:
    alice, ben = staff[:2]
    party = enters(alice, room)
    enters(ben, room)
    presence_leases.open_lease(alice)
    author = chat.author_in_room(party)
    chat.send(author, "m1", "안녕")
    chat.read(author, 1)
    name = alice.name
    withdraw(alice)
    assert Participation.objects.present().get().user == ben
    assert not Membership.everyone.filter(user=alice).exists()
    assert Membership.objects.get(room=room, role="host").user == ben
    assert not PresenceLease.objects.filter(user=alice).exists()
    told = [*Message.objects.values_list("author_name", flat=True)]
    told += [*Participation.objects.values_list("name", flat=True), *chat.chat_state(author)["readMarks"]]
    assert name not in str(told)


# --- how often the database is asked --------------------------------------------------------------------------------


def queries(work: object) -> int:
    with CaptureQueriesContext(connection) as seen:
        work()  # type: ignore[operator]
    return len(seen)


def test_a_rooms_state_costs_the_same_for_two_and_for_five(staff, room) -> None:
    def state() -> None:
        room_state(party)
        chat.chat_state(chat.author_in_room(party))

    party = enters(staff[0], room)
    few = queries(state)
    for user in staff[1:]:
        other = chat.author_in_room(enters(user, room))
        chat.send(other, "m", "안녕")
        chat.read(other, 1)
    assert queries(state) == few


def test_who_is_there_costs_the_same_for_few_and_for_many(staff) -> None:
    few = queries(lambda: presence_leases.people_payload(staff[0]))
    for each in range(5):
        presence_leases.open_lease(an_agent(f"agent-{each}"))
    assert queries(lambda: presence_leases.people_payload(staff[0])) == few
