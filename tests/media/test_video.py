"""Pictures are forwarded undecoded: from a key frame on, repaired both ways, paused and resumed without a hole."""

from __future__ import annotations

import asyncio

import pytest

from calls.media import rtcp
from calls.media.errors import MediaError
from calls.media.frames import vp8
from tests.media.conftest import Events
from tests.media.pictures import Layer, announced, film, watch

pytestmark = pytest.mark.media


def holes(packets: list) -> int:
    """Numbers that are missing between the first packet and the last."""
    numbers = {(packet.sequence - packets[0].sequence) & 0xFFFF for packet in packets}
    return max(numbers) + 1 - len(numbers)


@pytest.mark.req("S3.1")
async def test_cara_sees_alice_from_a_key_frame_on(party) -> None:
    alice, cara = await party("alice"), await party("cara")
    layer = Layer(5000)
    producer, camera = await film(alice, [layer])
    await camera.film(lambda: camera.frames == 5)
    consumer, screen = await watch(cara, producer)
    await camera.film(lambda: len(screen.of(consumer)) >= 20)
    pictures = screen.pictures(consumer)
    assert pictures[0].key
    assert pictures[0].size == (640, 360)
    assert layer.asked >= 1
    assert holes(screen.of(consumer)) == 0
    assert {packet.payload_type for packet in screen.of(consumer)} == {101}
    assert consumer["rtpParameters"]["codecs"][1]["parameters"] == {"apt": 101}


async def test_the_source_is_told_to_those_who_are_there_and_who_come_later(party, events: Events) -> None:
    alice = await party("alice")
    producer, _ = await film(alice, [Layer(5000)], source="screen")
    (told,) = events.of("new-producer")
    assert (told["kind"], told["source"]) == ("video", "screen")
    cara = await party("cara")
    assert cara.producers == [
        {"peerId": "alice", "producerId": producer, "kind": "video", "source": "screen"}
    ]
    leg = await alice.device.send_leg()
    asked = {"transportId": leg.id, "kind": "video", "rtpParameters": announced([{"ssrc": 77}])}
    with pytest.raises(MediaError) as refusal:
        await alice.request("produce", {**asked, "source": "window"})
    assert refusal.value.code == "bad_request"


async def test_what_is_lost_on_the_way_up_is_asked_for_and_taken_from_the_retransmission(party) -> None:
    alice, cara = await party("alice"), await party("cara")
    layer = Layer(5000)
    producer, camera = await film(alice, [layer])
    consumer, screen = await watch(cara, producer)
    await camera.film(lambda: len(screen.of(consumer)) >= 5)
    lost = (layer.sequence + 3) & 0xFFFF
    camera.drop = lambda _, sequence: sequence == lost
    await camera.film(lambda: lost in camera.asked_again)
    await camera.resend(layer, lost, 5001)
    await camera.film(lambda: holes(screen.of(consumer)) == 0)


async def test_what_is_lost_on_the_way_down_is_sent_again_in_a_stream_of_its_own(party) -> None:
    alice, cara = await party("alice"), await party("cara")
    producer, camera = await film(alice, [Layer(5000)])
    consumer, screen = await watch(cara, producer)
    await camera.film(lambda: len(screen.of(consumer)) >= 5)
    wanted = screen.of(consumer)[2]
    rtx = consumer["rtpParameters"]["encodings"][0]["rtx"]["ssrc"]
    await screen.says(rtcp.nack(sender_ssrc=1, media_ssrc=wanted.ssrc, lost=[wanted.sequence]))
    await camera.film(lambda: rtx in screen.packets)
    (again,) = screen.packets[rtx]
    assert again.payload_type == 102
    assert again.payload == wanted.sequence.to_bytes(2, "big") + wanted.payload
    assert again.timestamp == wanted.timestamp


async def test_key_frames_are_asked_for_once_however_many_want_one(party) -> None:
    alice, cara = await party("alice"), await party("cara")
    layer = Layer(5000)
    producer, camera = await film(alice, [layer])
    consumer, screen = await watch(cara, producer)
    await camera.film(lambda: len(screen.of(consumer)) >= 5)
    before, ssrc = layer.asked, screen.of(consumer)[0].ssrc
    for _ in range(50):
        await screen.says(rtcp.picture_lost(sender_ssrc=1, media_ssrc=ssrc))
        await cara.request("request-key-frame", {"consumerId": consumer["id"]})
    await camera.film(lambda: layer.asked > before)
    assert layer.asked <= before + 2


async def test_a_loss_that_nobody_repairs_ends_with_a_key_frame(party) -> None:
    alice, cara = await party("alice"), await party("cara")
    layer = Layer(5000)
    producer, camera = await film(alice, [layer])
    consumer, screen = await watch(cara, producer)
    await camera.film(lambda: len(screen.of(consumer)) >= 5)
    before = layer.asked
    lost = (layer.sequence + 3) & 0xFFFF
    camera.drop = lambda _, sequence: sequence == lost
    await camera.film(lambda: layer.asked > before)


async def test_a_paused_consumer_gets_nothing_and_goes_on_with_a_key_frame_and_no_hole(party) -> None:
    alice, cara = await party("alice"), await party("cara")
    producer, camera = await film(alice, [Layer(5000)])
    consumer, screen = await watch(cara, producer, paused=True)
    mine = {"consumerId": consumer["id"]}
    await camera.film(lambda: camera.frames == 20)
    assert screen.of(consumer) == []
    await cara.request("resume-consumer", mine)
    await camera.film(lambda: len(screen.of(consumer)) >= 10)
    await cara.request("pause-consumer", mine)
    await camera.film(lambda: camera.frames % 30 == 0)
    stopped = len(screen.of(consumer))
    await camera.film(lambda: camera.frames % 20 == 19)
    assert len(screen.of(consumer)) == stopped
    await cara.request("resume-consumer", mine)
    await camera.film(lambda: len(screen.of(consumer)) >= stopped + 10)
    assert screen.pictures(consumer)[stopped].key
    assert holes(screen.of(consumer)) == 0
    await cara.request("close-consumer", mine)
    with pytest.raises(MediaError):
        await cara.request("resume-consumer", mine)


async def test_those_who_watch_are_told_when_a_producer_pauses(party, events: Events) -> None:
    alice, cara = await party("alice"), await party("cara")
    producer, camera = await film(alice, [Layer(5000)])
    consumer, screen = await watch(cara, producer)
    await camera.film(lambda: len(screen.of(consumer)) >= 5)
    await alice.request("pause-producer", {"producerId": producer})
    await alice.request("pause-producer", {"producerId": producer})
    await camera.film(lambda: camera.frames % 10 == 9)
    before = len(screen.of(consumer))
    await alice.request("resume-producer", {"producerId": producer})
    await camera.film(lambda: len(screen.of(consumer)) > before + 5)
    told = [(one["type"], one["peerId"], one["consumerId"]) for one in events if "paused" in one["type"]]
    assert told == [("producer-paused", "cara", consumer["id"])]
    assert len(events.of("producer-resumed", consumerId=consumer["id"])) == 1
    assert screen.pictures(consumer)[before].key
    assert holes(screen.of(consumer)) == 0


async def test_the_sender_is_told_when_its_packets_arrived(party) -> None:
    alice = await party("alice")
    _, camera = await film(alice, [Layer(5000)])
    await camera.film(lambda: len(camera.feedback) >= 3)
    base, count = (int.from_bytes(camera.feedback[1][at : at + 2], "big") for at in (12, 14))
    assert base > 0
    assert 0 < count < 100


async def test_a_listener_that_asks_for_everything_again_and_again_gets_no_more_than_was_sent(party) -> None:
    alice, mallory = await party("alice"), await party("mallory")
    producer, camera = await film(alice, [Layer(5000)])
    consumer, screen = await watch(mallory, producer)
    await camera.film(lambda: len(screen.of(consumer)) >= 30)
    ssrc = screen.of(consumer)[0].ssrc
    everything = [packet.sequence for packet in screen.of(consumer)]
    for _ in range(100):
        await screen.says(rtcp.nack(sender_ssrc=1, media_ssrc=ssrc, lost=everything))
        await asyncio.sleep(0)
    await camera.film(lambda: camera.frames % 20 == 19)
    stats = (await mallory.request("stats", {}))["rooms"][0]["peers"]
    (watching,) = next(peer for peer in stats if peer["peerId"] == "mallory")["consumers"]
    assert 0 < watching["resent"] <= watching["packets"] + 64


def test_a_made_up_packet_reads_as_vp8() -> None:
    from tests.media.pictures import payload

    picture = vp8(payload(key=True, picture=300, tl0=7, temporal=0, size=(320, 180)))
    assert (picture.key, picture.size, picture.picture_id, picture.tl0) == (True, (320, 180), 300, 7)


async def test_the_port_holds_nothing_back_while_there_is_a_camera(party, server) -> None:
    alice, cara = await party("alice"), await party("cara")
    producer, _ = await film(alice, [Layer(5000)])
    await film(cara, [Layer(6000)])
    assert len(server._port.prompt) == 2
    await alice.request("close-producer", {"producerId": producer})
    assert len(server._port.prompt) == 1
    await cara.request("leave", {})
    assert server._port.prompt == set()
