"""No call goes unrecorded: the media server is killed, or was never within reach, and the sound is still there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import av
import pytest
from playwright.async_api import expect

from calls.media.recordings import list_segments
from tests.e2e.browser import until
from tests.e2e.paths import Talk, in_a_call, keeps_hearing
from tests.e2e.people import Person, Scene
from tests.stack import Stack

pytestmark = pytest.mark.e2e

LOST_MS = 1_000
"""What a kill may cost: the last second before it."""
UNREACHABLE = "192.0.2.1"
"""TEST-NET-1: nobody lives there."""

SIDES = """
from calls.models import Call, Recording
call = Call.objects.get(pk="{call}")
answer = {{
    "status": call.status,
    "answered": call.answered_at.timestamp() * 1000,
    "connected": call.connected_at.timestamp() * 1000,
    "ended": call.ended_at.timestamp() * 1000 if call.ended_at else None,
    "sides": {{
        str(side.participant_id): {{
            "interrupted": side.interrupted,
            "chunks": [[c.codec, c.path, c.started_ms, c.duration_ms] for c in side.chunks.all()],
        }}
        for side in Recording.objects.filter(call=call)
    }},
}}
"""


@pytest.fixture
def media_out_of_reach(live_stack: Stack) -> Iterator[None]:
    """The media server tells browsers an address that leads nowhere."""
    with live_stack.changed("media", MEDIA_ANNOUNCED_ADDRESS=UNREACHABLE):
        yield


@pytest.mark.crowd  # how much is lost is measured in time
@pytest.mark.req("S1.8", "S3.5")
async def test_a_killed_media_server_costs_a_direct_call_its_last_second_at_most(scene: Scene) -> None:
    scene.set("alice")
    talk = await in_a_call(scene, babble=True)
    for person in talk.both:
        await person.becomes("tap", "working")
        await is_being_recorded(scene.stack, talk, person)
    async with media_server_killed(scene.stack) as killed_ms:
        for person in talk.both:
            await keeps_hearing(person)
        await the_pages_say_so(talk)
    await recording_goes_on(talk)
    for person in talk.both:
        assert await person.state("mediaPath") == "direct"
        await is_being_recorded(scene.stack, talk, person, since_ms=killed_ms)
        recovered_to = covered_before(scene.stack, talk, person, killed_ms)
        assert killed_ms - recovered_to <= LOST_MS
        assert recovered_to - killed_ms < 200
    sides = await asyncio.to_thread(sides_of, scene.stack, talk)
    assert [side["interrupted"] for side in sides["sides"].values()] == [True, True]


@pytest.mark.req("S1.4", "S3.1")
async def test_a_relayed_call_has_its_sound_again_after_the_media_server_was_killed(scene: Scene) -> None:
    scene.set("alice", media_path="relayed")
    talk = await in_a_call(scene)
    async with media_server_killed(scene.stack):
        await the_pages_say_so(talk)
    await recording_goes_on(talk)
    for person in talk.both:
        await keeps_hearing(person)
        assert await person.state("callStatus") == "IN_PROGRESS"


@pytest.mark.req("S1.4", "S1.8", "S2.9")
@pytest.mark.usefixtures("media_out_of_reach")
async def test_pages_that_cannot_reach_the_media_server_send_their_sound_over_the_socket(
    scene: Scene,
) -> None:
    scene.set("alice")
    talk = await in_a_call(scene)
    for person in talk.both:
        assert await person.state("mediaPath") == "direct"
        await person.becomes("recorder", "sending", within=40)
        await slices_arrive(talk, person)
    await talk.cara.hangs_up()
    await talk.alice.becomes("callStatus", "ENDED")
    call = await until(lambda: both_sides_are_stored(scene.stack, talk), "a chunk for each side", 40)
    for [[codec, path, started_ms, duration_ms]] in call["chunks"]:
        assert codec == "webm"
        length_ms = decoded_ms(scene.stack.data_dir / "recordings" / path)
        assert abs(length_ms - duration_ms) < 1_500
        assert call["answered"] < started_ms < call["connected"] + 1_000
        assert abs(started_ms + length_ms - call["ended"]) < 2_000

    async def none_is_left() -> bool:
        return await asyncio.to_thread(slices_left, scene.stack, talk) == []

    await until(none_is_left, "slices go, a moment after their chunk is there", 10)


@asynccontextmanager
async def media_server_killed(stack: Stack) -> AsyncIterator[float]:
    """kill -9, and started again at the end of the block. Gives the time of death, Unix ms."""
    killed_ms = time.time() * 1000
    stack.kill("media")
    try:
        yield killed_ms
    finally:
        await asyncio.to_thread(stack.start_process, "media")


async def the_pages_say_so(talk: Talk) -> None:
    for person in talk.both:
        await talk.told(person, "recording-state", state="interrupted", within=40)
        await expect(person.page.locator("[data-over-recording]:visible")).to_have_count(1)


async def recording_goes_on(talk: Talk) -> None:
    for person in talk.both:
        await talk.told(person, "recording-state", state="restored", peerId=talk.peer_id(person), within=40)
        await expect(person.page.locator("[data-over-recording]:visible")).to_have_count(0)
        await person.becomes("tap", "working")


async def is_being_recorded(stack: Stack, talk: Talk, person: Person, since_ms: float = 0) -> None:
    """Wait until a file that began after `since_ms` holds two seconds of this side."""
    folder = side_folder(stack, talk, person)

    async def grows() -> bool:
        now_ms = time.time() * 1000
        begun = [
            int(path.name.split("-")[1].split(".")[0])
            for path in folder.glob("*.opus*")
            if path.stat().st_size > 2_000
        ]
        return any(since_ms < started < now_ms - 2_000 for started in begun)

    await until(grows, f"the side of {person.tab.name} is recorded", 40)


def covered_before(stack: Stack, talk: Talk, person: Person, killed_ms: float) -> float:
    """The end (Unix ms) of what was recorded before the kill; every file of it can be read by others too."""
    root = stack.data_dir / "recordings"
    segments = [
        segment
        for segment in list_segments(root)
        if segment.room_id == talk.call_id
        and segment.peer_id == talk.peer_id(person)
        and segment.started_ms < killed_ms
    ]
    for segment in segments:
        assert abs(decoded_ms(root / segment.path) - segment.duration_ms) < 100
    return max(segment.started_ms + segment.duration_ms for segment in segments)


def decoded_ms(path: Path) -> float:
    """The length of a file by decoding it, from its first sample to its last: a starved browser leaves out some between."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
        return (frames[-1].time - frames[0].time + frames[-1].samples / frames[-1].sample_rate) * 1000


def side_folder(stack: Stack, talk: Talk, person: Person) -> Path:
    return stack.data_dir / "recordings" / talk.call_id / talk.peer_id(person)


def sides_of(stack: Stack, talk: Talk) -> dict[str, Any]:
    answer: dict[str, Any] = stack.ask(SIDES.format(call=talk.call_id))
    return answer


async def both_sides_are_stored(stack: Stack, talk: Talk) -> dict[str, Any] | None:
    call = await asyncio.to_thread(sides_of, stack, talk)
    chunks = [side["chunks"] for side in call["sides"].values() if side["chunks"]]
    return call | {"chunks": chunks} if len(chunks) == 2 else None


async def slices_arrive(talk: Talk, person: Person, count: int = 3) -> None:
    frames = talk.of(person)

    async def acknowledged() -> bool:
        return len(frames.acknowledged("audio-data")) >= count

    await until(acknowledged, f"{count} slices of {person.tab.name} are acknowledged", 40)


def slices_left(stack: Stack, talk: Talk) -> list[str]:
    folder = stack.data_dir / "recordings" / talk.call_id
    return [str(path) for path in folder.glob("*/slices/*/*")]
