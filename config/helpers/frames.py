"""What daphne has no setting for: how large a WebSocket message may grow in memory before anyone can look at it."""

from __future__ import annotations

from daphne.ws_protocol import WebSocketFactory


def limit_frames(size: int) -> None:
    """Messages above `size` bytes end their connection instead of being collected to their end."""
    reset = WebSocketFactory.resetProtocolOptions

    def reset_and_limit(factory: WebSocketFactory) -> None:
        reset(factory)
        factory.maxMessagePayloadSize = factory.maxFramePayloadSize = size

    WebSocketFactory.resetProtocolOptions = reset_and_limit
