"""Renewing what a page holds, and taking it away where the right to it is gone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from calls.signaling.errors import CloseCode
from calls.sockets.batches import batches
from calls.sockets.media_gateway import gateway

if TYPE_CHECKING:
    from calls.sockets.page import Page


PROVE_EVERY_SECONDS = 5.0
"""Pages in rooms renew more often than rights are looked at again."""


async def renew(page: Page) -> None:
    now = time.monotonic()
    prove = now - page.proved_at >= PROVE_EVERY_SECONDS
    if prove:
        page.proved_at = now
        if page.login is not None and not await _still_logged_in(page):
            return
    if page.desk is not None:
        await page.desk.renew()
    if page.presence is not None:
        await page.presence.renew()
    for link in page.links:
        if not await link.renew(prove=prove):
            await page.withdraw(link.seat)
        else:
            link.catch_up()
            await gateway().watch(link.seat.call_id)


async def _still_logged_in(page: Page) -> bool:
    """An account that was closed, or whose password was changed, loses its sockets too."""
    assert page.login is not None
    if page.login.expires_at <= time.time():
        await page.close(CloseCode.UNAUTHENTICATED)
        return False
    user = page.login.user
    if not await batches().logins.holds((user.pk, user.password)):
        await page.close(CloseCode.FORBIDDEN)
        return False
    return True
