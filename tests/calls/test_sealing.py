"""What is recorded is encrypted after the call, whatever became of the transcript."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from calls.actions import calls, retention, sealing
from calls.actions.recordings import register_chunk
from calls.models import Call, Chunk
from calls.vault import derive_key, sealed_path
from tests.cast import Cara, a_place, an_agent, talking

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db, pytest.mark.req("S1.8")]
SOUND = b"OggS and then OpusHead"
OTHER = derive_key("another")


@pytest.fixture
def cara(settings, tmp_path: Path) -> Cara:
    settings.DATA_DIR = tmp_path
    return talking(an_agent("alice"), a_place())


def recorded(cara: Cara, index: int = 0) -> Chunk:
    participant = cara.call.participants.get(role="customer")
    path = f"{cara.call.pk}/{participant.pk}/{index:06d}-{index}.opus"
    chunk = register_chunk(participant, path=path, index=index, started_ms=index, duration_ms=20)
    chunk.file().parent.mkdir(parents=True, exist_ok=True)
    chunk.file().write_bytes(SOUND)
    return chunk


def ended(cara: Cara, minutes: int = 5) -> None:
    calls.end_call(cara.party)
    Call.objects.filter(pk=cara.call.pk).update(ended_at=timezone.now() - timedelta(minutes=minutes))


def is_plain(chunk: Chunk) -> bool:
    return chunk.file().exists()


def test_the_sweep_seals_ended_calls_and_leaves_running_ones_alone(cara: Cara) -> None:
    chunk = recorded(cara)
    assert sealing.seal_ended() == 0
    assert is_plain(chunk)
    ended(cara)
    assert sealing.seal_ended() == 1
    assert not is_plain(chunk)
    assert SOUND not in sealed_path(chunk.file()).read_bytes()
    assert Chunk.objects.get().sound() == SOUND
    assert sealing.seal_ended() == 0


def test_a_sweep_finishes_what_a_killed_one_left(cara: Cara, monkeypatch) -> None:
    chunk = recorded(cara)
    ended(cara)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_args, **_kwargs: None)
        sealing.seal_ended()
    Chunk.objects.update(sealed_at=None)  # killed after the rename, before the row was told
    assert is_plain(chunk)
    assert sealing.seal_ended() == 1
    assert not is_plain(chunk)
    assert Chunk.objects.get().sound() == SOUND


def test_a_full_disk_leaves_the_plain_file_for_the_next_sweep(cara: Cara, monkeypatch) -> None:
    chunk = recorded(cara)
    ended(cara)
    with monkeypatch.context() as patch:
        patch.setattr("calls.vault.os.fsync", full)
        assert sealing.seal_ended() == 0
    assert [path.name for path in chunk.file().parent.iterdir()] == [chunk.file().name]
    assert sealing.seal_ended() == 1


def full(_handle: int) -> None:
    raise OSError(28, "No space left on device")


def test_told_again_a_sealed_file_is_not_registered_twice(cara: Cara) -> None:
    chunk = recorded(cara)
    ended(cara)
    sealing.seal_ended()
    again = register_chunk(
        chunk.recording.participant, path=chunk.path, index=0, started_ms=0, duration_ms=20
    )
    assert again.pk == chunk.pk


def test_what_was_recorded_before_is_sealed_by_a_command(cara: Cara, settings) -> None:
    chunk = recorded(cara)
    side = settings.DATA_DIR / "audio" / str(cara.call.pk) / "side.opus"
    side.parent.mkdir(parents=True)
    side.write_bytes(SOUND)
    recording = chunk.recording
    recording.original_path = str(side.relative_to(settings.DATA_DIR))
    recording.save()
    ended(cara)
    out = io.StringIO()
    call_command("seal_originals", stdout=out)
    assert "2 files sealed" in out.getvalue()
    assert not side.exists()
    with recording.open_original() as sound:
        assert sound.read_at(5, 3) == SOUND[5:8]


def test_a_changed_key_needs_the_old_one_until_all_is_sealed_anew(cara: Cara, settings) -> None:
    chunk = recorded(cara)
    ended(cara)
    sealing.seal_ended()
    old = settings.RECORDING_KEYS
    settings.RECORDING_KEYS = (OTHER,)
    with pytest.raises(CommandError, match="Nothing was lost"):
        call_command("rotate_keys", stdout=io.StringIO())
    settings.RECORDING_KEYS = (OTHER, *old)
    out = io.StringIO()
    call_command("rotate_keys", stdout=out)
    assert "1 of 1 files sealed anew" in out.getvalue()
    settings.RECORDING_KEYS = (OTHER,)
    assert Chunk.objects.get(pk=chunk.pk).sound() == SOUND


def test_retention_erases_sealed_sound(cara: Cara, settings) -> None:
    chunk = recorded(cara)
    ended(cara, minutes=60 * 24 * (settings.RETENTION_DAYS + 1))
    sealing.seal_ended()
    retention.erase_old_calls()
    assert not sealed_path(chunk.file()).exists()


def test_the_sweep_asks_the_database_as_often_for_many_chunks(cara: Cara, django_assert_num_queries) -> None:
    for index in range(5):
        recorded(cara, index)
    ended(cara)
    with django_assert_num_queries(2):
        sealing.seal_ended()
