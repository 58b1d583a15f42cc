"""How colleagues are, and meetings that begin."""

from __future__ import annotations

from typing import Any

from calls.events import person_group, team_group
from calls.signaling.errors import ErrorCode, SignalError
from calls.signaling.messages.rooms import SetPresence, WatchPresence
from calls.signaling.session import Perform
from calls.sockets.handlers import handles
from calls.sockets.page import Page
from calls.sockets.presence import PresenceWatch


@handles(WatchPresence)
async def watch_presence(page: Page, _act: Perform) -> dict[str, Any]:
    if page.login is None:
        raise SignalError(ErrorCode.NOT_AUTHENTICATED)
    if page.presence is None:
        user = page.login.user
        page.presence = PresenceWatch(user, page.tasks, page.send)
        await page.join_group(person_group(user.pk))
        for team_id in await page.presence.teams():
            await page.join_group(team_group(team_id))
    return {"people": await page.presence.open()}


@handles(SetPresence)
async def set_presence(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, SetPresence)
    if page.presence is None:
        raise SignalError(ErrorCode.WRONG_STATE, "Watch the presence first.")
    await page.presence.set_away(away=act.request.status == "away")
    return {}
