"""The running system of the tests is the real one: every process answers, and what is killed can come back."""

from __future__ import annotations

import json
import urllib.request

import pytest

from tests.stack import Stack

pytestmark = pytest.mark.e2e


def health(stack: Stack) -> dict[str, object]:
    with urllib.request.urlopen(f"{stack.url}/health", timeout=5) as answer:
        return dict(json.load(answer))


@pytest.mark.req("S5.1")
def test_every_part_is_well(live_stack: Stack) -> None:
    assert health(live_stack)["checks"] == {"database": "ok", "redis": "ok", "media": "ok"}


def test_the_system_can_be_asked(live_stack: Stack) -> None:
    assert live_stack.ask("from django.conf import settings; answer = settings.ENVIRONMENT") == "test"


@pytest.mark.long  # test_recording_survives kills it in the middle of calls
def test_a_killed_media_server_comes_back(live_stack: Stack) -> None:
    live_stack.restart("media")
    assert health(live_stack)["checks"]["media"] == "ok"
