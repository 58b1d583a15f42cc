"""Who is there: log-in, joining and leaving a call, and the leases that a ping renews."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from django.core.cache import cache

from calls.access import Party
from calls.actions.calls import leave_call, return_to_call
from calls.actions.presence import party_connected
from calls.actions.recordings import is_interrupted
from calls.actions.slices import finish_slices
from calls.actions.snapshots import joined_payload
from calls.events import call_group
from calls.models import CallEvent
from calls.rtc import rtc_configuration
from calls.signaling.errors import CloseCode, ErrorCode, SignalError
from calls.signaling.messages.call import Join, Leave, Login, Ping
from calls.signaling.session import Perform, Reply, Seat
from calls.sockets.database import in_database
from calls.sockets.handlers import handles
from calls.sockets.login import check_login
from calls.sockets.media_gateway import gateway
from calls.sockets.page import Page
from calls.sockets.renewals import renewals
from calls.sockets.seats import Key, SeatLink

logger = logging.getLogger(__name__)

NOT_YET = {"available": False, "reason": "not_started", "delayed": False}


@handles(Login)
async def log_in(page: Page, act: Perform) -> None:
    assert isinstance(act.request, Login)
    login = await in_database(check_login, act.request.token)
    if login is None:
        await page.run([act.reply.refuse(SignalError(ErrorCode.TOKEN_INVALID))])
        await page.close(CloseCode.UNAUTHENTICATED)
        return
    if page.login is not None and page.login.user != login.user:
        raise SignalError(ErrorCode.FORBIDDEN, "This socket belongs to someone else.")
    page.login = login
    page.session.logged_in(login.user.pk)
    user = login.user
    logger.info("logged in", extra={"socket": page.id, "user": user.pk})
    await page.send(
        _answer(
            act.reply,
            "authenticated",
            {"userId": user.pk, "role": user.role, "name": user.name, "expiresAt": login.expires_at * 1000},
        )
    )


@handles(Join)
async def join(page: Page, act: Perform) -> None:
    assert isinstance(act.request, Join)
    key = _key(page, act.request)
    party = await in_database(key.prove)
    # First the group, then the snapshot: whatever happens between the two is told, and told once.
    await page.join_group(call_group(party.call.pk))
    payload = await in_database(_enter, key, act.request.since or 0)
    link = _seat_link(page, key, payload, party.call.queue_id)
    link.interrupted = await in_database(is_interrupted, party.call.pk)
    await page.take_seat(link)
    logger.info("joined call", extra=_facts(page, link.seat))
    await page.send(_answer(act.reply, act.reply.name.replace("join", "joined"), payload))
    link.begin()


@handles(Leave)
async def leave(page: Page, act: Perform) -> dict[str, Any]:
    link = page.call_link(act)
    await in_database(lambda: leave_call(link.key.prove()))
    logger.info("left call", extra=_facts(page, link.seat))
    await page.give_up(link)
    await gateway().leave(link.seat)
    if link.is_over:
        await in_database(finish_slices, uuid.UUID(link.seat.peer_id))
    return {}


@handles(Ping)
async def ping(page: Page, act: Perform) -> dict[str, Any]:
    renewals().hear(page)
    return {}


def _facts(page: Page, seat: Seat) -> dict[str, str]:
    return {"socket": page.id, "call": seat.call_id, "peer": seat.peer_id, "role": seat.role}


def _key(page: Page, request: Join) -> Key:
    if request.token is not None:
        return Key(token=request.token, call_id=request.wanted_call)
    if page.login is None:
        raise SignalError(ErrorCode.NOT_AUTHENTICATED)
    if request.wanted_call is None:
        raise SignalError(ErrorCode.MALFORMED, "callId is missing.", field="callId")
    return Key(user=page.login.user, call_id=request.wanted_call)


def _enter(key: Key, since: int) -> dict[str, Any]:
    """The party is here: its lease begins, and it reads where the call stands."""
    party = key.prove()
    return_to_call(party)
    party_connected(party)
    payload = joined_payload(party, since)
    return {
        **payload,
        "participants": _with_mutes(payload["participants"]),
        "rtc": rtc_configuration(payload["peerId"]),
        "captions": _captions(party),
    }


def _captions(party: Party) -> dict[str, Any]:
    last = CallEvent.objects.filter(call=party.call, type="captions-state").order_by("seq").last()
    return last.payload if last else NOT_YET


def _with_mutes(participants: list[dict[str, Any]]) -> list[dict[str, Any]]:
    muted = cache.get_many(mute_key(peer["peerId"]) for peer in participants)
    return [{**peer, "muted": mute_key(peer["peerId"]) in muted} for peer in participants]


def mute_key(peer_id: str) -> str:
    return f"muted:{peer_id}"


def _seat_link(page: Page, key: Key, payload: dict[str, Any], queue_id: int) -> SeatLink:
    seat = Seat(payload["callId"], payload["peerId"], payload["role"])
    seat.seq = payload["seq"]
    seat.peers = {peer["peerId"] for peer in payload["participants"]} - {seat.peer_id}
    call = payload["call"]
    return SeatLink(page, seat, key, status=call["status"], queue_id=queue_id, position=call["queue"])


def _answer(reply: Reply, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """The answer to a log-in or a join is a message of its own, which carries the id in place of an `ack`."""
    known = {} if reply.id is None else {"id": reply.id}
    return {"type": kind, **known, **data}
