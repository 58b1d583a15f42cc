"""The operator's numbers, and who may read them."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from tests.transcripts.scene import SORRY, a_scene

pytestmark = [pytest.mark.db, pytest.mark.django_db]
FAR = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture(autouse=True)
def _fresh_load() -> None:
    cache.clear()


@pytest.mark.req("S5.1")
def test_the_backlog_is_counted(client: Client) -> None:
    scene = a_scene()
    scene.says("customer", SORRY, at_ms=0)
    body = client.get("/metrics?format=json").json()
    assert body["captions_waiting"] == 1
    assert body["speech_jobs"]["pending"] == 1
    assert body["calls"][scene.call.status] == 1
    assert 'contact_centre_speech_jobs{state="pending"} 1\n' in client.get("/metrics").content.decode()


def test_a_stranger_finds_nothing(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", **FAR).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}, **FAR).status_code == 404


def test_a_token_opens_it_and_another_does_not(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "a-token-of-the-operator"
    right = {"Authorization": "Bearer a-token-of-the-operator"}
    assert client.get("/metrics", headers=right, **FAR).status_code == 200
    assert client.get("/metrics", headers={"Authorization": "Bearer é"}, **FAR).status_code == 404


def test_behind_an_unknown_proxy_nobody_is_near(client: Client) -> None:
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404


def test_the_number_of_queries_does_not_grow(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    scene = a_scene()
    for at_ms in (0, 4000, 8000):
        scene.says("customer", SORRY, at_ms=at_ms)
    cache.clear()
    with django_assert_num_queries(6):
        client.get("/metrics")
