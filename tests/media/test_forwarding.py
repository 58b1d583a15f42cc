"""Two parties hear each other through the server, and nobody else."""

from __future__ import annotations

import asyncio

import pytest

from calls.media.errors import MediaError
from tests.media.tones import ToneTrack, hear

pytestmark = pytest.mark.media


@pytest.mark.req("S3.1")
@pytest.mark.req("S1.4")
async def test_alice_and_cara_hear_each_other_and_not_themselves(party, events) -> None:
    alice, cara = await party("alice"), await party("cara")
    from_alice = await alice.device.produce(ToneTrack(440))
    from_cara = await cara.device.produce(ToneTrack(1500))
    async with asyncio.timeout(20):
        at_cara = await hear(await cara.device.consume(from_alice))
        at_alice = await hear(await alice.device.consume(from_cara))
    assert at_cara == pytest.approx(440, abs=5)
    assert at_alice == pytest.approx(1500, abs=5)
    assert [event["peerId"] for event in events.of("new-producer")] == ["alice", "cara"]
    assert {event["state"] for event in events.of("transport-state")} >= {"connecting", "connected"}


@pytest.mark.req("S3.1")
async def test_who_joins_later_is_told_who_speaks_already(party) -> None:
    alice = await party("alice")
    producer = await alice.device.produce(ToneTrack(440))
    cara = await party("cara")
    assert cara.producers == [{"peerId": "alice", "producerId": producer, "kind": "audio"}]


async def test_mallory_in_another_room_cannot_listen(party) -> None:
    alice, mallory = await party("alice"), await party("mallory", room="elsewhere")
    producer = await alice.device.produce(ToneTrack(440))
    with pytest.raises(MediaError) as refusal:
        await mallory.device.consume(producer)
    assert refusal.value.code == "not_found"


async def test_mallory_in_the_same_room_cannot_touch_what_is_alices(party) -> None:
    alice, mallory = await party("alice"), await party("mallory")
    producer = await alice.device.produce(ToneTrack(440))
    leg = await alice.device.send_leg()
    for method, data in [
        ("close-producer", {"producerId": producer}),
        ("pause-producer", {"producerId": producer}),
        ("restart-ice", {"transportId": leg.id}),
        ("connect-transport", {"transportId": leg.id, "dtlsParameters": leg.dtls_parameters()}),
        ("consume", {"transportId": leg.id, "producerId": producer, "rtpCapabilities": {"codecs": []}}),
    ]:
        with pytest.raises(MediaError) as refusal:
            await mallory.request(method, data)
        assert refusal.value.code == "not_found", method


async def test_a_paused_producer_is_not_forwarded_and_goes_on_without_a_gap(party, server) -> None:
    alice, cara = await party("alice"), await party("cara")
    producer = await alice.device.produce(ToneTrack(440))
    track = await cara.device.consume(producer)
    async with asyncio.timeout(20):
        await hear(track, frames=10)
        await alice.request("pause-producer", {"producerId": producer})
        before = (await cara.request("stats", {}))["rooms"][0]["peers"][1]["consumers"][0]["packets"]
        await producer_received(alice, 25)
        after = (await cara.request("stats", {}))["rooms"][0]["peers"][1]["consumers"][0]["packets"]
        assert after == before
        await alice.request("resume-producer", {"producerId": producer})
        assert await hear(track, frames=25) == pytest.approx(440, abs=10)
    report = (await cara.device.receivers[0].getStats()).values()
    assert sum(getattr(one, "packetsLost", 0) for one in report) == 0


async def producer_received(party, more: int) -> None:
    """Wait until the server got that many further packets of the party's first producer."""

    async def count() -> int:
        rooms = (await party.request("stats", {}))["rooms"]
        return next(p for p in rooms[0]["peers"] if p["peerId"] == party.peer)["producers"][0]["packets"]

    goal = await count() + more
    while await count() < goal:
        await asyncio.sleep(0.02)


async def test_leaving_closes_what_others_hear_and_frees_everything(party, server, events) -> None:
    alice, cara = await party("alice"), await party("cara")
    producer = await alice.device.produce(ToneTrack(440))
    await cara.device.consume(producer)
    await alice.request("leave", {})
    assert events.of("producer-closed") == [
        {
            "type": "producer-closed",
            "roomId": "room",
            "peerId": "alice",
            "producerId": producer,
            "kind": "audio",
        }
    ]
    assert [event["peerId"] for event in events.of("peer-left")] == ["alice"]
    peers = (await cara.request("stats", {}))["rooms"][0]["peers"]
    assert [(peer["peerId"], peer["consumers"]) for peer in peers] == [("cara", [])]
    await cara.request("leave", {})
    await cara.request("leave", {})
    assert server.rooms == {}
    assert server._port._by_address == {}
    assert server._port._by_username == {}


async def test_joining_again_replaces_the_old_peer(party, events, server) -> None:
    old = await party("alice")
    producer = await old.device.produce(ToneTrack(440))
    new = await party("alice")
    assert new.producers == []
    assert [event["producerId"] for event in events.of("producer-closed")] == [producer]
    assert len(events.of("peer-joined")) == 1
    assert events.of("peer-left") == []
    assert server.peer_count == 1


async def test_closing_a_room_twice_is_no_error(party, server, events) -> None:
    await party("alice")
    await server.handle("close-room", {"roomId": "room"})
    await server.handle("close-room", {"roomId": "room"})
    assert server.rooms == {}
    assert [event["peerId"] for event in events.of("peer-left")] == ["alice"]


@pytest.mark.req("S3.1")
async def test_ten_parties_hear_nine_others(party, server) -> None:
    parties = [await party(f"p{number}") for number in range(10)]
    producers = [
        await one.device.produce(ToneTrack(400 + 100 * number)) for number, one in enumerate(parties)
    ]
    listener = parties[0]
    tracks = [await listener.device.consume(producer) for producer in producers[1:]]
    async with asyncio.timeout(30):
        heard = await asyncio.gather(*(hear(track, frames=30) for track in tracks))
    assert heard == pytest.approx([500 + 100 * number for number in range(9)], abs=12)


@pytest.mark.req("S4.7")
async def test_alice_changes_her_network_and_is_heard_again(party) -> None:
    alice, cara = await party("alice"), await party("cara")
    producer = await alice.device.produce(ToneTrack(440))
    track = await cara.device.consume(producer)
    async with asyncio.timeout(20):
        await hear(track, frames=10)
        await (await alice.device.send_leg()).ice.move()
        assert await hear(track, frames=25) == pytest.approx(440, abs=10)


@pytest.mark.req("S4.7")
async def test_after_an_ice_restart_new_credentials_work_and_old_ones_do_not(party, server) -> None:
    alice, cara = await party("alice"), await party("cara")
    producer = await alice.device.produce(ToneTrack(440))
    track = await cara.device.consume(producer)
    leg = await alice.device.send_leg()
    before = leg.ice._username.split(":")[0]
    answer = await alice.request("restart-ice", {"transportId": leg.id})
    leg.ice.set_parameters(answer["iceParameters"])
    async with asyncio.timeout(20):
        await leg.ice.move()
        assert await hear(track, frames=25) == pytest.approx(440, abs=10)
    assert before not in server._port._by_username
