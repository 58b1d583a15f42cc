"""GET /metrics (S5.1)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

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


def test_programs_may_ask_for_json(client):
    body = client.get("/metrics?format=json").json()
    assert body["cc_caption_backlog"] == 0
    assert body["cc_calls"]["RINGING"] == 0


def test_the_number_of_queries_does_not_depend_on_the_number_of_calls(client, monkeypatch):
    monkeypatch.setattr(load, "level", lambda: 0)  # measured once a second, whoever asks
    with CaptureQueriesContext(connection) as few:
        told(client)
    for _ in range(5):
        cara_calls()
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
