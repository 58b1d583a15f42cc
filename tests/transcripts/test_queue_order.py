"""A worker of several queues takes what is said now first, whatever came before it. Real Redis."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from kombu import Connection, Consumer, Producer, Queue

from tests.services import RedisServer

pytestmark = pytest.mark.wire


@pytest.mark.req("S1.5")
def test_live_work_goes_before_everything_else(redis_server: RedisServer) -> None:
    options = {**settings.CELERY_BROKER_TRANSPORT_OPTIONS, "global_keyprefix": "order-test:"}
    taken: list[str] = []

    def take(body: str, message: Any) -> None:
        taken.append(body)
        message.ack()

    with Connection(redis_server.url, transport_options=options) as connection:
        queues = [Queue(name, routing_key=name) for name in ("live", "default", "batch")]
        producer = Producer(connection)
        for name in ("batch", "default", "live") * 2:
            producer.publish(
                name, serializer="json", routing_key=name, declare=[q for q in queues if q.name == name]
            )
        with Consumer(connection, queues, callbacks=[take], accept=["json"], prefetch_count=1):
            while len(taken) < 6:
                connection.drain_events(timeout=10)
    assert taken == ["live", "live", "default", "default", "batch", "batch"]
