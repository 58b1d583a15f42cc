"""Sets the stage for simulated calls: one lane per call at a time, each with its own queue, agent and place.

A lane of its own makes sure that a simulated customer meets the simulated agent and no person at a desk.
"""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Role, Team, User
from calls.actions.calls import CustomerDetails, finish_call, place_call
from calls.models import Call, Place, Queue, QueueMembership
from calls.models.call import CallSource
from calls.models.place import MediaPath
from calls.states import EndReason


@dataclass(frozen=True, slots=True)
class Lane:
    place: Place
    agent: User


def lane(number: int, *, team_name: str, relayed: bool = False) -> Lane:
    """The lane's rows, made on first use. The place's link is off: only the simulation calls it."""
    team, _made = Team.objects.get_or_create(name=team_name)
    queue, _made = Queue.objects.get_or_create(name=f"{team_name} {number}", defaults={"team": team})
    path = MediaPath.RELAYED if relayed else MediaPath.AUTO
    place, _made = Place.objects.update_or_create(
        queue=queue, name=f"{team_name} {number}", defaults={"is_active": False, "media_path": path}
    )
    for left_over in Call.objects.active().filter(place=place):  # of a run that was broken off
        finish_call(left_over, EndReason.CLOSED)
    agent = _agent(number, team, queue)
    return Lane(place, agent)


def _agent(number: int, team: Team, queue: Queue) -> User:
    username = f"simulated-{team.pk}-{number}"
    agent = User.objects.filter(username=username).first()
    if agent is None:
        agent = User.objects.create_user(username, None, name=f"{team.name} {number}", role=Role.AGENT)
    agent.teams.add(team)
    QueueMembership.objects.get_or_create(queue=queue, agent=agent)
    return agent


def customer_token(stage: Lane, *, language: str, name: str, topic: str) -> str:
    """Place a call that is marked as simulated for ever."""
    details = CustomerDetails(name=name, topic=topic, language=language, consented=True)
    _call, token = place_call(stage.place, details, source=CallSource.SIMULATION)
    return token
