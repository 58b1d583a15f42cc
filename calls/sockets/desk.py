"""An agent's desk page: its lease, its snapshot and what changed since, and the ringing that ends by itself."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from django.utils import translation

from accounts.models import User
from calls.access import queues_watched_by
from calls.actions.offers import expire_offer
from calls.actions.presence import close_desk, desk_snapshot, open_desk, renew_desk
from calls.actions.renewing import Kind, Lease
from calls.models import Offer
from calls.models.offer import OfferState
from calls.sockets.background import Coalescer, OwnedTasks
from calls.sockets.database import in_database

Tell = Callable[[dict[str, Any]], Awaitable[None]]
MARGIN_SECONDS = 0.05
"""An offer may be let expire only after its time, by the database's clock too."""


class Desk:
    def __init__(self, user: User, tasks: OwnedTasks, tell: Tell) -> None:
        self.user = user
        self.queue_ids: frozenset[int] = frozenset()
        self._session: uuid.UUID | None = None
        self._tasks = tasks
        self._tell = tell
        self._refresh = Coalescer(tasks, f"desk-{user.pk}", self._send_changes)
        self._shown: dict[str, Any] = {}
        self._ringing: str | None = None
        self._ended: deque[str] = deque(maxlen=64)
        self._timer: asyncio.Task[None] | None = None

    async def open(self) -> dict[str, Any]:
        """Take or renew the lease; returns the desk snapshot."""
        self._session, self.queue_ids, snapshot = await in_database(_open, self.user, self._session)
        self._shown = snapshot
        self._ring(snapshot["offer"])
        return snapshot

    @property
    def lease(self) -> Lease | None:
        return (Kind.DESK, self._session) if self._session else None

    async def open_again(self) -> None:
        """The lease had run out, as when a computer slept; the page lives, and what it shows may be old."""
        self._session, self.queue_ids, _ = await in_database(_open, self.user, self._session)
        self.wake()

    async def close(self) -> None:
        if self._session is not None:
            await in_database(close_desk, self._session)

    def wake(self) -> None:
        """Something on this desk has changed; read it again."""
        self._refresh.wake()

    async def hear(self, message: dict[str, Any]) -> None:
        """A notice for the desks of this agent."""
        if message["type"] == "offer-ringing":
            await self._show_offer(message["offer"])
        elif message["type"] == "offer-ended":
            await self._end_offer(message["offerId"], message["reason"])
        else:
            await self._tell(message)

    async def _send_changes(self) -> None:
        snapshot = await in_database(_snapshot, self.user)
        before, self._shown = self._shown, snapshot
        for message in _changes(before, snapshot):
            await self._tell(message)
        await self._compare_offer(snapshot["offer"])

    async def _compare_offer(self, offer: dict[str, Any] | None) -> None:
        """Make up for notices that were lost. The snapshot may be older than what was heard since it was read."""
        ringing = self._ringing
        if ringing is not None and (offer is None or offer["offerId"] != ringing):
            outcome = await in_database(_outcome_of, ringing)
            if outcome != OfferState.PENDING:
                await self._end_offer(ringing, outcome)
        if offer is not None and offer["offerId"] not in self._ended:
            await self._show_offer(offer)

    async def _show_offer(self, offer: dict[str, Any]) -> None:
        if offer["offerId"] != self._ringing:
            self._ring(offer)
            await self._tell({"type": "offer-ringing", "offer": offer})

    async def _end_offer(self, offer_id: str, reason: str) -> None:
        self._ended.append(offer_id)
        if offer_id == self._ringing:
            self._ring(None)
            await self._tell({"type": "offer-ended", "offerId": offer_id, "reason": reason})

    def _ring(self, offer: dict[str, Any] | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._ringing = offer["offerId"] if offer else None
        self._timer = self._tasks.start(f"ring-{self._ringing}", _let_expire(offer)) if offer else None


async def _let_expire(offer: dict[str, Any]) -> None:
    await asyncio.sleep(max(0.0, offer["expiresAt"] / 1000 - time.time()) + MARGIN_SECONDS)
    await in_database(expire_offer, uuid.UUID(offer["offerId"]))


def _changes(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages that turn the one snapshot into the other; offers are told apart."""
    messages: list[dict[str, Any]] = []
    own = ("state", "since", "onCall")
    if any(before.get(key) != after[key] for key in own):
        messages.append({"type": "desk-state", **{key: after[key] for key in own}})
    if before.get("waiting") != after["waiting"]:
        messages.append({"type": "waiting", "calls": after["waiting"]})
    if before.get("colleagues") != after["colleagues"]:
        messages.append({"type": "colleagues", "agents": after["colleagues"]})
    return messages


def _open(user: User, session: uuid.UUID | None) -> tuple[uuid.UUID, frozenset[int], dict[str, Any]]:
    if session is None or not renew_desk(session):
        session = open_desk(user).pk
    queues = queues_watched_by(user).values_list("pk", flat=True)
    return session, frozenset(queues), _snapshot(user)


def _snapshot(user: User) -> dict[str, Any]:
    with translation.override(user.language):
        return desk_snapshot(user)


def _outcome_of(offer_id: str) -> str:
    return Offer.objects.values_list("state", flat=True).get(pk=offer_id)
