"""What a file is, by its first bytes; and a name for it that is safe to show and to save under. Pure."""

from __future__ import annotations

import codecs
import re
from pathlib import PurePosixPath

HEAD = 512
"""So many bytes are looked at."""
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/vnd.ms-office"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"HWP Document File", "application/x-hwp"),
)
OFFICE = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".hwpx": "application/hwp+zip",
}
SUFFIXES: dict[str, tuple[str, ...]] = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    "application/pdf": (".pdf",),
    "application/zip": (".zip",),
    "application/vnd.ms-office": (".doc", ".xls", ".ppt", ".hwp", ".msg"),
    "application/x-hwp": (".hwp",),
    "audio/ogg": (".ogg", ".oga", ".opus"),
    "audio/mpeg": (".mp3",),
    "audio/wav": (".wav",),
    "video/webm": (".webm", ".mkv"),
    "video/mp4": (".mp4", ".m4a", ".m4v", ".mov", ".heic"),
    "text/plain": (".txt", ".csv", ".md", ".log", ".json", ".srt", ".vtt"),
    **{kind: (suffix,) for suffix, kind in OFFICE.items()},
}
"""The endings that a kind may have, the usual one first: what a file is opened with is decided by its name."""
ENCODINGS = ("utf-8", "cp949")
BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""With these, `gpj.exe` reads as `exe.jpg`."""


def kind_of(head: bytes, name: str) -> str | None:
    """The type of a file by its first HEAD bytes; None for what is not taken: programs, scripts, pages of the web."""
    for magic, kind in MAGIC:
        if head.startswith(magic):
            return OFFICE.get(_suffix(name), kind) if kind == "application/zip" else kind
    if head[:4] == b"RIFF" and head[8:12] in (b"WEBP", b"WAVE"):
        return "image/webp" if head[8:12] == b"WEBP" else "audio/wav"
    if head[4:8] == b"ftyp":
        return "video/mp4"
    return "text/plain" if _is_text(head) else None


def _is_text(head: bytes) -> bool:
    if not head or b"\x00" in head or head.startswith((b"MZ", b"#!")):
        return False
    start = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script")):
        return False
    return any(_decodes(head, encoding) for encoding in ENCODINGS)


def _decodes(head: bytes, encoding: str) -> bool:
    """A letter that is cut at the end is none of its faults."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(head, final=len(head) < HEAD)
    except UnicodeDecodeError:
        return False
    return True


def safe_name(name: str) -> str:
    """What is shown and offered for saving: no path, no control or direction marks, at most 100 letters."""
    bare = BIDI.sub("", name.replace("\\", "/").rsplit("/", 1)[-1])
    bare = "".join(char for char in bare if char.isprintable()).strip(" .")
    stem, dot, suffix = bare.rpartition(".")
    if not dot:
        return bare[:100] or "file"
    return f"{stem[:90] or 'file'}.{suffix[:9]}"


def fitting_name(name: str, kind: str) -> str:
    """A safe name whose ending says what the file is: `photo.exe` with a picture in it becomes `photo.exe.png`."""
    shown = safe_name(name)
    suffixes = SUFFIXES[kind]
    return shown if _suffix(shown) in suffixes else f"{shown[:100]}{suffixes[0]}"


def _suffix(name: str) -> str:
    return PurePosixPath(name.lower()).suffix
