"""A page that shows how colleagues are: its lease, its snapshot, and what changed since."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from accounts.models import User
from calls.actions.presence_leases import close_lease, open_lease, people_payload, set_away
from calls.actions.renewing import Kind, Lease
from calls.sockets.background import Coalescer, OwnedTasks
from calls.sockets.database import in_database

Tell = Callable[[dict[str, Any]], Awaitable[None]]


class PresenceWatch:
    def __init__(self, user: User, tasks: OwnedTasks, tell: Tell) -> None:
        self.user = user
        self.team_ids: list[int] = []
        self._tell = tell
        self._lease: uuid.UUID | None = None
        self._refresh = Coalescer(tasks, f"presence-{user.pk}", self._send_changes)
        self._shown: dict[int, dict[str, Any]] = {}

    async def open(self) -> list[dict[str, Any]]:
        """Take the lease if there is none; returns everybody who shares a team with the user."""
        if self._lease is None:
            self._lease = (await in_database(open_lease, self.user)).pk
        people = await in_database(people_payload, self.user)
        self._shown = {each["userId"]: each for each in people}
        return people

    async def teams(self) -> list[int]:
        self.team_ids = await in_database(lambda: list(self.user.teams.values_list("pk", flat=True)))
        return self.team_ids

    @property
    def lease(self) -> Lease | None:
        return (Kind.PRESENCE, self._lease) if self._lease else None

    async def open_again(self) -> None:
        """The lease had run out; the page lives."""
        self._lease = (await in_database(open_lease, self.user)).pk
        self.wake()

    async def set_away(self, *, away: bool) -> None:
        if self._lease is not None:
            await in_database(lambda lease: set_away(lease, away=away), self._lease)

    async def close(self) -> None:
        if self._lease is not None:
            await in_database(close_lease, self._lease)

    def wake(self) -> None:
        self._refresh.wake()

    async def _send_changes(self) -> None:
        people = await in_database(people_payload, self.user)
        before, self._shown = self._shown, {each["userId"]: each for each in people}
        gone = [
            {**each, "status": "offline", "since": None}
            for key, each in before.items()
            if key not in self._shown
        ]
        for each in [*people, *gone]:
            if _status(before.get(each["userId"])) != _status(each):
                await self._tell(
                    {"type": "status-change", **{k: each[k] for k in ("userId", "status", "since")}}
                )


def _status(person: dict[str, Any] | None) -> object:
    return person and person["status"]
