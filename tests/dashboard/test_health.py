"""GET /health (S5.1)."""

from __future__ import annotations

import time
from datetime import datetime

import pytest
import redis
from django.db import DatabaseError

from calls.media.rpc import NODES, node_key
from dashboard import health

pytestmark = [pytest.mark.db, pytest.mark.django_db, pytest.mark.req("S5.1")]


def test_a_ready_process_says_so_to_anyone(client):
    answer = client.get("/health")
    body = answer.json()
    assert answer.status_code == 200
    assert body["checks"]["database"] == body["checks"]["redis"] == "ok"
    assert body["connections"] == body["rooms"] == body["participants"] == 0
    assert body["uptime"] >= 0
    assert datetime.fromisoformat(body["timestamp"]).tzinfo is not None


def test_without_redis_it_is_not_ready_and_answers_soon(client, settings, redis_server):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
    assert answer.json()["checks"]["redis"] == "failed"
    assert "127.0.0.1" not in answer.content.decode()


def test_without_the_database_it_is_not_ready(client, monkeypatch):
    def broken() -> bool:
        raise DatabaseError("could not connect to server at db.internal")

    monkeypatch.setattr(health, "_database", broken)
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["checks"]["database"]) == (503, "failed")
    assert "db.internal" not in answer.content.decode()


def test_without_a_media_node_calls_still_connect_directly(client):
    body = client.get("/health").json()
    assert (body["status"], body["checks"]["media"]) == ("degraded", "failed")


def test_with_a_living_media_node_all_is_well(client, settings):
    with redis.Redis.from_url(settings.REDIS_URL) as store:
        store.zadd(NODES, {"node-1": time.time()})
        store.set(node_key("node-1"), "{}", ex=5)
        try:
            assert client.get("/health").json()["status"] == "ok"
            store.delete(node_key("node-1"))
            assert client.get("/health").json()["status"] == "degraded"
        finally:
            store.delete(NODES, node_key("node-1"))


def test_only_reading_is_allowed(client):
    assert client.post("/health").status_code == 405
