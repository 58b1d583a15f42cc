"""A media server's client that answers from memory and can be told to die."""

from __future__ import annotations

from typing import Any

from calls.media.errors import NOT_FOUND, UNAVAILABLE, MediaError


class FakeMediaClient:
    def __init__(self, *nodes: str) -> None:
        self.alive = list(nodes or ("node-1",))
        self.requests: list[tuple[str, str, dict[str, Any]]] = []

    def methods(self, peer_id: str | None = None) -> list[str]:
        return [method for _node, method, data in self.requests if peer_id in (None, data["peerId"])]

    async def pick_node(self) -> str:
        if not self.alive:
            raise MediaError(UNAVAILABLE, "no node")
        return self.alive[0]

    async def is_alive(self, node: str) -> bool:
        return node in self.alive

    async def request(
        self, node: str, method: str, data: dict[str, Any], timeout: float = 5.0
    ) -> dict[str, Any]:
        if node not in self.alive:
            raise MediaError(UNAVAILABLE, "no answer")
        self.requests.append((node, method, data))
        return self._answer(method, data)

    def _answer(self, method: str, data: dict[str, Any]) -> dict[str, Any]:
        if method == "join":
            return {"rtpCapabilities": {"codecs": []}, "producers": []}
        if method == "create-transport":
            return {"id": "t1", "iceParameters": {}, "iceCandidates": [], "dtlsParameters": {}}
        if method == "produce":
            return {"producerId": f"p-{data['peerId']}"}
        if method == "consume" and data["producerId"] == "none":
            raise MediaError(NOT_FOUND, "no such producer")
        return {}
