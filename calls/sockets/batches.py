"""Questions that many pages have at once, put to the database together: a thousand pages are a few statements a second."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Collection, Hashable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from calls.access import may_stay
from calls.actions import rooms
from calls.sockets.database import in_database
from calls.sockets.login import unchanged

LINGER_SECONDS = 0.25
"""So long a question waits for others like it. A lease of twelve seconds does not feel it."""
K = TypeVar("K", bound=Hashable)


class Batch(Generic[K]):
    """Which of these hold? `question` answers it, in the database's threads, for all that were asked in a while."""

    def __init__(self, name: str, question: Callable[[Collection[K]], Collection[K]]) -> None:
        self._name = name
        self._question = question
        self._keys: set[K] = set()
        self._answer: asyncio.Task[Collection[K]] | None = None

    async def holds(self, key: K) -> bool:
        self._keys.add(key)
        if self._answer is None:
            self._answer = asyncio.create_task(self._ask(), name=f"batch-{self._name}")
        # A page that goes away in the meantime takes nobody else's answer with it.
        return key in await asyncio.shield(self._answer)

    async def _ask(self) -> Collection[K]:
        await asyncio.sleep(LINGER_SECONDS)
        keys, self._keys, self._answer = self._keys, set(), None
        return await in_database(self._question, keys)


class Batches:
    def __init__(self) -> None:
        self.places = Batch[uuid.UUID]("places", rooms.renew)
        """Ids of participations: is the place still there? Asking renews it."""
        self.rights = Batch[tuple[uuid.UUID, uuid.UUID]]("rights", _rights)
        """Ids of a participation and its room: may the person stay?"""
        self.logins = Batch[tuple[int, str]]("logins", unchanged)
        """Id and hashed password of a user: is the account as it was at the log-in?"""


def _rights(seats: Collection[tuple[uuid.UUID, uuid.UUID]]) -> Collection[tuple[uuid.UUID, uuid.UUID]]:
    """Also takes out who has not been heard of, as beat does: pages must not depend on it."""
    rooms.sweep({room for _peer, room in seats})
    staying = may_stay({peer for peer, _room in seats})
    return {(peer, room) for peer, room in seats if peer in staying}


_batches: WeakKeyDictionary[asyncio.AbstractEventLoop, Batches] = WeakKeyDictionary()


def batches() -> Batches:
    """One per event loop, which is one per process."""
    loop = asyncio.get_running_loop()
    if loop not in _batches:
        _batches[loop] = Batches()
    return _batches[loop]
