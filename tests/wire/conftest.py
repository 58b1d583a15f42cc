"""The socket's surroundings: a fake media server, and rows made in the database's own threads."""

from __future__ import annotations

import pytest

from calls.sockets import media_gateway
from tests.fakes.media import FakeMediaClient


@pytest.fixture(autouse=True)
def media(monkeypatch: pytest.MonkeyPatch) -> FakeMediaClient:
    client = FakeMediaClient()
    monkeypatch.setattr(media_gateway, "_new_client", lambda: client)
    return client
