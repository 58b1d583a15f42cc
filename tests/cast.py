"""The fixed cast of the tests: alice the agent, bob the supervisor, cara the customer, mallory the stranger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.models import Role, Team, User
from calls.access import Party, customer_party
from calls.actions import calls as call_actions
from calls.actions import offers as offer_actions
from calls.actions import presence
from calls.models import Call, Offer, Place, Queue, QueueMembership
from calls.models.call import CallSource

PASSWORD = "correct horse battery"


def a_team(name: str = "민원팀") -> Team:
    return Team.objects.get_or_create(name=name)[0]


def a_queue(name: str = "종합민원", team: Team | None = None) -> Queue:
    return Queue.objects.get_or_create(name=name, defaults={"team": team or a_team(), "name_en": "General"})[
        0
    ]


def a_place(queue: Queue | None = None, **fields: Any) -> Place:
    defaults: dict[str, Any] = {
        "name": "종합민원실",
        "name_en": "Civil service office",
        "location": "1층 여권 창구 앞",
        "location_en": "1st floor, by the passport counter",
        "topics": [{"ko": "여권", "en": "Passport"}, {"ko": "세금", "en": "Tax"}],
        "is_default": True,
    }
    return Place.objects.create(queue=queue or a_queue(), **(defaults | fields))


def ben() -> User:
    """The agent of that name, made before."""
    return User.objects.get(username="ben")


def an_agent(
    username: str = "alice", *, queue: Queue | None = None, role: str = Role.AGENT, **fields: Any
) -> User:
    defaults: dict[str, Any] = {"name": {"alice": "김서연", "bob": "박도현"}.get(username, username)}
    password = fields.pop("password_for_tests", PASSWORD)
    user = User.objects.create_user(username, password, role=role, **(defaults | fields))
    queue = queue or a_queue()
    user.teams.add(queue.team)
    if role == Role.AGENT:
        QueueMembership.objects.create(queue=queue, agent=user)
    return user


def a_supervisor(username: str = "bob", **fields: Any) -> User:
    return an_agent(username, role=Role.SUPERVISOR, **fields)


def on_duty(user: User) -> User:
    """The agent's desk page is open and says available."""
    presence.open_desk(user)
    presence.set_state(user, "available")
    return user


@dataclass
class Cara:
    """A customer with her call and its capability token."""

    call: Call
    token: str

    @property
    def party(self) -> Party:
        party = customer_party(self.token)
        assert party is not None
        return party


def cara_calls(place: Place | None = None, **details: Any) -> Cara:
    source = details.pop("source", CallSource.PAGE)
    defaults = {
        "name": "이정은",
        "contact": "010-1234-2210",
        "topic": "여권",
        "language": "ko",
        "consented": True,
    }
    customer = call_actions.CustomerDetails(**(defaults | details))
    call, token = call_actions.place_call(
        place or Place.objects.first() or a_place(), customer, source=source
    )
    presence.renew_party(call.participants.get(role="customer").pk)
    return Cara(call, token)


def ringing_offer(user: User) -> Offer:
    return Offer.objects.pending().get(agent=user)


def accepts(user: User) -> Call:
    return offer_actions.accept_offer(user, ringing_offer(user).pk)


def talking(user: User, place: Place | None = None, **details: Any) -> Cara:
    """A call in progress between cara and `user`."""
    on_duty(user)
    cara = cara_calls(place, **details)
    accepts(user)
    call_actions.mark_connected(cara.party, "direct")
    cara.call.refresh_from_db()
    return cara
