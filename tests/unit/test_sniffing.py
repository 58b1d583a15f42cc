"""What a file is, whatever it is called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.actions.sniffing import HEAD, SUFFIXES, fitting_name, kind_of, safe_name

pytestmark = pytest.mark.unit

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
KOREAN = "안녕하세요 상담 내용입니다. "


@pytest.mark.parametrize("shift", range(4))
@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_a_letter_that_is_cut_in_two_is_still_text(encoding: str, shift: int) -> None:
    text = ("x" * shift + KOREAN * 60).encode(encoding)
    assert kind_of(text[:HEAD], "메모.txt") == "text/plain"
    assert kind_of(text[:100], "메모.txt") in {"text/plain", None}  # a short file that ends in half a letter


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("a.png", PNG, "image/png"),
        ("a.txt", PNG, "image/png"),
        ("a.docx", b"PK\x03\x04..", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.jar", b"PK\x03\x04..", "application/zip"),
        ("a.webp", b"RIFF0000WEBPVP8 ", "image/webp"),
        ("a.wav", b"RIFF0000WAVEfmt ", "audio/wav"),
        ("a.mp4", b"\0\0\0\x18ftypmp42", "video/mp4"),
        ("a.hwp", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/vnd.ms-office"),
        ("a.exe", b"MZ\x90\0", None),
        ("a.elf", b"\x7fELF\x02\x01\x01\0", None),
        ("a.txt", b"\xef\xbb\xbf<!DOCTYPE html>", None),
        ("a.svg", b"  <svg xmlns=", None),
        ("a.txt", b"#!/bin/sh", None),
        ("a.txt", b"", None),
        ("a.bin", bytes(range(1, 256)), None),
    ],
)  # fmt: skip
def test_kinds(name: str, head: bytes, kind: str | None) -> None:
    assert kind_of(head, name) == kind


@pytest.mark.parametrize(
    ("given_name", "kind", "shown"),
    [
        ("photo.exe", "image/png", "photo.exe.png"),
        ("run.bat", "text/plain", "run.bat.txt"),
        ("a.jar", "application/zip", "a.jar.zip"),
        ("사진.JPG", "image/jpeg", "사진.JPG"),
        ("", "application/pdf", "file.pdf"),
        (".htaccess", "text/plain", "htaccess.txt"),
    ],
)
def test_a_file_is_opened_as_what_it_is(given_name: str, kind: str, shown: str) -> None:
    assert fitting_name(given_name, kind) == shown


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("..\\..\\a.exe", "a.exe"),
        ("사진\u202egpj.exe", "사진gpj.exe"),
        ("a\x00b.pdf", "ab.pdf"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 90 + ".pdf"),
    ],
)
def test_a_name_is_made_harmless(given_name: str, shown: str) -> None:
    assert safe_name(given_name) == shown


@given(st.text(max_size=300), st.sampled_from(sorted(SUFFIXES)))
def test_any_name_becomes_one_that_fits(name: str, kind: str) -> None:
    shown = fitting_name(name, kind)
    assert 0 < len(shown) <= 120
    assert shown.isprintable()
    assert not set(shown) & set("/\\")
    assert shown.lower().endswith(SUFFIXES[kind])


@given(st.binary(max_size=HEAD), st.text(max_size=20))
def test_any_bytes_are_of_a_known_kind_or_of_none(head: bytes, name: str) -> None:
    assert kind_of(head, name) in {None, *SUFFIXES}
