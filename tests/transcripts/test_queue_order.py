"""A worker of several queues takes what is said now first, whatever came before it. Real Redis."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from kombu import Connection, Consumer, Producer, Queue

from tests.services import RedisServer
from transcripts.receivers import LAST

pytestmark = pytest.mark.wire


@pytest.mark.req("S1.5")
def test_live_work_goes_before_everything_else(redis_server: RedisServer) -> None:
    sent = [(name, 0) for name in ("batch", "default", "live") * 2]
    assert taken(redis_server, sent) == ["live", "live", "default", "default", "batch", "batch"]


@pytest.mark.req("S1.5")
def test_what_is_being_said_is_heard_when_nothing_else_waits(redis_server: RedisServer) -> None:
    sent = [("live", LAST), ("live", LAST), ("default", 0), ("live", 0)]
    assert taken(redis_server, sent) == ["live", "default", "live, last", "live, last"]


def taken(server: RedisServer, sent: list[tuple[str, int]]) -> list[str]:
    """The messages, each the name of its queue, in the order in which one worker gets them."""
    options = {**settings.CELERY_BROKER_TRANSPORT_OPTIONS, "global_keyprefix": "order-test:"}
    got: list[str] = []

    def take(body: str, message: Any) -> None:
        got.append(body)
        message.ack()

    with Connection(server.url, transport_options=options) as connection:
        queues = {name: Queue(name, routing_key=name) for name in ("live", "default", "batch")}
        producer = Producer(connection)
        for name, priority in sent:
            body = f"{name}, last" if priority else name
            producer.publish(
                body, serializer="json", routing_key=name, priority=priority, declare=[queues[name]]
            )
        with Consumer(connection, list(queues.values()), callbacks=[take], accept=["json"], prefetch_count=1):
            while len(got) < len(sent):
                connection.drain_events(timeout=10)
    return got
