"""One socket's conversation: frames in, effects out. Pure: no I/O, and the clock is the caller's (monotonic seconds).

The shell around it carries out the effects in order and tells the session what came of them (`logged_in`, `seated`,
`unseated`). Whatever a page sends, `receive` returns effects and never raises.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from calls.signaling.decode import check, decode
from calls.signaling.errors import CloseCode, ErrorCode, SignalError
from calls.signaling.messages import Needs, Request, parse
from calls.signaling.messages.call import Relayed
from calls.signaling.rate import Throttle

MAX_ID = 64
LISTENER = "supervisor"
"""The role of who hears a call and sends nothing into it."""


@dataclass(frozen=True, slots=True)
class Limits:
    message_bytes: int
    messages_per_second: float
    login_seconds: float = 10.0
    silence_seconds: float = 30.0


@dataclass(slots=True)
class Seat:
    """A place in one call that this socket holds. Ids are as on the wire."""

    call_id: str
    """The call's id, or the room's."""
    peer_id: str
    role: str
    seq: int = 0
    """The last event that was sent."""
    peers: set[str] = field(default_factory=set)
    """Peers to whom this one may speak: those whom the server has named to it."""

    place: str = "callId"
    """The field that names it on the wire: `callId` or `roomId`."""

    def takes(self, seq: int) -> bool:
        """Is this the first time that event `seq` is to be sent?"""
        if seq <= self.seq:
            return False
        self.seq = seq
        return True

    def notice(self, message: dict[str, Any]) -> None:
        """Learn from what is about to be sent who is there."""
        peer = message.get("from") or message.get("peerId")
        if not isinstance(peer, str):
            return
        if message["type"] in ("peer-left", "user-left"):
            self.peers.discard(peer)
        elif peer != self.peer_id:
            self.peers.add(peer)


# --- effects --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Send:
    message: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Close:
    code: CloseCode


@dataclass(frozen=True, slots=True)
class Relay:
    """Hand `message` to the peer `to` of the same call, wherever its socket is."""

    call_id: str
    to: str
    message: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Perform:
    """Carry out a request and answer it by `reply`."""

    request: Request
    reply: Reply
    seat: Seat | None


Effect = Send | Close | Relay | Perform


@dataclass(frozen=True, slots=True)
class Reply:
    """How a request is answered: an `ack` only if it had an id, a refusal always."""

    id: str | int | None = None
    name: str = ""
    """The type as the page wrote it: an alias is answered in kind."""

    def ack(self, data: dict[str, Any] | None = None) -> list[Effect]:
        return [] if self.id is None else [Send({"type": "ack", "id": self.id, "data": data or {}})]

    def refuse(self, error: SignalError) -> Send:
        known = {} if self.id is None else {"id": self.id}
        return Send({"type": "error", **known, **error.payload()})


class Session:
    def __init__(self, limits: Limits, now: float) -> None:
        self.limits = limits
        self.user_id: int | None = None
        self.closed = False
        self._seats: dict[str, Seat] = {}
        self._throttle = Throttle(limits.messages_per_second, now)
        self._opened = self._heard = now

    # --- what came of it, told by the shell ---

    def logged_in(self, user_id: int) -> None:
        self.user_id = user_id

    def seated(self, seat: Seat) -> None:
        self._seats[seat.call_id] = seat

    def unseated(self, call_id: str) -> None:
        self._seats.pop(call_id, None)

    def seat(self, call_id: str) -> Seat | None:
        return self._seats.get(call_id)

    @property
    def seats(self) -> list[Seat]:
        return list(self._seats.values())

    # --- time ---

    def deadline(self) -> float:
        """When `tick` wants to be called next."""
        silent = self._heard + self.limits.silence_seconds
        return silent if self._known else min(silent, self._opened + self.limits.login_seconds)

    def tick(self, now: float) -> list[Effect]:
        if self.closed or now < self.deadline():
            return []
        return self._close(CloseCode.SILENT if self._known else CloseCode.UNAUTHENTICATED)

    # --- frames ---

    def receive(self, frame: str | None, now: float) -> list[Effect]:
        """The effects of one frame; None stands for a binary one."""
        if self.closed:
            return []
        self._heard = now
        try:
            size = _size(frame)
            if not self._throttle.admit(size, now):
                return self._too_fast(size, now)
            message = self._read(frame, size)
        except SignalError as error:
            return [Reply().refuse(error)]
        return self._answer(message)

    def _read(self, frame: str | None, size: int) -> dict[str, Any]:
        if frame is None:
            raise SignalError(ErrorCode.MALFORMED, "Text frames only.")
        if size > self.limits.message_bytes:
            raise SignalError(ErrorCode.TOO_LARGE)
        return decode(frame)

    def _answer(self, message: dict[str, Any]) -> list[Effect]:
        reply = Reply()
        try:
            reply = _reply(message)
            check(message)
            request = parse(message)
            seat = self._admit(request)
            _check_voice(request, seat)
            if isinstance(request, Relayed) and seat is not None:
                return self._relay(request, seat, reply)
        except SignalError as error:
            return [reply.refuse(error)]
        return [Perform(request, reply, seat)]

    def _admit(self, request: Request) -> Seat | None:
        """The seat that the request speaks from, where it needs one."""
        if request.needs is Needs.LOGIN and self.user_id is None:
            raise SignalError(ErrorCode.NOT_AUTHENTICATED)
        if request.needs is Needs.ROOM and self.user_id is not None:
            return self._seats.get(str(request.wanted_call))
        if request.needs not in (Needs.SEAT, Needs.ROOM):
            return None
        if not self._seats:
            raise SignalError(ErrorCode.NOT_AUTHENTICATED)
        return self._named_seat(request)

    def _named_seat(self, request: Request) -> Seat:
        if request.wanted_call is not None:
            seat = self._seats.get(str(request.wanted_call))
            if seat is None:
                raise SignalError(ErrorCode.NOT_FOUND)
            return seat
        # A page that talks to a customer beside a meeting need not say which call it means.
        possible = [seat for seat in self._seats.values() if seat.place == "callId"] or self.seats
        if len(possible) > 1:
            raise SignalError(ErrorCode.MALFORMED, "callId is missing.", field="callId")
        return possible[0]

    def _relay(self, request: Relayed, seat: Seat, reply: Reply) -> list[Effect]:
        to = str(request.to)
        if to not in seat.peers:
            raise SignalError(ErrorCode.NOT_FOUND)
        message = {
            "type": request.type,
            seat.place: seat.call_id,
            "from": seat.peer_id,
            **request.payload(),
        }
        return [Relay(seat.call_id, to, message), *reply.ack()]

    def _too_fast(self, size: int, now: float) -> list[Effect]:
        if not self._throttle.still_patient(now):
            return self._close(CloseCode.FLOODED)
        wait = self._throttle.retry_after(size, now)
        return [Reply().refuse(SignalError(ErrorCode.TOO_MANY_REQUESTS, retry_after=wait))]

    def _close(self, code: CloseCode) -> list[Effect]:
        self.closed = True
        return [Close(code)]

    @property
    def _known(self) -> bool:
        return self.user_id is not None or bool(self._seats)


def _check_voice(request: Request, seat: Seat | None) -> None:
    """Who listens sends nothing into the call."""
    if seat is not None and seat.role == LISTENER and not request.listening:
        raise SignalError(ErrorCode.FORBIDDEN)


def _size(frame: str | None) -> int:
    """Bytes on the wire. Text that cannot have come over a wire is malformed."""
    try:
        return len(frame.encode()) if frame is not None else 0
    except UnicodeEncodeError:
        raise SignalError(ErrorCode.MALFORMED) from None


def _reply(message: dict[str, Any]) -> Reply:
    id_ = message.get("id")
    if isinstance(id_, bool) or not isinstance(id_, str | int | None) or len(str(id_)) > MAX_ID:
        raise SignalError(ErrorCode.MALFORMED, "id must be a short text or a whole number.", field="id")
    check(id_)
    name = message.get("type")
    return Reply(id_, name if isinstance(name, str) else "")
