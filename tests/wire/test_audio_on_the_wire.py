"""Sound over the socket: on the disk before it is acknowledged, once however often it is sent."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from calls.actions.slices import sweep_slices
from calls.models import Chunk, Participant
from tests.cast import an_agent, cara_calls, talking
from tests.wire.pages import Refused, TestPage, db

pytestmark = [
    pytest.mark.wire,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
    pytest.mark.req("S2.9"),
]

STARTED_MS = 1_800_000_000_000


@pytest.fixture(autouse=True)
def recordings(settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "recordings"


@pytest.fixture
async def cara():
    talk = await db(lambda: talking(an_agent()))
    async with TestPage() as page:
        await page.joins(token=talk.token)
        page.token = talk.token
        yield page


def a_slice(sequence: int, data: bytes = b"sound", /, **changed: Any) -> dict[str, Any]:
    return {
        "recorder": "r1",
        "sequence": sequence,
        "timestamp": STARTED_MS + 1000 * sequence,
        "mimeType": "audio/webm;codecs=opus",
        "audioData": base64.b64encode(data).decode(),
    } | changed


def stored(recordings: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in recordings.rglob("slices/*/*")}


async def test_a_slice_is_on_the_disk_when_it_is_acknowledged(cara: TestPage, recordings: Path) -> None:
    assert await cara.request("audio-data", **a_slice(0, b"header")) == {"sequence": 0}
    assert stored(recordings) == {f"000000-{STARTED_MS}.webm": b"header"}


async def test_a_slice_that_is_sent_again_is_acknowledged_again_and_stored_once(
    cara: TestPage, recordings: Path
) -> None:
    for _ in range(3):
        assert await cara.request("audio-data", **a_slice(7)) == {"sequence": 7}
    assert len(stored(recordings)) == 1


async def test_after_a_reconnect_the_page_goes_on_where_it_was(cara: TestPage, recordings: Path) -> None:
    await cara.request("audio-data", **a_slice(0, b"header"))
    async with TestPage() as again:
        await again.joins(token=cara.token)
        for sequence in (0, 2, 1):
            await again.request("audio-data", **a_slice(sequence, str(sequence).encode()))
    assert [data for _name, data in sorted(stored(recordings).items())] == [b"header", b"1", b"2"]


async def test_the_last_slice_makes_a_chunk_of_all(cara: TestPage, recordings: Path) -> None:
    for sequence, data in enumerate((b"header", b"one")):
        await cara.request("audio-data", **a_slice(sequence, data))
    await cara.request("audio-data", **a_slice(2, b"two", last=True))
    chunk = await db(Chunk.objects.get)
    assert (recordings / chunk.path).read_bytes() == b"headeronetwo"
    assert chunk.started_ms == STARTED_MS


async def test_the_last_words_may_arrive_after_the_end(cara: TestPage, recordings: Path) -> None:
    await cara.request("audio-data", **a_slice(0, b"header"))
    await cara.request("hang-up")
    await cara.next("call-state", status="ENDED")
    await cara.request("audio-data", **a_slice(1, b"bye", last=True))
    chunk = await db(Chunk.objects.get)
    assert (recordings / chunk.path).read_bytes() == b"headerbye"


async def test_a_page_that_is_only_away_keeps_its_slices(cara: TestPage, recordings: Path) -> None:
    await cara.request("audio-data", **a_slice(0, b"header"))
    await cara.socket.disconnect()
    await db(sweep_slices)
    assert len(stored(recordings)) == 1
    await db(lambda: Participant.objects.update(lease_until=timezone.now() - timedelta(minutes=5)))
    await db(sweep_slices)
    assert (await db(Chunk.objects.get)).codec == "webm"


async def test_hanging_up_makes_a_chunk_of_what_there_is(cara: TestPage, recordings: Path) -> None:
    await cara.request("audio-data", **a_slice(0, b"header"))
    await cara.request("hang-up")
    await cara.next("call-state", status="ENDED")
    await cara.socket.disconnect()
    assert (await db(Chunk.objects.get)).codec == "webm"


async def test_what_the_other_system_sends_is_enough(cara: TestPage, recordings: Path) -> None:
    for number in range(2):
        sound = {"audioData": "AAAA", "timestamp": STARTED_MS + number}
        assert await cara.request("audio-data", **sound) == {"sequence": number}
    assert len(stored(recordings)) == 2


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"mimeType": "text/html"}, "malformed"),
        ({"recorder": "../../x"}, "malformed"),
        ({"audioData": "not base64!"}, "malformed"),
        ({"sequence": -1}, "malformed"),
        ({"audioData": base64.b64encode(bytes(129 * 1024)).decode()}, "malformed"),
        ({"audioData": "A" * 300_000}, "too_large"),
    ],
)
async def test_what_is_no_sound_is_refused_and_not_stored(
    cara: TestPage, recordings: Path, changed: dict[str, Any], code: str
) -> None:
    if code == "too_large":
        await cara.send("audio-data", **a_slice(0, **changed))
        assert (await cara.next("error"))["code"] == code
    else:
        with pytest.raises(Refused, match=code):
            await cara.request("audio-data", **a_slice(0, **changed))
    assert stored(recordings) == {}
    assert await cara.request("ping") == {}


async def test_a_full_disk_is_said_and_not_acknowledged(
    cara: TestPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_piece: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("calls.sockets.handlers.audio.store_slice", refuse)
    with pytest.raises(Refused, match="storage_failed"):
        await cara.request("audio-data", **a_slice(0))


async def test_nobody_is_recorded_while_waiting(recordings: Path) -> None:
    waiting = await db(cara_calls)
    async with TestPage() as page:
        await page.joins(token=waiting.token)
        with pytest.raises(Refused, match="wrong_state"):
            await page.request("audio-data", **a_slice(0))
    assert stored(recordings) == {}


async def test_no_page_may_fill_the_disk_with_recorders(
    cara: TestPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calls.sockets.handlers.audio.MAX_RECORDERS", 2)
    for name in ("a", "b"):
        await cara.request("audio-data", **a_slice(0, recorder=name))
    with pytest.raises(Refused, match="forbidden"):
        await cara.request("audio-data", **a_slice(0, recorder="c"))
    await cara.request("audio-data", **a_slice(1, recorder="b"))
