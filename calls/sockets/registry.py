"""Which party of a call sits at which socket of this process: what two pages say to each other stays here when it can."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from calls.sockets.page import Page


class SocketRegistry:
    def __init__(self) -> None:
        self._open: set[Page] = set()
        self._seated: dict[str, Page] = {}

    def opened(self, page: Page) -> None:
        self._open.add(page)

    def closed(self, page: Page) -> None:
        self._open.discard(page)

    def seat(self, peer_id: str, page: Page) -> Page | None:
        """Put the party at this socket. Returns the older socket of the same party, which has lost its place."""
        older = self._seated.get(peer_id)
        self._seated[peer_id] = page
        return older if older is not page else None

    def unseat(self, peer_id: str, page: Page) -> bool:
        """False when a newer socket of the party has the place."""
        if self._seated.get(peer_id) is not page:
            return False
        del self._seated[peer_id]
        return True

    def page_of(self, peer_id: str) -> Page | None:
        return self._seated.get(peer_id)

    @property
    def connections(self) -> int:
        return len(self._open)


registry = SocketRegistry()


def connection_count() -> int:
    """Open sockets of this process."""
    return registry.connections
