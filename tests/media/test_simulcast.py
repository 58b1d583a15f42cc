"""One picture in several sizes: each receiver gets the one that it has use and room for, as a single stream."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from aiortc.rtp import RTCP_PSFB_APP, RtcpPsfbPacket, pack_remb_fci

from calls.media import rtcp
from tests.media.conftest import Events
from tests.media.pictures import Camera, Layer, Screen, film, watch
from tests.media.test_video import holes

pytestmark = pytest.mark.media


def three_sizes() -> list[Layer]:
    """As Chrome numbers them: everything of one layer has nothing to do with that of the others."""
    return [
        Layer(7000, "q", sequence=65_500, timestamp=2**32 - 9000, picture=32_700, tl0=250, size=(320, 180)),
        Layer(7100, "h", sequence=200, timestamp=5_000_000, picture=5, tl0=3, size=(640, 360), filler=60),
        Layer(7200, "f", sequence=40_000, timestamp=77, picture=900, tl0=99, size=(1280, 720), filler=200),
    ]


def shown(screen: Screen, consumer: dict[str, Any]) -> tuple[int, int] | None:
    """The size of the picture that is being received."""
    sizes = [picture.size for picture in screen.pictures(consumer) if picture.key]
    return sizes[-1] if sizes else None


def assert_one_stream(screen: Screen, consumer: dict[str, Any]) -> None:
    """A decoder sees neither a hole nor a step back."""
    packets = screen.of(consumer)
    assert holes(packets) == 0
    assert {packet.ssrc for packet in packets} == {packets[0].ssrc}
    pictures = screen.pictures(consumer)
    for one, following in itertools.pairwise(packets):
        assert 0 < (following.timestamp - one.timestamp) & 0xFFFFFFFF < 90_000 * 20
    for before, after in itertools.pairwise(pictures):
        assert before.picture_id is not None
        assert after.picture_id == (before.picture_id + 1) & 0x7FFF
        assert before.tl0 is not None
        assert after.tl0 in (before.tl0, (before.tl0 + 1) & 0xFF)


async def resized(party: Any, consumer: dict[str, Any], width: int, height: int) -> None:
    await party.request("set-consumer-size", {"consumerId": consumer["id"], "width": width, "height": height})


async def sees(camera: Camera, screen: Screen, consumer: dict[str, Any], size: tuple[int, int]) -> None:
    await camera.film(lambda: shown(screen, consumer) == size)
    here = len(screen.of(consumer))
    await camera.film(lambda: len(screen.of(consumer)) > here + 5)


@pytest.mark.req("S3.1")
async def test_the_size_follows_the_tile_and_the_stream_stays_one(party, events: Events) -> None:
    alice, cara = await party("alice"), await party("cara")
    producer, camera = await film(alice, three_sizes())
    consumer, screen = await watch(cara, producer)
    await sees(camera, screen, consumer, (1280, 720))
    await resized(cara, consumer, 300, 170)
    await sees(camera, screen, consumer, (320, 180))
    await resized(cara, consumer, 600, 340)
    await sees(camera, screen, consumer, (640, 360))
    await cara.request("set-preferred-layers", {"consumerId": consumer["id"], "spatialLayer": 0})
    await sees(camera, screen, consumer, (320, 180))
    assert_one_stream(screen, consumer)
    told = [one["spatialLayer"] for one in events.of("consumer-layers", consumerId=consumer["id"])]
    assert told[-4:] == [2, 0, 1, 0]


async def test_with_the_senders_clocks_known_a_switch_keeps_the_time(party) -> None:
    alice, cara = await party("alice"), await party("cara")
    layers = three_sizes()
    producer, camera = await film(alice, layers)
    consumer, screen = await watch(cara, producer)
    await sees(camera, screen, consumer, (1280, 720))
    for layer in layers:
        await camera.send_report(layer, 5_000_000 << 32)
    await camera.film(lambda: camera.frames % 10 == 9)
    here = len(screen.of(consumer))
    await resized(cara, consumer, 300, 170)
    await sees(camera, screen, consumer, (320, 180))
    stamps = [packet.timestamp for packet in screen.of(consumer)[here - 1 :]]
    assert {(b - a) & 0xFFFFFFFF for a, b in itertools.pairwise(stamps)} == {3000}


async def test_each_receiver_has_a_size_of_its_own(party) -> None:
    alice, bob, cara = await party("alice"), await party("bob"), await party("cara")
    producer, camera = await film(alice, three_sizes())
    small, at_bob = await watch(bob, producer)
    await resized(bob, small, 160, 90)
    large, at_cara = await watch(cara, producer)
    await sees(camera, at_bob, small, (320, 180))
    await sees(camera, at_cara, large, (1280, 720))
    assert_one_stream(at_bob, small)
    assert_one_stream(at_cara, large)


async def test_a_receiver_without_room_is_sent_less_and_later_more_again(party, server) -> None:
    alice, cara = await party("alice"), await party("cara")
    layers = three_sizes()
    layers[2].filler, layers[1].filler = 1000, 400
    producer, camera = await film(alice, layers)
    consumer, screen = await watch(cara, producer)
    await sees(camera, screen, consumer, (1280, 720))
    ssrc = screen.of(consumer)[0].ssrc
    remb = RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=1, media_ssrc=0, fci=pack_remb_fci(70_000, [ssrc]))
    await camera.film(lambda: camera.frames % 70 == 69)
    await screen.says(bytes(remb))
    await sees(camera, screen, consumer, (320, 180))
    leg = next(iter(server.rooms["room"].peers["cara"].transports.values()))
    leg.downlink.bps = 5_000_000
    await sees(camera, screen, consumer, (1280, 720))
    assert_one_stream(screen, consumer)


async def test_loss_that_is_reported_takes_the_size_down(party) -> None:
    alice, cara = await party("alice"), await party("cara")
    layers = three_sizes()
    layers[2].filler = 1000
    producer, camera = await film(alice, layers)
    consumer, screen = await watch(cara, producer)
    await sees(camera, screen, consumer, (1280, 720))
    await camera.film(lambda: camera.frames % 50 == 49)
    report = rtcp.RtcpReceiverInfo(
        ssrc=screen.of(consumer)[0].ssrc, fraction_lost=128, packets_lost=1, highest_sequence=1, jitter=0,
        lsr=0, dlsr=0,
    )  # fmt: skip
    await screen.says(rtcp.receiver_report(sender_ssrc=1, reports=[report] * 1))
    await camera.film(lambda: shown(screen, consumer) != (1280, 720))
    assert_one_stream(screen, consumer)


async def test_a_size_that_the_sender_stops_sending_is_left(party) -> None:
    alice, cara = await party("alice"), await party("cara")
    layers = three_sizes()
    producer, camera = await film(alice, layers)
    consumer, screen = await watch(cara, producer)
    await sees(camera, screen, consumer, (1280, 720))
    camera.layers = layers[:2]
    await sees(camera, screen, consumer, (640, 360))
    camera.layers = layers
    await sees(camera, screen, consumer, (1280, 720))
    assert_one_stream(screen, consumer)


async def test_fewer_frames_are_sent_where_fewer_are_wanted(party) -> None:
    alice, cara = await party("alice"), await party("cara")
    producer, camera = await film(alice, three_sizes(), temporal=True)
    consumer, screen = await watch(cara, producer)
    await sees(camera, screen, consumer, (1280, 720))
    assert {picture.temporal for picture in screen.pictures(consumer)} == {0, 1}
    layers = {"consumerId": consumer["id"], "spatialLayer": 2}
    await cara.request("set-preferred-layers", {**layers, "temporalLayer": 0})
    here = len(screen.of(consumer))
    await camera.film(lambda: len(screen.of(consumer)) > here + 20)
    assert {picture.temporal for picture in screen.pictures(consumer)[here + 3 :]} == {0}
    await cara.request("set-preferred-layers", {**layers, "temporalLayer": 1})
    await camera.film(lambda: screen.pictures(consumer)[-1].temporal == 1)
    assert_one_stream(screen, consumer)


async def test_a_retransmission_of_a_named_stream_is_known_by_its_repaired_name(party, server) -> None:
    alice, cara = await party("alice"), await party("cara")
    layers = three_sizes()
    producer, camera = await film(alice, layers)
    consumer, screen = await watch(cara, producer)
    await sees(camera, screen, consumer, (1280, 720))
    lost = (layers[2].sequence + 2) & 0xFFFF
    camera.drop = lambda layer, sequence: layer is layers[2] and sequence == lost
    await camera.film(lambda: lost in camera.asked_again)
    await camera.resend(layers[2], lost, 7201)
    await camera.film(lambda: holes(screen.of(consumer)) == 0)
    leg = next(iter(server.rooms["room"].peers["alice"].transports.values()))
    assert leg.sources[7201].is_rtx
