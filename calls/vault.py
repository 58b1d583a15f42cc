"""Recorded sound encrypted at rest: AES-256-GCM in frames, so that a player can jump and nothing is read on trust.

A sealed file stands beside where the plain one stood, with `.sealed` behind its name:
    header  magic "CCV1", key id (8 bytes), file id (16), length of the plain bytes (8, big-endian)
    frames  64 KiB of plain bytes each (the last may be shorter), every one with its 16-byte tag
Each file has a key of its own (HKDF of the first key of the ring and the file id), so the frame number serves as nonce.
Header and frame number are associated data: a frame that was moved, a file that was cut, lengthened or relabelled
does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SUFFIX = ".sealed"
DRAFT = ".draft"
MAGIC = b"CCV1"
HEADER = struct.Struct(">4s8s16sQ")
FRAME = 64 * 1024
TAG = 16
KEY_BYTES = 32


class VaultError(Exception):
    """Sealed sound that cannot be read. Nothing is lost by it: the sealed file stays as it is."""


class UnknownKey(VaultError):
    """No key of the ring opens this file: RECORDING_KEYS lacks the one that it was sealed with."""


class Damaged(VaultError):
    """The bytes are not what was sealed."""


def parse_key(text: str) -> bytes:
    """A key from base64. Raises ValueError for anything but 32 bytes; the message does not contain the key."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is not base64") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"has {len(key)} bytes, not {KEY_BYTES}")
    return key


def derive_key(secret: str) -> bytes:
    """A key for set-ups that name none, from a secret that they keep anyway."""
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=b"contact-centre recordings").derive(
        secret.encode()
    )


class Keyring:
    """The first key seals, every key opens."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {_key_id(key): key for key in keys}
        self.first = _key_id(keys[0])

    def cipher(self, header: Header) -> AESGCM:
        """Raises UnknownKey."""
        key = self._keys.get(header.key_id)
        if key is None:
            raise UnknownKey(
                f"sealed with key {header.key_id.hex()}, which is not among RECORDING_KEYS: "
                "put the old key back behind the new one"
            )
        return AESGCM(
            HKDF(hashes.SHA256(), KEY_BYTES, salt=header.file_id, info=b"contact-centre file").derive(key)
        )


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"contact-centre key id" + key).digest()[:8]


@dataclass(frozen=True, slots=True)
class Header:
    key_id: bytes
    file_id: bytes
    size: int

    def pack(self) -> bytes:
        return HEADER.pack(MAGIC, self.key_id, self.file_id, self.size)

    @property
    def frames(self) -> int:
        """An empty file has one empty frame: its header is proved like any other."""
        return max(1, -(-self.size // FRAME))

    @property
    def sealed_size(self) -> int:
        return HEADER.size + self.size + self.frames * TAG

    def span(self, number: int) -> int:
        """How many plain bytes one frame holds."""
        return min(FRAME, self.size - number * FRAME)


def read_header(file: BinaryIO, length: int) -> Header:
    """The header of a file of so many bytes. Raises Damaged."""
    raw = file.read(HEADER.size)
    if len(raw) < HEADER.size or not raw.startswith(MAGIC):
        raise Damaged("not a sealed file")
    header = Header(*HEADER.unpack(raw)[1:])
    if length != header.sealed_size:
        raise Damaged("the file was cut or lengthened")
    return header


def sealed_path(path: Path) -> Path:
    return path.with_name(path.name + SUFFIX)


def seal(source: Path, target: Path, keys: Keyring) -> None:
    """Seal the bytes of a closed file into `target`, which appears complete and on disk or not at all.

    `source` stays; `target` is what was there before, until it is replaced. Raises OSError, Damaged when the
    source changes meanwhile.
    """
    with source.open("rb") as plain:
        size = os.fstat(plain.fileno()).st_size
        _write(target, size, lambda: plain.read(FRAME), keys)


def replace_plain(path: Path, keys: Keyring) -> bool:
    """Seal a closed file and remove the plain one. Safe to repeat after a death at any point: until the sealed
    file is complete the plain one stays. False when no plain file is there (any more). Raises OSError, Damaged.
    """
    try:
        seal(path, sealed_path(path), keys)
    except FileNotFoundError:
        return False
    path.unlink(missing_ok=True)
    _sync(path.parent)
    return True


def reseal(path: Path, keys: Keyring) -> bool:
    """Seal a sealed file anew with the first key; False when it is already. Raises VaultError, OSError."""
    with SealedFile(path, keys) as old:
        if old.header.key_id == keys.first:
            return False
        frames = old.frames()
        _write(path, old.size, lambda: next(frames, b""), keys)
    return True


def _write(target: Path, size: int, read: Callable[[], bytes], keys: Keyring) -> None:
    header = Header(keys.first, secrets.token_bytes(16), size)
    draft = target.with_name(f"{target.name}.{secrets.token_hex(4)}{DRAFT}")
    try:
        with draft.open("wb") as out:
            _write_frames(out, header, read, keys.cipher(header))
            out.flush()
            os.fsync(out.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    _sync(target.parent)


def _write_frames(out: BinaryIO, header: Header, read: Callable[[], bytes], cipher: AESGCM) -> None:
    out.write(header.pack())
    for number in range(header.frames):
        plain = read()
        if len(plain) != header.span(number):
            raise Damaged("the file changed while it was sealed")
        out.write(cipher.encrypt(_nonce(number), plain, _proof(header, number)))


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _proof(header: Header, number: int) -> bytes:
    return header.pack() + number.to_bytes(8, "big")


def _sync(directory: Path) -> None:
    """Make a rename outlive a power failure."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class PlainFile:
    """Sound that is not sealed (yet), read the way sealed sound is."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self.size = os.fstat(self._file.fileno()).st_size

    def read_at(self, start: int, length: int) -> bytes:
        self._file.seek(start)
        return self._file.read(max(0, length))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


class SealedFile(PlainFile):
    """A sealed file, of which any part can be read. Raises VaultError when it is opened or read, OSError."""

    def __init__(self, path: Path, keys: Keyring) -> None:
        super().__init__(path)
        try:
            self.header = read_header(self._file, self.size)
            self._cipher = keys.cipher(self.header)
        except BaseException:
            self._file.close()
            raise
        self.size = self.header.size

    def read_at(self, start: int, length: int) -> bytes:
        """Plain bytes from `start`, fewer at the end."""
        end = min(self.size, start + length)
        if start >= end:
            return b""
        first = start // FRAME
        plain = b"".join(self._frame(number) for number in range(first, -(-end // FRAME)))
        return plain[start - first * FRAME : end - first * FRAME]

    def frames(self) -> Iterator[bytes]:
        return (self._frame(number) for number in range(self.header.frames))

    def _frame(self, number: int) -> bytes:
        self._file.seek(HEADER.size + number * (FRAME + TAG))
        raw = self._file.read(self.header.span(number) + TAG)
        try:
            return self._cipher.decrypt(_nonce(number), raw, _proof(self.header, number))
        except InvalidTag:
            raise Damaged(f"frame {number} is not what was sealed") from None


def open_sound(path: Path, keys: Keyring) -> PlainFile:
    """The one door: what was recorded as `path`, sealed or still plain. Raises VaultError, FileNotFoundError.

    The sealed one goes first: it is complete as soon as it is there. Looked for twice, since a file may be sealed
    between the two looks.
    """
    for _look in range(2):
        try:
            return SealedFile(sealed_path(path), keys)
        except FileNotFoundError:
            pass
        try:
            return PlainFile(path)
        except FileNotFoundError:
            pass
    raise FileNotFoundError(path.name)


def read_sound(path: Path, keys: Keyring) -> bytes:
    """All of it. Raises VaultError, FileNotFoundError."""
    with open_sound(path, keys) as sound:
        data = sound.read_at(0, sound.size)
        if not data and isinstance(sound, SealedFile):
            next(sound.frames())  # an empty file is proved too
        return data
