"""What a browser may ask for, and what is refused with which code."""

from __future__ import annotations

import asyncio
import contextlib
import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.media.capabilities import router_capabilities
from calls.media.config import MediaConfig
from calls.media.errors import MediaError
from calls.media.parameters import producer_stream
from calls.media.server import MediaServer
from calls.simulation.sfu_device import _announced
from tests.media.conftest import Events, Party
from tests.media.tones import ToneTrack, hear

pytestmark = pytest.mark.media

GOOD = _announced(1234, levels=True)


def changed(path: str, value: Any) -> dict[str, Any]:
    """GOOD with one place changed; `path` like "codecs.0.payloadType"."""
    result = copy.deepcopy(GOOD)
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place: Any = result
    for step in way:
        place = place[step]
    place[last] = value
    return result


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        (None, "bad_request"),
        ({}, "bad_request"),
        (changed("codecs", []), "bad_request"),
        (changed("codecs.0", "opus"), "bad_request"),
        (changed("codecs.0.mimeType", "video/VP8"), "unsupported_media"),
        (changed("codecs.0.mimeType", 7), "unsupported_media"),
        (changed("codecs.0.payloadType", 128), "bad_request"),
        (changed("codecs.0.payloadType", True), "bad_request"),
        (changed("encodings", None), "bad_request"),
        (changed("encodings.0.ssrc", "1"), "bad_request"),
        (changed("encodings.0.ssrc", 1 << 32), "bad_request"),
        (changed("headerExtensions.0.id", 0), "bad_request"),
    ],
)
async def test_streams_that_make_no_sense_are_refused(party, parameters: Any, code: str) -> None:
    alice = await party("alice")
    leg = await alice.request("create-transport", {})
    with pytest.raises(MediaError) as refusal:
        await alice.request(
            "produce", {"transportId": leg["id"], "kind": "audio", "rtpParameters": parameters}
        )
    assert refusal.value.code == code


async def test_a_listener_sends_nothing_whatever_its_page_asks(party) -> None:
    bob = await party("bob", role="supervisor")
    leg = await bob.request("create-transport", {})
    with pytest.raises(MediaError, match="listener"):
        await bob.request("produce", {"transportId": leg["id"], "kind": "audio", "rtpParameters": GOOD})


def test_codec_parameters_cannot_smuggle_lines_into_the_other_sides_sdp() -> None:
    parameters = changed(
        "codecs.0.parameters", {"minptime": 10, "x": "1\r\na=evil", "a\r\n": 1, "usedtx": 1, "l": []}
    )
    assert producer_stream("audio", parameters).parameters == {"minptime": 10, "usedtx": 1}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FIELDS = [
    *("roomId", "peerId", "transportId", "producerId", "consumerId", "kind", "role", "record"),
    *("rtpParameters", "dtlsParameters", "rtpCapabilities", "source", "paused"),
    *("spatialLayer", "temporalLayer", "width", "height"),
]
METHODS = [
    *("join", "leave", "close-room", "create-transport", "connect-transport", "restart-ice", "produce"),
    *(
        "close-producer",
        "pause-producer",
        "resume-producer",
        "consume",
        "close-consumer",
        *("pause-consumer", "resume-consumer", "set-preferred-layers", "set-consumer-size"),
        "request-key-frame",
        "stats",
        "__init__",
    ),
]
fields = st.sampled_from(FIELDS)
methods = st.sampled_from(METHODS)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(methods, st.dictionaries(fields, json_values, max_size=8))
async def test_no_request_raises_anything_but_a_refusal(tmp_path, method: str, data: dict[str, Any]) -> None:
    server = MediaServer(MediaConfig("127.0.0.1", 0, "127.0.0.1", tmp_path), Events())
    await server.start()
    try:
        alice = await Party(server, "room", "alice").join()
        leg = await alice.request("create-transport", {})
        for attempt in (data, {"roomId": "room", "peerId": "alice", "transportId": leg["id"], **data}):
            with contextlib.suppress(MediaError):
                await server.handle(method, attempt)
    finally:
        await server.stop()


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "../x", "a\x00", "a" * 81, "-x", ".x", "a..b", None, 7, []]
)
async def test_names_that_could_be_paths_are_refused(server, name: Any) -> None:
    for data in ({"roomId": name, "peerId": "alice"}, {"roomId": "room", "peerId": name}):
        with pytest.raises(MediaError) as refusal:
            await server.handle("join", data)
        assert refusal.value.code == "bad_request"


async def test_there_are_limits(party, server) -> None:
    alice = await party("alice")
    for _ in range(server.config.max_transports_per_peer):
        await alice.request("create-transport", {})
    with pytest.raises(MediaError) as refusal:
        await alice.request("create-transport", {})
    assert refusal.value.code == "limit_reached"


async def test_the_same_ssrc_twice_on_a_transport_is_refused(party) -> None:
    alice = await party("alice")
    leg = await alice.request("create-transport", {})
    asked = {"transportId": leg["id"], "kind": "audio", "rtpParameters": GOOD}
    await alice.request("produce", asked)
    with pytest.raises(MediaError) as refusal:
        await alice.request("produce", asked)
    assert refusal.value.code == "conflict"


async def test_a_client_without_opus_cannot_consume(party) -> None:
    alice, cara = await party("alice"), await party("cara")
    leg = await alice.request("create-transport", {})
    made = await alice.request("produce", {"transportId": leg["id"], "kind": "audio", "rtpParameters": GOOD})
    other = await cara.request("create-transport", {})
    asked = {"transportId": other["id"], "producerId": made["producerId"]}
    with pytest.raises(MediaError) as refusal:
        await cara.request("consume", {**asked, "rtpCapabilities": {"codecs": [{"mimeType": "audio/PCMU"}]}})
    assert refusal.value.code == "unsupported_media"
    consumer = await cara.request("consume", {**asked, "rtpCapabilities": router_capabilities()})
    assert consumer["kind"] == "audio"
    assert consumer["rtpParameters"]["codecs"][0]["payloadType"] == 100
    await cara.request("close-consumer", {"consumerId": consumer["id"]})
    with pytest.raises(MediaError):
        await cara.request("close-consumer", {"consumerId": consumer["id"]})


async def test_a_client_that_goes_silent_is_noticed_and_then_forgotten(tmp_path, events) -> None:
    config = MediaConfig("127.0.0.1", 0, "127.0.0.1", tmp_path, disconnected_after_s=0.6, idle_close_s=1.5)
    server = MediaServer(config, events)
    await server.start()
    alice = await Party(server, "room", "alice").join()
    leg = await alice.device.send_leg()
    leg.ice._task.cancel()
    await events.wait("transport-state", state="disconnected")
    leg.ice._check()
    await events.wait("transport-state", 2, state="connected")
    await events.wait("peer-left", peerId="alice")
    await events.wait("transport-state", state="closed")
    assert server.rooms == {}
    await alice.device.close()
    await server.stop()


async def test_nothing_is_sent_to_who_no_longer_proves_that_it_wants_it(tmp_path, events) -> None:
    config = MediaConfig("127.0.0.1", 0, "127.0.0.1", tmp_path, disconnected_after_s=0.6, consent_s=1.0)
    async with contextlib.AsyncExitStack() as open_now:
        server = MediaServer(config, events)
        await server.start()
        open_now.push_async_callback(server.stop)
        alice, cara = await Party(server, "room", "alice").join(), await Party(server, "room", "cara").join()
        open_now.push_async_callback(alice.device.close)
        open_now.push_async_callback(cara.device.close)
        track = await cara.device.consume(await alice.device.produce(ToneTrack(440)))
        leg = await cara.device.receive_leg()
        transport = server.rooms["room"].peers["cara"].transports[leg.id]
        leg.ice.drop_sent = lambda data: True
        await events.wait("transport-state", state="disconnected")
        async with asyncio.timeout(10):
            while transport.ice.destination is not None:
                await asyncio.sleep(0.02)
        leg.ice.drop_sent = None
        leg.ice._check()
        async with asyncio.timeout(10):
            assert await hear(track, frames=25) == pytest.approx(440, abs=10)


async def test_stopping_leaves_no_task_behind(tmp_path) -> None:
    before = asyncio.all_tasks()
    server = MediaServer(MediaConfig("127.0.0.1", 0, "127.0.0.1", tmp_path), Events())
    await server.start()
    alice = await Party(server, "room", "alice").join(record=True)
    await alice.device.send_leg()
    await server.stop()
    await alice.device.close()
    assert asyncio.all_tasks() == before
