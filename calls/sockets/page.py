"""One connected page: its session, its seats, its desk, and the work that belongs to it."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, Coroutine
from functools import partial
from typing import Any, Protocol

from channels.layers import get_channel_layer
from django.conf import settings

from calls.actions.renewing import Asked, Found, Lease
from calls.events import call_group, desk_group, person_group, queue_group, team_group
from calls.signaling.errors import CloseCode, ErrorCode, SignalError
from calls.signaling.messages import Lane as LaneName
from calls.signaling.notices import EVENTS
from calls.signaling.session import Close, Effect, Limits, Perform, Relay, Reply, Seat, Send, Session
from calls.sockets.background import Lane, OwnedTasks, describe
from calls.sockets.desk import Desk
from calls.sockets.links import Link
from calls.sockets.login import Login
from calls.sockets.media_gateway import gateway
from calls.sockets.presence import PresenceWatch
from calls.sockets.refusals import as_signal_error
from calls.sockets.registry import registry
from calls.sockets.rooms import RoomLink
from calls.sockets.seats import SeatLink

logger = logging.getLogger(__name__)

LANE_SIZES = {LaneName.MEDIA: 64, LaneName.AUDIO: 96}
ENCODE = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
"""One for all: `json.dumps` would make an encoder for every message."""
Handler = Callable[["Page", Perform], Awaitable[dict[str, Any] | None]]


class Transport(Protocol):
    """The socket itself, as Channels gives it."""

    channel_name: str

    async def send(self, text_data: str) -> None: ...

    async def close(self, code: int) -> None: ...


class Page:
    def __init__(self, transport: Transport, handlers: dict[type, Handler], address: str = "") -> None:
        self.address = address
        self.id = uuid.uuid4().hex
        self.transport = transport
        self.tasks = OwnedTasks()
        self.login: Login | None = None
        self.desk: Desk | None = None
        self.presence: PresenceWatch | None = None
        self._handlers = handlers
        limits = Limits(settings.SOCKET_MESSAGE_BYTES, settings.SOCKET_MESSAGES_PER_SECOND)
        self.session = Session(limits, time.monotonic())
        self._links: dict[str, Link] = {}
        self._lanes = {
            name: Lane(self.tasks, f"lane-{name.value}", size) for name, size in LANE_SIZES.items()
        }

    # --- life ---

    def start(self) -> None:
        registry.opened(self)
        logger.info("socket opened", extra={"socket": self.id})
        self.tasks.start(f"watch-{self.id}", self._watch())

    async def stop(self) -> None:
        """The socket is gone: leases end, the others hear of it, nothing of it goes on."""
        self.session.closed = True
        registry.closed(self)
        logger.info("socket closed", extra={"socket": self.id, "user": self.login and self.login.user.pk})
        await self.tasks.stop()
        for link in self.links:
            await self._finally(self._drop(link))
        if self.desk is not None:
            for group in (desk_group(self.desk.user.pk), *map(queue_group, self.desk.queue_ids)):
                await self._finally(self.leave_group(group))
            await self._finally(self.desk.close())
        if self.presence is not None:
            for group in (person_group(self.presence.user.pk), *map(team_group, self.presence.team_ids)):
                await self._finally(self.leave_group(group))
            await self._finally(self.presence.close())

    async def _finally(self, work: Awaitable[object]) -> None:
        """One step of saying good-bye; the steps after it are taken whatever happens. Leases run out in any case."""
        try:
            await work
        except Exception as error:  # noqa: BLE001
            logger.error("closing page %s: %s", self.id, describe(error))

    async def _watch(self) -> None:
        """Closes a socket that never logs in or has fallen silent."""
        while not self.session.closed:
            await asyncio.sleep(max(0.01, self.session.deadline() - time.monotonic()))
            await self.run(self.session.tick(time.monotonic()))

    # --- what its pings hold, for calls.sockets.renewals ---

    @property
    def leases(self) -> list[Lease]:
        held = [link.lease for link in self.links]
        own = (self.desk and self.desk.lease, self.presence and self.presence.lease)
        return held + [lease for lease in own if lease]

    def lose(self, lost: Collection[Lease]) -> None:
        """Places are gone. A desk, and the sight of colleagues, belong to the person: they are opened anew."""
        if self.session.closed:
            return
        for link in self.links:
            if link.lease in lost:
                self._afterwards("withdraw", self.withdraw(link.seat))
        for own in (self.desk, self.presence):
            if own is not None and own.lease in lost:
                self._afterwards("open", own.open_again())

    def ask(self, asked: Asked) -> None:
        if self.login is not None:
            asked.logins.add(self.login.key)
        for link in self.links:
            link.ask(asked)

    async def hear_proofs(self, found: Found) -> None:
        """An account that was closed, or whose password was changed, loses its sockets too."""
        if self.session.closed:
            return
        if self.login is not None and self.login.expires_at <= time.time():
            await self.close(CloseCode.UNAUTHENTICATED)
            return
        if self.login is not None and self.login.key in found.logins:
            await self.close(CloseCode.FORBIDDEN)
            return
        for link in self.links:
            if uuid.UUID(link.seat.peer_id) in found.places:
                await self.withdraw(link.seat)
            else:
                link.wake(found.events.get(uuid.UUID(link.seat.call_id), 0))

    def _afterwards(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.start(f"{name}-{self.id}", work)

    # --- frames ---

    async def receive(self, frame: str | None) -> None:
        await self.run(self.session.receive(frame, time.monotonic()))

    async def run(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(message):
                    await self.send(message)
                case Close(code):
                    await self.close(code)
                case Relay(call_id, to, message):
                    await self._relay(call_id, to, message)
                case Perform(request=request):
                    await self._perform_in(request.lane, effect)

    async def send(self, message: dict[str, Any]) -> None:
        if self.session.closed:
            return
        seat = self.session.seat(message.get("callId") or message.get("roomId") or "")
        if seat is not None:
            seat.notice(message)
        await self.transport.send(text_data=ENCODE(message))

    async def close(self, code: CloseCode) -> None:
        self.session.closed = True
        logger.info("socket hung up", extra={"socket": self.id, "code": code.value})
        await self.transport.close(code=code.value)

    async def _perform_in(self, lane: LaneName, act: Perform) -> None:
        if lane is LaneName.INLINE:
            await self._perform(act)
        elif not self._lanes[lane].put(partial(self._perform, act)):
            await self.run([act.reply.refuse(SignalError(ErrorCode.TOO_MANY_REQUESTS, retry_after=1))])

    async def _perform(self, act: Perform) -> None:
        """Carry out one request. Whatever goes wrong in it is an answer, not the end of the socket."""
        try:
            answer = await self._handlers[type(act.request)](self, act)
        except Exception as error:  # noqa: BLE001 - the socket outlives every fault of a handler
            await self.run([act.reply.refuse(self._refusal(act, error))])
        else:
            if answer is not None:
                await self.run(act.reply.ack(answer))

    def _refusal(self, act: Perform, error: Exception) -> SignalError:
        known = as_signal_error(error)
        if known is not None:
            return known
        logger.error("request %s failed: %s", act.request.type, describe(error))
        return SignalError(ErrorCode.INTERNAL)

    async def _relay(self, call_id: str, to: str, message: dict[str, Any]) -> None:
        """To a page of this process directly, else through the channel layer. No database on this path."""
        near = registry.page_of(to)
        if near is not None and near.session.seat(call_id) is not None:
            await near.send(message)
        else:
            await self.tell_call(call_id, {"type": "call.relay", "message": message, "to": to, "skip": None})

    # --- groups ---

    async def join_group(self, group: str) -> None:
        await get_channel_layer().group_add(group, self.transport.channel_name)

    async def leave_group(self, group: str) -> None:
        await get_channel_layer().group_discard(group, self.transport.channel_name)

    async def tell_call(self, call_id: str, message: dict[str, Any]) -> None:
        await get_channel_layer().group_send(call_group(call_id), message)

    # --- seats ---

    @property
    def links(self) -> list[Link]:
        return list(self._links.values())

    def link(self, act: Perform) -> Link:
        """The seat that a request speaks from; the session has let no other through."""
        link = self._links.get(act.seat.call_id) if act.seat else None
        if link is None:
            raise SignalError(ErrorCode.NOT_AUTHENTICATED)
        return link

    def call_link(self, act: Perform) -> SeatLink:
        """The same for what only a call has."""
        link = self.link(act)
        if not isinstance(link, SeatLink):
            raise SignalError(ErrorCode.NOT_FOUND)
        return link

    def link_of(self, call_id: str) -> Link | None:
        return self._links.get(call_id)

    async def take_seat(self, link: Link) -> None:
        """The party sits here from now on; an older page of the same party loses its place."""
        seat = link.seat
        self._links[seat.call_id] = link
        self.session.seated(seat)
        if link.waits and link.queue_id is not None:
            await self.join_group(queue_group(link.queue_id))
        older = registry.seat(seat.peer_id, self)
        if older is not None:
            await older.replaced(seat.peer_id, link.taken_at)
        notice = {"peer_id": seat.peer_id, "page": self.id, "taken_at": link.taken_at}
        await self.tell_call(seat.call_id, {"type": "call.seat", **notice})

    async def replaced(self, peer_id: str, taken_at: float) -> None:
        """Another page of the same party has joined; the newer one stays. Notices may come late: an older's says nothing."""
        older = [link for link in self.links if link.seat.peer_id == peer_id and link.taken_at < taken_at]
        if older and not self.session.closed:
            await self.close(CloseCode.REPLACED)

    async def give_up(self, link: Link) -> bool:
        """Stop serving a seat. False when a newer page of the party serves it."""
        seat = link.seat
        self._links.pop(seat.call_id, None)
        self.session.unseated(seat.call_id)
        await self.leave_group(call_group(seat.call_id))
        await self.leave_queue(link)
        return registry.unseat(seat.peer_id, self)

    async def leave_queue(self, link: Link) -> None:
        if link.queue_id is None:
            return
        if self.desk is None or link.queue_id not in self.desk.queue_ids:
            await self.leave_group(queue_group(link.queue_id))

    async def withdraw(self, seat: Seat) -> None:
        """The right to take part is gone."""
        link = self._links.get(seat.call_id)
        if link is None:
            return
        await self.give_up(link)
        if self.login is None:
            await self.close(CloseCode.FORBIDDEN)
            return
        # Whatever the page does, it sends and hears nothing of it any more.
        self._lanes[LaneName.MEDIA].put(partial(gateway().leave, seat))
        refusal = Reply().refuse(SignalError(ErrorCode.FORBIDDEN))
        await self.send({**refusal.message, seat.place: seat.call_id})

    async def _drop(self, link: Link) -> None:
        if await self.give_up(link):
            await link.dropped()

    def call_is_over(self, link: Link) -> None:
        """Its streams end; the page stays, for its last slices of sound and for what comes after a call."""
        self._lanes[LaneName.MEDIA].put(partial(gateway().leave, link.seat))

    async def hear(self, message: dict[str, Any], *, to: str | None, skip: str | None) -> None:
        """A notice of the channel layer for the call that it names."""
        link = self._links.get(str(message.get("callId") or message.get("roomId")))
        if link is None:
            return
        if link.seat.place == "roomId":
            message = {("roomId" if key == "callId" else key): value for key, value in message.items()}
        elif message["type"] in EVENTS:
            # Stored events come from the store only; the media server's own notices of peers are not ours.
            return
        own = link.seat.peer_id
        if to not in (None, own) or skip == own:
            return
        link.interrupted = link.interrupted or message["type"] == "media-lost"
        await self.send(message)
        if isinstance(link, RoomLink):
            if message["type"] == "mute-request":
                self._lanes[LaneName.MEDIA].put(link.hush)
            if message["type"] == "removed":
                await self._put_out(link)

    async def _put_out(self, link: Link) -> None:
        """The host has removed this one from the room."""
        await self.give_up(link)
        self._lanes[LaneName.MEDIA].put(partial(gateway().leave, link.seat))
