"""The call itself: sound flows, another way, muted, hung up."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache

from calls.actions import assistants, invitations, room_switches
from calls.actions.calls import end_call, mark_connected, use_relayed_path
from calls.signaling.messages.call import (
    HangUp,
    InviteColleague,
    MediaConnected,
    PressKey,
    ToggleAudio,
    UsePath,
    WithdrawInvitation,
)
from calls.signaling.session import Perform
from calls.sockets.database import in_database
from calls.sockets.handlers import handles
from calls.sockets.handlers.presence import mute_key
from calls.sockets.page import Page
from calls.sockets.rooms import RoomLink

REMEMBER_MUTE_SECONDS = 24 * 3600


@handles(MediaConnected)
async def media_connected(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, MediaConnected)
    key, path = page.call_link(act).key, act.request.path
    await in_database(lambda: mark_connected(key.prove(), path))
    return {}


@handles(UsePath)
async def use_path(page: Page, act: Perform) -> dict[str, Any]:
    key = page.call_link(act).key
    await in_database(lambda: use_relayed_path(key.prove()))
    return {}


@handles(PressKey)
async def press_key(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, PressKey)
    key, pressed = page.call_link(act).key, act.request.key
    await in_database(lambda: assistants.press_key(key.prove(), pressed))
    return {}


@handles(HangUp)
async def hang_up(page: Page, act: Perform) -> dict[str, Any]:
    key = page.call_link(act).key
    await in_database(lambda: end_call(key.prove()))
    return {}


@handles(InviteColleague)
async def invite_colleague(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, InviteColleague)
    key, request = page.call_link(act).key, act.request
    offer = await in_database(
        lambda: invitations.invite(key.prove(), request.colleague_id, request.reason or "")
    )
    return {"offerId": str(offer.pk)}


@handles(WithdrawInvitation)
async def withdraw_invitation(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, WithdrawInvitation)
    key, offer_id = page.call_link(act).key, act.request.offer_id
    await in_database(lambda: invitations.withdraw(key.prove(), offer_id))
    return {}


@handles(ToggleAudio)
async def toggle_audio(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, ToggleAudio)
    link, muted = page.link(act), act.request.muted
    if isinstance(link, RoomLink):
        await in_database(lambda: room_switches.switch(link.prove(), "muted", on=muted))
        return {}
    seat = link.seat
    await in_database(_remember_mute, seat.peer_id, muted)
    message = {
        "type": "peer-audio-changed",
        "callId": seat.call_id,
        "peerId": seat.peer_id,
        "muted": muted,
    }
    await page.tell_call(
        seat.call_id, {"type": "call.relay", "message": message, "to": None, "skip": seat.peer_id}
    )
    return {}


def _remember_mute(peer_id: str, muted: bool) -> None:
    """For who joins later; the signal itself is not stored."""
    if muted:
        cache.set(mute_key(peer_id), True, REMEMBER_MUTE_SECONDS)
    else:
        cache.delete(mute_key(peer_id))
