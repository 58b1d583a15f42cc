"""A party's place in a call at one socket: its right is proved anew for everything it does, and what it missed is sent.

The functions with a `Key` run in the database's threads.
"""

from __future__ import annotations

import contextlib
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accounts.models import User
from calls.access import Party, customer_party, may_hear, staff_party
from calls.actions import listening
from calls.actions.media_nodes import node_for
from calls.actions.presence import party_disconnected
from calls.actions.renewing import Asked, Kind, Lease
from calls.actions.slices import finish_slices
from calls.actions.snapshots import missed_events, queue_payload
from calls.models import Call
from calls.signaling.errors import ErrorCode, SignalError
from calls.signaling.session import LISTENER, Seat
from calls.sockets.background import Coalescer
from calls.sockets.database import in_database
from calls.sockets.media_gateway import gateway
from calls.states import FINAL, CallStatus

if TYPE_CHECKING:
    from calls.sockets.page import Page


@dataclass(frozen=True, slots=True)
class Key:
    """By what a party came in: a customer's capability token, or who the member of staff is."""

    token: str | None = None
    user: User | None = None
    call_id: uuid.UUID | None = None

    def prove(self) -> Party:
        """Raises SignalError when the key opens nothing (any more)."""
        if self.token is not None:
            party = customer_party(self.token)
            if party is None:
                raise SignalError(ErrorCode.TOKEN_INVALID)
            if self.call_id not in (None, party.call.pk):
                raise SignalError(ErrorCode.NOT_FOUND)
            return party
        party = staff_party(self.user, self.call_id, listening=True) if self.user and self.call_id else None
        if party is None:
            raise SignalError(ErrorCode.NOT_FOUND)
        return party


class SeatLink:
    """What one socket does for one seat."""

    def __init__(
        self,
        page: Page,
        seat: Seat,
        key: Key,
        *,
        status: str,
        queue_id: int,
        position: dict[str, Any] | None = None,
    ) -> None:
        self.page = page
        self.seat = seat
        self.key = key
        self.status = CallStatus(status)
        self.queue_id = queue_id
        self.taken_at = time.time()
        """Unix time, so that processes can compare."""
        self.interrupted = False
        """The media server was lost; the next stream that this party sends restores the recording."""
        self._begun = False
        """The page has its snapshot; what it is told before that means nothing to it."""
        self._replay = Coalescer(page.tasks, f"replay-{seat.peer_id}", self._send_missed)
        self._queue = Coalescer(page.tasks, f"queue-{seat.peer_id}", self._send_position)
        self._position = position

    @property
    def waits(self) -> bool:
        return self.status is CallStatus.RINGING

    @property
    def media_role(self) -> str:
        return self.seat.role

    async def node(self) -> str:
        return await in_database(lambda: node_for(self.key.prove()))

    @property
    def lease(self) -> Lease:
        return Kind.PARTY, uuid.UUID(self.seat.peer_id)

    def ask(self, asked: Asked) -> None:
        asked.calls.add(uuid.UUID(self.seat.call_id))

    async def dropped(self) -> None:
        if self.is_over:
            # Nothing more comes from this page. Each step is safe to repeat: the first may have been cut short.
            await gateway().leave(self.seat)
            await in_database(finish_slices, uuid.UUID(self.seat.peer_id))
        with contextlib.suppress(SignalError):  # the right may have run out with the page
            if self.seat.role == LISTENER:
                # Not "may come back" but out: to come back is to listen anew, and is written down.
                await in_database(lambda: listening.stop(self.key.prove().participant))
            else:
                await in_database(lambda: party_disconnected(self.key.prove()))

    @property
    def is_over(self) -> bool:
        return self.status in FINAL

    def begin(self) -> None:
        """The page has its snapshot. What happened while it was read and sent follows."""
        self._begun = True
        self.catch_up()
        self.wake_queue()

    def catch_up(self) -> None:
        """Send what is stored and was not sent yet. Also without a notice: the channel layer may lose some."""
        if self._begun:
            self._replay.wake()

    def wake(self, seq: int) -> None:
        """Event `seq` is stored; read it unless it was sent already."""
        if seq > self.seat.seq:
            self.catch_up()

    def wake_queue(self) -> None:
        if self._begun and self.waits and self.seat.role == "customer":
            self._queue.wake()

    async def _send_missed(self) -> None:
        events = await in_database(_events_for, self.seat)
        if events is None:
            await self.page.withdraw(self.seat)
            return
        for event in events:
            if self.seat.takes(event["seq"]):
                await self._send_event(event)

    async def _send_event(self, event: dict[str, Any]) -> None:
        await self.page.send(event)
        if event["type"] != "call-state":
            return
        self.status = CallStatus(event["status"])
        if not self.waits:
            await self.page.leave_queue(self)
        if self.is_over:
            self.page.call_is_over(self)

    async def _send_position(self) -> None:
        position = await in_database(_position_of, self.seat)
        if position is not None and position != self._position:
            self._position = position
            await self.page.send({"type": "queue-position", "callId": self.seat.call_id, **position})


def _events_for(seat: Seat) -> list[dict[str, Any]] | None:
    """Events past the last one sent; None when the party may hear nothing any more."""
    if not may_hear([uuid.UUID(seat.peer_id)]):
        return None
    call = Call(pk=uuid.UUID(seat.call_id))
    return missed_events(call, seat.seq, seat.role)


def _position_of(seat: Seat) -> dict[str, Any] | None:
    if not may_hear([uuid.UUID(seat.peer_id)]):
        return None
    call = Call.objects.select_related("queue").get(pk=seat.call_id)
    return queue_payload(call)
