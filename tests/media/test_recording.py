"""Each side is recorded utterance by utterance, and a killed recorder loses no more than its last second."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from calls.media import recorder as recorder_module
from calls.media.ogg import OggOpusWriter, read_packets
from calls.media.opus import SILENCE_20MS
from calls.media.recordings import Segment, list_segments, recover_segments
from tests.media.tones import FRAME, RATE, ToneTrack, decoded, pitch

pytestmark = pytest.mark.media


def an_abandoned_part(recordings: Path, *, started_ms: int, tail: bytes = b"OggS\x00\x00half a page") -> Path:
    """40 packets as a dead recorder left them."""
    directory = recordings / "room" / "cara"
    directory.mkdir(parents=True, exist_ok=True)
    file = io.BytesIO()
    writer = OggOpusWriter(file)
    for _ in range(40):
        writer.write(SILENCE_20MS)
    writer.flush()
    part = directory / f"000003-{started_ms}.opus.part"
    part.write_bytes(file.getvalue() + tail)
    return part


def in_turns(second: float) -> bool:
    """1 s of tone, 1 s of silence, 0.6 s of tone, 0.3 s of silence, 0.5 s of tone, then silence."""
    return second < 1 or 2 <= second < 2.6 or 2.9 <= second < 3.4


@pytest.mark.req("S1.8")
async def test_two_utterances_become_two_files_with_times(party, events, tmp_path) -> None:
    cara = await party("cara", record=True)
    tone = ToneTrack(700, in_turns, seconds=4.6)
    before_ms = time.time() * 1000
    await cara.device.produce(tone)
    first, second = await events.wait("segment", 2, within=15)
    assert [first["index"], second["index"]] == [0, 1]
    assert first["duration_ms"] == pytest.approx(1300, abs=60)
    assert second["duration_ms"] == pytest.approx(300 + 1400 + 300, abs=60)
    assert second["started_ms"] - first["started_ms"] == pytest.approx(1700, abs=60)
    assert before_ms <= first["started_ms"] <= before_ms + 2000
    assert (first["lost"], first["has_speech"], first["codec"]) == (0, True, "opus")
    sound = decoded(str(tmp_path / "recordings" / second["path"]))
    loud = np.abs(sound) > 1000 if sound.dtype.kind == "i" else np.abs(sound) > 1000 / 32768
    begins, ends = np.flatnonzero(loud)[[0, -1]] / RATE
    assert begins == pytest.approx(0.3, abs=0.06)
    assert ends == pytest.approx(1.7, abs=0.06)
    assert pitch(sound[int(0.4 * RATE) : int(0.8 * RATE)]) == pytest.approx(700, abs=10)


@pytest.mark.req("S1.7")
async def test_each_side_has_its_own_directory_and_pieces_line_up(party, events, server) -> None:
    alice, cara = await party("alice", record=True), await party("cara", record=True)
    await alice.device.send_leg()
    await cara.device.send_leg()
    tones = ToneTrack(500, seconds=1.0), ToneTrack(900, seconds=1.0)
    await asyncio.gather(alice.device.produce(tones[0]), cara.device.produce(tones[1]))
    await asyncio.wait_for(asyncio.gather(*(tone.finished.wait() for tone in tones)), 10)
    await server.handle("close-room", {"roomId": "room"})
    pieces = {event["peer_id"]: event for event in events.of("segment")}
    assert set(pieces) == {"alice", "cara"}
    assert pieces["alice"]["path"].startswith("room/alice/000000-")
    assert abs(pieces["alice"]["started_ms"] - pieces["cara"]["started_ms"]) < 100


async def test_who_did_not_ask_for_it_is_not_recorded(party, events, server, tmp_path) -> None:
    bob = await party("bob")
    tone = ToneTrack(500, seconds=0.5)
    await bob.device.produce(tone)
    await asyncio.wait_for(tone.finished.wait(), 10)
    await server.handle("close-room", {"roomId": "room"})
    assert events.of("segment") == []
    assert not list((tmp_path / "recordings").rglob("*.opus*"))


async def test_without_audio_levels_everything_is_kept(party, events, server) -> None:
    cara = await party("cara", record=True)
    tone = ToneTrack(700, lambda second: second > 1.5, seconds=2.0)
    await cara.device.produce(tone, levels=False)
    await asyncio.wait_for(tone.finished.wait(), 10)
    await cara.request("leave", {})
    (only,) = events.of("segment")
    assert only["duration_ms"] == pytest.approx(2000, abs=100)


async def test_a_pause_ends_an_utterance_and_numbers_go_on_after_rejoining(party, events) -> None:
    cara = await party("cara", record=True)
    tone = ToneTrack(700)
    producer = await cara.device.produce(tone)
    await events.wait("transport-state", state="connected")
    await packets_of(cara, 25)
    await cara.request("pause-producer", {"producerId": producer})
    await events.wait("segment", 1)
    await cara.request("resume-producer", {"producerId": producer})
    await packets_of(cara, 60)
    await cara.request("leave", {})
    again = await party("cara", record=True)
    await again.device.produce(ToneTrack(700))
    await packets_of(again, 25)
    await again.request("leave", {})
    assert [event["index"] for event in events.of("segment")] == [0, 1, 2]


async def packets_of(party, count: int) -> None:
    """Wait until the server has that many packets of the party's producer."""
    async with asyncio.timeout(15):
        while True:
            rooms = (await party.request("stats", {}))["rooms"]
            peer = next(one for one in rooms[0]["peers"] if one["peerId"] == party.peer)
            if peer["producers"] and peer["producers"][0]["packets"] >= count:
                return
            await asyncio.sleep(0.02)


async def test_what_is_said_reaches_the_file_within_a_second(party, tmp_path) -> None:
    cara = await party("cara", record=True)
    await cara.device.produce(ToneTrack(700))
    await packets_of(cara, 60)
    (part,) = (tmp_path / "recordings").rglob("*.part")
    with part.open("rb") as file:
        assert len(list(read_packets(file))) >= 60 - 50


async def test_a_full_disk_is_told_and_does_not_stop_the_call(party, events, monkeypatch) -> None:
    from tests.media.tones import hear

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recorder_module.OggOpusWriter, "write", full)
    cara, alice = await party("cara", record=True), await party("alice")
    producer = await cara.device.produce(ToneTrack(700))
    track = await alice.device.consume(producer)
    async with asyncio.timeout(10):
        assert await hear(track, frames=25) == pytest.approx(700, abs=10)
    assert (await events.wait("recording-failed"))[0]["peerId"] == "cara"


class TestRecovery:
    def test_a_part_is_closed_told_and_readable(self, tmp_path: Path) -> None:
        an_abandoned_part(tmp_path, started_ms=1_700_000_000_000)
        expected = Segment(
            room_id="room",
            peer_id="cara",
            index=3,
            path="room/cara/000003-1700000000000.opus",
            started_ms=1_700_000_000_000,
            duration_ms=800,
            packets=40,
            lost=0,
            has_speech=True,
        )
        assert recover_segments(tmp_path) == [expected]
        assert recover_segments(tmp_path) == []
        assert list(list_segments(tmp_path)) == [expected]
        assert list(list_segments(tmp_path, since_ms=1_700_000_000_001)) == []
        assert len(decoded(str(tmp_path / expected.path))) == 40 * FRAME - 312

    @pytest.mark.parametrize("content", [b"", b"OggS", b"not audio at all"])
    def test_an_empty_or_foreign_part_is_removed(self, tmp_path: Path, content: bytes) -> None:
        part = an_abandoned_part(tmp_path, started_ms=5)
        part.write_bytes(content)
        assert recover_segments(tmp_path) == []
        assert not part.exists()

    def test_its_own_death_between_two_steps_does_no_harm(self, tmp_path: Path) -> None:
        part = an_abandoned_part(tmp_path, started_ms=5)
        (segment,) = recover_segments(tmp_path)
        an_abandoned_part(tmp_path, started_ms=5)
        (part.parent / (part.name + ".tmp")).write_bytes(b"half")
        assert recover_segments(tmp_path) == []
        assert [one.path for one in list_segments(tmp_path)] == [segment.path]
        assert not part.exists()


KILLED = """
import asyncio, sys
from pathlib import Path
from calls.media.config import MediaConfig
from calls.media.server import MediaServer
from tests.media.conftest import Events, Party
from tests.media.test_recording import packets_of
from tests.media.tones import ToneTrack

async def main():
    server = MediaServer(MediaConfig("127.0.0.1", 0, "127.0.0.1", Path(sys.argv[1])), Events())
    await server.start()
    cara = await Party(server, "room", "cara").join(record=True)
    await cara.device.produce(ToneTrack(700))
    await packets_of(cara, 100)
    print("recording", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.req("S1.8")
def test_kill_9_loses_at_most_the_last_second(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "recording\n"
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    (segment,) = recover_segments(tmp_path)
    assert segment.packets >= 100 - 50
    sound = decoded(str(tmp_path / segment.path))
    assert pitch(sound[RATE // 2 : RATE]) == pytest.approx(700, abs=10)


@pytest.mark.req("S1.5")
async def test_long_speech_is_told_of_while_it_goes_on(party, events, tmp_path) -> None:
    cara = await party("cara", record=True)
    await cara.device.produce(ToneTrack(700, lambda second: second < 5, seconds=6))
    told = await events.wait("segment-growing", 2, within=15)
    (closed,) = await events.wait("segment", within=15)
    assert {event["path"] for event in told} == {closed["path"] + ".part"}
    assert {event["startedMs"] for event in told} == {closed["started_ms"]}
