"""The agent's desk: opened, a state said, an offer answered."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from calls.actions.offers import accept_offer, reject_offer
from calls.actions.presence import set_state
from calls.events import desk_group, queue_group
from calls.signaling.errors import ErrorCode, SignalError
from calls.signaling.messages.desk import AcceptOffer, OpenDesk, RejectOffer, SetState
from calls.signaling.session import Perform
from calls.sockets.database import in_database
from calls.sockets.desk import Desk
from calls.sockets.handlers import handles
from calls.sockets.page import Page


@handles(OpenDesk)
async def open_desk(page: Page, _act: Perform) -> dict[str, Any]:
    user = _user(page)
    if page.desk is None:
        page.desk = Desk(user, page.tasks, page.send)
        # The group first: an offer that is made while the desk is being opened must ring.
        await page.join_group(desk_group(user.pk))
    snapshot = await page.desk.open()
    for queue_id in page.desk.queue_ids:
        await page.join_group(queue_group(queue_id))
    return snapshot


@handles(SetState)
async def say_state(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, SetState)
    await in_database(set_state, _user(page), act.request.state)
    return {}


@handles(AcceptOffer)
async def accept(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, AcceptOffer)
    call = await in_database(accept_offer, _user(page), act.request.offer_id)
    return {"callId": str(call.pk)}


@handles(RejectOffer)
async def reject(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, RejectOffer)
    await in_database(reject_offer, _user(page), act.request.offer_id)
    return {}


def _user(page: Page) -> User:
    if page.login is None:
        raise SignalError(ErrorCode.NOT_AUTHENTICATED)
    return page.login.user
