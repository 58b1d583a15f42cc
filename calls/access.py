"""Who may see and do what. Authorization is the query: what may not be seen is not found."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from calls.models import AgentStatus, Call, Membership, Offer, Participant, Participation, Place, Queue, Room
from calls.models.call import ParticipantRole
from calls.models.room import MemberRole


@dataclass(frozen=True, slots=True)
class Party:
    """A proven right to take part in one call."""

    call: Call
    participant: Participant

    @property
    def is_customer(self) -> bool:
        return self.participant.role == ParticipantRole.CUSTOMER

    @property
    def is_listener(self) -> bool:
        return self.participant.role == ParticipantRole.SUPERVISOR


def customer_party(token: str) -> Party | None:
    """The call that this capability token opens, for its customer."""
    participant = (
        Participant.objects.filter(role=ParticipantRole.CUSTOMER, call__in=Call.objects.holding(token))
        .select_related("call__place", "call__queue")
        .first()
    )
    return Party(participant.call, participant) if participant else None


def staff_party(user: User, call_id: uuid.UUID, *, listening: bool = False) -> Party | None:
    """The user's own place in a call: only who was let in by an action has one. A listener's only when `listening`."""
    people = Participant.objects.entitled() if listening else Participant.objects.speaking()
    participant = (
        people.filter(user=user, user__is_active=True, call_id=call_id, put_out=False)
        .select_related("call__place", "call__queue", "user")
        .first()
    )
    return Party(participant.call, participant) if participant else None


def still_parties(participant_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Asked again while they are there: from whom of these has the right not been withdrawn?"""
    there = Participant.objects.present().entitled().filter(pk__in=participant_ids)
    return set(there.filter(Q(user=None) | Q(user__is_active=True)).values_list("pk", flat=True))


def may_hear(participant_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Customers while the link is valid; staff while they are in the call, and after its end if they were in it then.

    Captions and the transcript still come when a call is over.
    """
    customer = Q(user=None, call__token_expires_at__gt=timezone.now())
    stayed = Q(left_at=None) | Q(left_at=F("call__ended_at"))
    entitled = Participant.objects.entitled().filter(pk__in=participant_ids)
    return set(entitled.filter(customer | (stayed & Q(user__is_active=True))).values_list("pk", flat=True))


def offers_of(user: User) -> QuerySet[Offer]:
    return Offer.objects.filter(agent=user).select_related("call__place", "call__queue")


def invitable_by(user: User, call_id: uuid.UUID) -> QuerySet[User]:
    """Colleagues who share a team with the user, are free, and are not in the call."""
    idle = AgentStatus.objects.idle().values("agent")
    there = Participant.objects.present().filter(call=call_id).exclude(user=None).values("user")
    colleagues: QuerySet[User] = User.objects.get_queryset().active().visible_to(user)
    return colleagues.filter(pk__in=idle).exclude(pk__in=there)


def queues_watched_by(user: User) -> QuerySet[Queue]:
    """Queues whose waiting calls the user may know of: those that they serve; a supervisor those of the team."""
    if user.is_admin:
        return Queue.objects.all()
    own = Q(memberships__agent=user)
    if user.is_supervisor:
        own |= Q(team__in=user.teams.all())
    return Queue.objects.filter(own).distinct()


def waiting_for(user: User) -> QuerySet[Call]:
    """Waiting calls that an agent may know of."""
    return Call.objects.waiting().filter(queue__in=queues_watched_by(user)).select_related("place", "queue")


def places_of(user: User) -> QuerySet[Place]:
    """Places whose calls reach the user's teams; administrators all."""
    places = Place.objects.select_related("queue")
    return places if user.is_admin else places.filter(queue__team__in=user.teams.all()).distinct()


@dataclass(frozen=True, slots=True)
class RoomParty:
    """A proven right to be in one room, and the place taken in its running session."""

    room: Room
    participation: Participation
    is_host: bool


def membership_of(user: User, room_id: uuid.UUID) -> Room | None:
    """The room, if the user may enter it. Sockets know a user for hours: whether the account lives is asked of the database."""
    lives = Exists(User.objects.filter(pk=user.pk, is_active=True))
    return Room.objects.of(user).filter(lives, pk=room_id).select_related("team").first()


def is_host(user: User, room: Room) -> bool:
    return Membership.objects.filter(room=room, user=user, role=MemberRole.HOST).exists()


def room_party(user: User, room_id: uuid.UUID, peer_id: uuid.UUID) -> RoomParty | None:
    """The user's own place in a room: only while they are a member, and their session runs."""
    room = membership_of(user, room_id)
    if room is None:
        return None
    participation = (
        Participation.objects.filter(pk=peer_id, user=user, session__room=room, session__ended_at=None)
        .select_related("session", "user")
        .first()
    )
    return RoomParty(room, participation, is_host(user, room)) if participation else None


def may_stay(peer_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these people may go on. Asked again while they are there: a membership may have been withdrawn."""
    room, user = OuterRef("session__room"), OuterRef("user")
    removed = Membership.removed.filter(room=room, user=user)
    member = Membership.objects.filter(room=room, user=user)
    mate = Room.objects.filter(pk=room, team__members=user)
    people = Participation.objects.filter(pk__in=peer_ids, user__is_active=True)
    running = people.filter(session__ended_at=None, session__room__closed_at=None)
    allowed = running.filter(Exists(member) | Exists(mate), ~Exists(removed))
    return set(allowed.values_list("pk", flat=True))
