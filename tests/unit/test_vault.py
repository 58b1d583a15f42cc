"""Sealed files: what opens them, what does not, and what a death in the middle leaves."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls import vault
from calls.vault import Damaged, Keyring, SealedFile, UnknownKey

pytestmark = [pytest.mark.unit, pytest.mark.req("S1.6")]
ROOT = Path(__file__).resolve().parent.parent.parent
OLD, NEW = b"o" * 32, b"n" * 32
SOUND = b"OpusHead a voice " * 20_000
"""Six frames, the last of them short."""


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "000001-5.opus"
    path.write_bytes(SOUND)
    return path


def test_what_was_sealed_opens_again_and_the_plain_file_is_gone(plain: Path) -> None:
    assert vault.replace_plain(plain, Keyring([OLD]))
    assert [each.name for each in plain.parent.iterdir()] == ["000001-5.opus.sealed"]
    assert vault.read_sound(plain, Keyring([OLD])) == SOUND
    assert b"OpusHead" not in vault.sealed_path(plain).read_bytes()


def test_sealing_twice_is_no_error_and_loses_nothing(plain: Path) -> None:
    vault.replace_plain(plain, Keyring([OLD]))
    assert not vault.replace_plain(plain, Keyring([OLD]))
    assert vault.read_sound(plain, Keyring([OLD])) == SOUND


@pytest.mark.parametrize("size", [0, 1, vault.FRAME - 1, vault.FRAME, vault.FRAME + 1, 3 * vault.FRAME])
def test_every_length_comes_back(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.opus"
    path.write_bytes(SOUND[:size])
    vault.replace_plain(path, Keyring([OLD]))
    assert vault.read_sound(path, Keyring([OLD])) == SOUND[:size]


@given(start=st.integers(0, len(SOUND) + 10), length=st.integers(0, 3 * vault.FRAME))
def test_any_part_can_be_read(tmp_path_factory: pytest.TempPathFactory, start: int, length: int) -> None:
    path = tmp_path_factory.getbasetemp() / "parts.opus"
    if not vault.sealed_path(path).exists():
        path.write_bytes(SOUND)
        vault.replace_plain(path, Keyring([OLD]))
    with vault.open_sound(path, Keyring([OLD])) as sound:
        assert sound.read_at(start, length) == SOUND[start : start + length]


def test_another_key_does_not_open_it_says_so_and_nothing_is_lost(plain: Path) -> None:
    vault.replace_plain(plain, Keyring([OLD]))
    before = vault.sealed_path(plain).read_bytes()
    with pytest.raises(UnknownKey, match="RECORDING_KEYS"):
        vault.read_sound(plain, Keyring([NEW]))
    with pytest.raises(UnknownKey):
        vault.reseal(vault.sealed_path(plain), Keyring([NEW]))
    assert vault.sealed_path(plain).read_bytes() == before


def test_a_ring_opens_old_files_and_seals_them_anew_under_its_first_key(plain: Path) -> None:
    vault.replace_plain(plain, Keyring([OLD]))
    both = Keyring([NEW, OLD])
    assert vault.read_sound(plain, both) == SOUND
    assert vault.reseal(vault.sealed_path(plain), both)
    assert not vault.reseal(vault.sealed_path(plain), both)
    assert vault.read_sound(plain, Keyring([NEW])) == SOUND


def frame(number: int) -> slice:
    step = vault.FRAME + vault.TAG
    return slice(vault.HEADER.size + number * step, vault.HEADER.size + (number + 1) * step)


def swapped(data: bytes) -> bytes:
    return data[: frame(0).start] + data[frame(1)] + data[frame(0)] + data[frame(2).start :]


def relabelled(data: bytes) -> bytes:
    """Cut after the first frame, with a header that says so."""
    magic, key_id, file_id, _size = vault.HEADER.unpack(data[: vault.HEADER.size])
    return vault.HEADER.pack(magic, key_id, file_id, vault.FRAME) + data[frame(0)]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-1],
        lambda data: data[: frame(3).start],
        lambda data: data + b"x",
        lambda data: data[:100_000] + bytes([data[100_000] ^ 1]) + data[100_001:],
        lambda data: b"OggS" + data[4:],
        lambda data: data[:20],
        lambda _data: b"",
        swapped,
        relabelled,
    ],
    ids=[
        "cut",
        "frames cut",
        "longer",
        "one bit",
        "not ours",
        "header cut",
        "empty",
        "swapped",
        "relabelled",
    ],
)
def test_what_was_changed_does_not_open(plain: Path, spoil) -> None:
    vault.replace_plain(plain, Keyring([OLD]))
    sealed = vault.sealed_path(plain)
    sealed.write_bytes(spoil(sealed.read_bytes()))
    with pytest.raises(Damaged):
        vault.read_sound(plain, Keyring([OLD]))


def test_a_frame_of_another_file_does_not_pass(plain: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.opus"
    other.write_bytes(SOUND)
    for path in (plain, other):
        vault.replace_plain(path, Keyring([OLD]))
    mine, theirs = (vault.sealed_path(path).read_bytes() for path in (plain, other))
    vault.sealed_path(plain).write_bytes(mine[: frame(1).start] + theirs[frame(1)] + mine[frame(2).start :])
    with SealedFile(vault.sealed_path(plain), Keyring([OLD])) as sound:
        assert sound.read_at(0, 10) == SOUND[:10]
        with pytest.raises(Damaged):
            sound.read_at(vault.FRAME, 10)


KILLED = """
import os, pathlib, sys
from calls import vault
step, path, job = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
name, _, count = step.partition(":")
left = int(count or 1)
place = {"encrypt": vault.AESGCM, "fsync": os, "replace": pathlib.Path, "unlink": pathlib.Path}.get(name)
def die(*args, **kwargs):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), 9)
    return kept(*args, **kwargs)
if name == "encrypt":
    write = vault._proof
    kept = write
    vault._proof = die
else:
    kept = getattr(place, name)
    setattr(place, name, die)
if job == "seal":
    vault.replace_plain(path, vault.Keyring([b"o" * 32]))
else:
    vault.reseal(vault.sealed_path(path), vault.Keyring([b"n" * 32, b"o" * 32]))
"""
STEPS = ["encrypt:1", "encrypt:4", "fsync:1", "replace:1", "fsync:2", "unlink:1", "unlink:2"]


def killed_at(step: str, path: Path, job: str) -> int:
    command = [sys.executable, "-c", KILLED, step, str(path), job]
    return subprocess.run(
        command, cwd=ROOT, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)}
    ).returncode


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_of_sealing_it_is_readable_and_can_be_finished(plain: Path, step: str) -> None:
    assert killed_at(step, plain, "seal") == -9
    assert vault.read_sound(plain, Keyring([OLD])) == SOUND
    vault.replace_plain(plain, Keyring([OLD]))
    assert not plain.exists()
    assert vault.read_sound(plain, Keyring([OLD])) == SOUND


@pytest.mark.parametrize("step", ["encrypt:1", "encrypt:9", "fsync:1", "replace:1", "fsync:2", "unlink:1"])
def test_killed_at_any_step_of_a_key_change_it_is_readable_and_can_be_finished(
    plain: Path, step: str
) -> None:
    vault.replace_plain(plain, Keyring([OLD]))
    assert killed_at(step, plain, "rotate") == -9
    both = Keyring([NEW, OLD])
    assert vault.read_sound(plain, both) == SOUND
    vault.reseal(vault.sealed_path(plain), both)
    assert vault.read_sound(plain, Keyring([NEW])) == SOUND


def test_a_file_that_grows_while_it_is_sealed_is_not_sealed(plain: Path) -> None:
    frames = iter([SOUND[: vault.FRAME], b""])
    with pytest.raises(Damaged):
        vault._write(vault.sealed_path(plain), len(SOUND), lambda: next(frames), Keyring([OLD]))
    assert [each.name for each in plain.parent.iterdir()] == [plain.name]


def test_a_key_is_32_bytes_of_base64_and_an_error_does_not_repeat_it() -> None:
    assert vault.parse_key(base64.b64encode(OLD).decode()) == OLD
    for wrong in ("secret!", base64.b64encode(b"secret").decode()):
        with pytest.raises(ValueError, match=r"bytes|base64") as refused:
            vault.parse_key(wrong)
        assert wrong not in str(refused.value)
