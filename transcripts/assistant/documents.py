"""What a document says, as text with headings (see passages.py): out of plain text, Markdown, HTML or PDF. No framework.

What a reader of the document would not see is not taken over: scripts, comments, hidden elements, invisible letters.
"""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata
from enum import StrEnum
from pathlib import Path

MOST_BYTES = 2 * 1024 * 1024
MOST_LETTERS = 200_000
SECONDS = 20
ROOT = Path(__file__).resolve().parents[2]
TOO_LARGE, UNREADABLE, EMPTY = "too_large", "unreadable", "empty"
KINDS = {
    ".txt": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
}


class Kind(StrEnum):
    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    PDF = "pdf"


class DocumentRefused(Exception):
    """`code` is too_large, unreadable or empty."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def kind_of(name: str, data: bytes) -> Kind:
    """By what it begins with, else by its name. Raises DocumentRefused for what is none of the four."""
    if data.startswith(b"%PDF-"):
        return Kind.PDF
    kind = KINDS.get(Path(name).suffix.lower())
    if kind in (None, Kind.PDF) or b"\0" in data[:4096]:
        raise DocumentRefused(UNREADABLE)
    return Kind(kind)


def text_of(data: bytes, kind: Kind) -> str:
    """Raises DocumentRefused. Read by a process of its own with little memory and time: files are made by anybody."""
    if len(data) > MOST_BYTES:
        raise DocumentRefused(TOO_LARGE)
    command = [sys.executable, "-m", "transcripts.assistant.reading", kind.value]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, cwd=ROOT, check=True)
        text = done.stdout.decode("utf-8")
    except (subprocess.SubprocessError, OSError, UnicodeDecodeError):
        raise DocumentRefused(UNREADABLE) from None
    if len(text) > MOST_LETTERS:
        raise DocumentRefused(TOO_LARGE)
    if not any(char.isalnum() for char in text):
        raise DocumentRefused(EMPTY)
    return text


def tidy(text: str) -> str:
    """One form of letters, nothing invisible, no runs of spaces or empty lines."""
    seen = "".join(
        char
        for char in unicodedata.normalize("NFC", text)
        if char in "\n\t" or unicodedata.category(char) not in ("Cf", "Cc", "Co", "Cn", "Cs")
    )
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in seen.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
