"""A party without WebRTC: it is heard, recorded, held by who speaks, stopped, and it greets nobody too early."""

from __future__ import annotations

import asyncio
from base64 import b64encode

import pytest

from calls.media.errors import MediaError
from calls.media.opus import beep_packets
from tests.media.tones import ToneTrack, hear

pytestmark = pytest.mark.media
BEEP = [b64encode(packet).decode() for packet in beep_packets()]
SECOND_MS = 1000


async def assistant(party, *, record: bool = False):
    one = await party("assistant", record=record)
    return one, (await one.request("open-voice", {}))["producerId"]


async def says(one, say_id: str, *, turn: str = "t1", seconds: int = 1):
    return await one.request("say", {"sayId": say_id, "turn": turn, "packets": BEEP * seconds})


@pytest.mark.req("S2.12")
async def test_it_is_heard_like_anybody_from_its_first_word(party, events) -> None:
    one, producer = await assistant(party)
    cara = await party("cara")
    assert cara.producers[0]["producerId"] == producer
    # Said before anybody listens: it waits.
    assert (await says(one, "1", seconds=2))["accepted"]
    assert events.of("said") == []
    async with asyncio.timeout(20):
        heard = await hear(await cara.device.consume(producer))
    assert heard == pytest.approx(1000, abs=5)
    (begun,), (whole,) = events.of("said", outcome="begun"), await events.wait("said", outcome="whole")
    assert whole["heardMs"] == 2 * SECOND_MS
    assert whole["startedMs"] == begun["startedMs"] > 0
    assert (whole["turn"], whole["last"]) == ("t1", True)


async def test_its_sentences_are_recorded_as_anybodys(party, events) -> None:
    one, producer = await assistant(party, record=True)
    cara = await party("cara")
    await cara.device.consume(producer)
    await says(one, "1")
    (whole,) = await events.wait("said", outcome="whole")
    (segment,) = await events.wait("segment", within=15)
    assert (segment["peer_id"], segment["has_speech"], segment["lost"]) == ("assistant", True, 0)
    ended = whole["startedMs"] + whole["heardMs"]
    assert (
        segment["started_ms"] <= whole["startedMs"] <= ended <= segment["started_ms"] + segment["duration_ms"]
    )


@pytest.mark.req("S2.12")
async def test_who_speaks_over_it_holds_it_and_what_was_heard_is_told(party, events) -> None:
    one, producer = await assistant(party)
    cara = await party("cara")
    await cara.device.consume(producer)
    await says(one, "1", seconds=20)
    await says(one, "2")
    await events.wait("said", outcome="begun")
    await cara.device.produce(ToneTrack(700))
    await events.wait("voice-held", within=15)
    stopped = (await one.request("stop-voice", {}))["stopped"]
    assert [(told["sayId"], told["outcome"]) for told in stopped] == [("1", "stopped"), ("2", "stopped")]
    assert 0 < stopped[0]["heardMs"] < 20 * SECOND_MS
    assert stopped[1]["heardMs"] == 0
    assert len(events.of("said", outcome="stopped")) == 2
    # The turn that was stopped takes no more; the next one does, and waits until cara is quiet.
    assert (await says(one, "3"))["accepted"] is False
    assert (await says(one, "4", turn="t2"))["accepted"] is True


async def test_a_short_sound_does_not_stop_it(party, events) -> None:
    one, producer = await assistant(party)
    cara = await party("cara")
    await cara.device.consume(producer)
    await says(one, "1", seconds=4)
    await events.wait("said", outcome="begun")
    await cara.device.produce(ToneTrack(700, lambda second: 0.5 < second < 0.8))
    await events.wait("voice-held", within=15)
    await events.wait("voice-goes-on", within=15)
    (whole,) = await events.wait("said", outcome="whole", within=15)
    assert whole["heardMs"] == 4 * SECOND_MS


async def test_a_decision_lets_it_go_on(party, events) -> None:
    one, producer = await assistant(party)
    cara = await party("cara")
    await cara.device.consume(producer)
    await says(one, "1", seconds=3)
    await events.wait("said", outcome="begun")
    await cara.device.produce(ToneTrack(700, lambda second: 0.5 < second < 1.5))
    await events.wait("voice-held", within=15)
    await one.request("let-voice", {})
    await events.wait("said", outcome="whole", within=20)


async def test_it_stays_while_somebody_may_hear_it_and_goes_with_the_last(party, server) -> None:
    one, _ = await assistant(party)
    await party("cara")
    room = server.rooms["room"]
    far = room.peers["assistant"].joined + server.config.idle_close_s + 1
    assert not room.is_deserted(room.peers["assistant"], far, server.config.idle_close_s)
    await server.handle("leave", {"roomId": "room", "peerId": "cara"})
    assert room.is_deserted(room.peers["assistant"], far, server.config.idle_close_s)
    await one.request("leave", {})
    assert "room" not in server.rooms


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"sayId": "1", "turn": "t", "packets": []},
        {"sayId": "1", "turn": "t", "packets": "no"},
        {"sayId": "1", "turn": "t", "packets": ["%%"]},
        {"sayId": "1", "turn": "t", "packets": [1]},
        {"sayId": "1", "turn": "t", "packets": [""]},
        {"sayId": "1", "turn": "t", "packets": [b64encode(b"\x18" + b"0" * 20).decode()]},
        {"sayId": "x" * 65, "turn": "t", "packets": BEEP},
        {"sayId": "1", "turn": 7, "packets": BEEP},
    ],
    ids=range(9),
)
async def test_what_is_no_speech_is_refused(party, data) -> None:
    one, _ = await assistant(party)
    with pytest.raises(MediaError) as refused:
        await one.request("say", data)
    assert refused.value.code == "bad_request"


async def test_who_has_no_voice_says_nothing(party) -> None:
    cara = await party("cara")
    with pytest.raises(MediaError) as refused:
        await says(cara, "1")
    assert refused.value.code == "not_found"
