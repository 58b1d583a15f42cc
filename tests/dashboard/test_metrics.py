"""GET /metrics (S5.1)."""

from __future__ import annotations

import json

import pytest
import redis
from django.db import connection
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from calls.actions import presence_leases, rooms
from calls.media.rpc import NODES, node_key
from calls.models import Chunk, Recording
from tests.cast import an_agent, cara_calls, on_duty, talking
from transcripts.actions import load
from transcripts.models import SpeechJob

pytestmark = [pytest.mark.db, pytest.mark.django_db, pytest.mark.req("S5.1")]


def told(client, **headers) -> dict[str, dict[str, float]]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {
        family.name: {"/".join(sample.labels.values()): sample.value for sample in family.samples}
        for family in families
    }


def a_waiting_piece(call) -> SpeechJob:
    person = call.participants.get(role="customer")
    side = Recording.objects.create(call=call, participant=person, started_ms=0)
    chunk = Chunk.objects.create(recording=side, index=0, path=f"{call.pk}", started_ms=0, duration_ms=1000)
    return SpeechJob.objects.create(chunk=chunk)


def test_calls_desks_and_the_backlog_of_captions_are_counted(client):
    a_waiting_piece(talking(on_duty(an_agent())).call)
    cara_calls()
    found = told(client)
    assert found["cc_calls"]["RINGING"] == 1
    assert sum(found["cc_calls"].values()) == 2
    assert found["cc_caption_backlog"][""] == 1
    assert found["cc_caption_backlog_seconds"][""] >= 0
    assert found["cc_memory_bytes"][""] > 1_000_000
    assert found["cc_connections"][""] == 0


def test_rooms_and_the_people_in_them_are_counted_by_kind(client):
    alice, ben = an_agent("alice"), an_agent("ben")
    meeting = rooms.create_room(alice, "meeting", "아침 회의", members=[ben.pk])
    voice = rooms.create_room(alice, "voice", "라운지")
    for user, room in ((alice, meeting), (ben, meeting), (alice, voice)):
        rooms.enter(user, room.pk, "127.0.0.1")
    rooms.create_room(alice, "meeting", "비어 있음")
    presence_leases.open_lease(ben)
    found = told(client)
    assert found["cc_rooms"] == {"call": 0, "meeting": 1, "voice": 1}
    assert found["cc_room_participants"] == {"call": 0, "meeting": 2, "voice": 1}
    assert found["cc_room_largest"]["meeting"] == 2
    assert found["cc_people_present"][""] == 1
    body = client.get("/health").json()
    assert (body["rooms"], body["participants"]) == (2, 3)
    assert "아침" not in str(found)


def test_media_nodes_tell_what_they_carry(client, redis_server):
    with redis.Redis.from_url(redis_server.url) as bare:
        bare.zadd(NODES, {"node-1": 1, "dead": 2})
        bare.set(node_key("node-1"), json.dumps({"rooms": 2, "peers": 7}), ex=5)
        try:
            found = told(client)
        finally:
            bare.delete(NODES, node_key("node-1"))
    assert (found["cc_media_rooms"], found["cc_media_peers"]) == ({"node-1": 2}, {"node-1": 7})


def test_programs_may_ask_for_json(client):
    body = client.get("/metrics?format=json").json()
    assert body["cc_caption_backlog"] == 0
    assert body["cc_calls"]["RINGING"] == 0


def test_the_number_of_queries_does_not_depend_on_the_number_of_calls(client, monkeypatch):
    monkeypatch.setattr(load, "level", lambda: 0)  # measured once a second, whoever asks
    with CaptureQueriesContext(connection) as few:
        told(client)
    for each in range(5):
        cara_calls()
        user = an_agent(f"agent-{each}")
        rooms.enter(user, rooms.create_room(user, "voice", "라운지").pk, "127.0.0.1")
    with CaptureQueriesContext(connection) as many:
        told(client)
    assert len(few) == len(many)


def test_others_find_nothing(client, settings):
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404
    settings.METRICS_ALLOWED = ["10.0.0.0/8"]
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "a-token-of-the-monitoring"
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    assert told(client, Authorization="Bearer a-token-of-the-monitoring")["cc_uptime_seconds"][""] >= 0
