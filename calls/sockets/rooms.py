"""A place in a room at one socket: entered with the right proved anew, kept by renewals, given up when the socket goes."""

from __future__ import annotations

import contextlib
import time
import uuid
from typing import TYPE_CHECKING, Any

from django.utils import translation

from accounts.models import User
from calls.access import RoomParty, room_party
from calls.actions import room_switches, rooms
from calls.actions.chat import author_in_room, chat_state
from calls.actions.renewing import Asked, Kind, Lease
from calls.actions.room_telling import room_state
from calls.events import call_group
from calls.media.errors import MediaError
from calls.rtc import rtc_configuration
from calls.signaling.errors import ErrorCode, SignalError
from calls.signaling.session import Seat
from calls.sockets.database import in_database
from calls.sockets.media_gateway import gateway
from calls.sockets.throttle import count

if TYPE_CHECKING:
    from calls.sockets.page import Page


class RoomLink:
    """What one socket does for one place in a room."""

    queue_id = None
    waits = False
    is_over = False
    media_role = "member"

    def __init__(self, seat: Seat, user: User) -> None:
        self.seat = seat
        self.user = user
        self.taken_at = time.time()
        self.interrupted = False
        self.microphones: set[str] = set()
        """Producers of this page that a host may silence."""

    def begin(self) -> None:
        pass

    def catch_up(self) -> None:
        """Nothing of a room is replayed: who comes back gets its state anew."""

    def wake(self, seq: int) -> None:
        pass

    def wake_queue(self) -> None:
        pass

    def prove(self) -> RoomParty:
        """In the database's threads. Raises SignalError when the place is gone or the membership was withdrawn."""
        party = room_party(self.user, uuid.UUID(self.seat.call_id), uuid.UUID(self.seat.peer_id))
        if party is None or party.participation.left_at is not None:
            raise SignalError(ErrorCode.NOT_MEMBER)
        return party

    async def check_source(self, kind: str, source: str | None) -> None:
        """Raises ActionError where the host has kept this to themselves."""
        await in_database(lambda: _check_source(self, kind, source))

    async def hush(self) -> None:
        """The host has muted this one: the media server stops sending it on, whatever its page does."""
        for producer in list(self.microphones):
            with contextlib.suppress(SignalError, MediaError):
                await gateway().request(self.seat, "pause-producer", {"producerId": producer})

    async def node(self) -> str:
        return await in_database(lambda: str(self.prove().room.media_node))

    @property
    def lease(self) -> Lease:
        return Kind.PLACE, uuid.UUID(self.seat.peer_id)

    def ask(self, asked: Asked) -> None:
        asked.places[uuid.UUID(self.seat.peer_id)] = uuid.UUID(self.seat.call_id)

    async def dropped(self) -> None:
        with contextlib.suppress(SignalError):
            await in_database(rooms.lost_sight, uuid.UUID(self.seat.peer_id))


async def enter(page: Page, user: User, room_id: uuid.UUID, since: int) -> tuple[RoomLink, dict[str, Any]]:
    """Take a place at this socket. Returns it with the `room-state` of docs/websocket.md."""
    # First the group, then the snapshot: whatever happens between the two is told.
    await page.join_group(call_group(room_id))
    try:
        state = await in_database(_enter, user, room_id, page.address, since)
    except BaseException:
        if page.link_of(str(room_id)) is None:
            await page.leave_group(call_group(room_id))
        raise
    seat = Seat(state["roomId"], state["peerId"], state["role"], place="roomId")
    seat.peers = {member["peerId"] for member in state["members"]} - {seat.peer_id}
    link = RoomLink(seat, user)
    await page.take_seat(link)
    return link, state


def _check_source(link: RoomLink, kind: str, source: str | None) -> None:
    with translation.override(link.user.language):
        room_switches.check_source(link.prove(), kind, source)


def _enter(user: User, room_id: uuid.UUID, address: str, since: int) -> dict[str, Any]:
    count("join-room", user.pk)
    with translation.override(user.language):
        party = rooms.enter(user, room_id, address)
        rooms.sweep([room_id])
        state = room_state(party)
        state |= chat_state(author_in_room(party), since)
        return state | {"rtc": rtc_configuration(state["peerId"])}
