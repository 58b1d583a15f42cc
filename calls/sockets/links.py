"""What a page needs of a place it holds, in a call or in a room."""

from __future__ import annotations

from typing import Protocol

from calls.actions.renewing import Asked, Lease
from calls.signaling.session import Seat


class Link(Protocol):
    seat: Seat
    taken_at: float
    interrupted: bool
    """The media server was lost; the next stream that this party sends restores the recording."""

    @property
    def waits(self) -> bool:
        """In a queue, whose wake-ups it wants."""
        ...

    @property
    def is_over(self) -> bool: ...

    @property
    def queue_id(self) -> int | None: ...

    @property
    def media_role(self) -> str:
        """What the media server is told: it records customers and agents of calls."""
        ...

    def begin(self) -> None: ...

    def catch_up(self) -> None: ...

    def wake(self, seq: int) -> None: ...

    def wake_queue(self) -> None: ...

    async def node(self) -> str:
        """The media node that carries it, "" while none does. Raises when the party has no right to it (any more)."""
        ...

    @property
    def lease(self) -> Lease:
        """What the page's pings renew."""
        ...

    def ask(self, asked: Asked) -> None:
        """Name what is to be proved every few seconds."""
        ...

    async def dropped(self) -> None:
        """The socket is gone, and no newer one has taken its place."""
        ...
