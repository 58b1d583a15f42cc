"""What a document says, as text with headings (see passages.py): out of plain text, Markdown, HTML or PDF. No framework.

What a reader of the document would not see is not taken over: scripts, comments, hidden elements, invisible letters.
"""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata
from enum import StrEnum
from html.parser import HTMLParser
from pathlib import Path

MOST_BYTES = 2 * 1024 * 1024
MOST_LETTERS = 200_000
DEEPEST = 300
"""Elements within each other; nothing that people write is as deep."""
PDF_SECONDS = 20
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
    """Raises DocumentRefused."""
    if len(data) > MOST_BYTES:
        raise DocumentRefused(TOO_LARGE)
    if kind is Kind.PDF:
        text = _of_pdf(data)
    else:
        text = WAYS[kind](_decoded(data))
    text = tidy(text)
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


def _decoded(data: bytes) -> str:
    """UTF-8, or what Korean office programs still write."""
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DocumentRefused(UNREADABLE)


MARKS = [
    (re.compile(r"\A---\n.*?\n---\n", re.DOTALL), ""),
    (re.compile(r"<!--.*?-->", re.DOTALL), ""),
    (re.compile(r"^\s*(?:```|~~~).*$", re.MULTILINE), ""),
    (re.compile(r"^(.+)\n=+\s*$", re.MULTILINE), r"# \1"),
    (re.compile(r"^(.+)\n-{3,}\s*$", re.MULTILINE), r"## \1"),
    (re.compile(r"^\s*(?:[-*_]\s*){3,}$", re.MULTILINE), ""),
    (re.compile(r"^\s*\|?(?:\s*:?-{2,}:?\s*\|?)+\s*$", re.MULTILINE), ""),
    (re.compile(r"^\s*\[[^\]]+\]:\s.*$", re.MULTILINE), ""),
    (re.compile(r"!\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])"), r"\1"),
    (re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\[[^\]]*\])"), r"\1"),
    (re.compile(r"^\s*>+\s?", re.MULTILINE), ""),
    (re.compile(r"(\*\*|__|~~|`+)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])([*_])(?=\S)([^*_\n]+?)(?<=\S)\1(?![\w*])"), r"\2"),
    (re.compile(r"^(#{1,6}\s.*?)\s*#*\s*$", re.MULTILINE), r"\1"),
    (re.compile(r"^\s*\|(.*)\|\s*$", re.MULTILINE), r"\1"),
    (re.compile(r"(?<=\S)\s*\|\s*(?=\S)"), ", "),
]
"""What Markdown writes beside the words, and what stays of it."""


def of_markdown(text: str) -> str:
    if len(text) > 2 * MOST_LETTERS:
        raise DocumentRefused(TOO_LARGE)
    text = text.replace("\r\n", "\n")
    for pattern, stays in MARKS:
        text = pattern.sub(stays, text)
    return of_html(text, in_lines=True) if re.search(r"</?[a-z][^>]*>", text, re.IGNORECASE) else text


def of_html(text: str, *, in_lines: bool = False) -> str:
    """`in_lines`: line ends of the source count, as in Markdown."""
    reader = _Reader(in_lines=in_lines)
    reader.feed(text)
    reader.close()
    return "".join(reader.words)


class _Reader(HTMLParser):
    SILENT = frozenset(
        {"script", "style", "template", "noscript", "head", "svg", "iframe", "object", "select"}
    )
    EMPTY = frozenset(
        {"br", "hr", "img", "input", "meta", "link", "wbr", "source", "col", "area", "base", "embed"}
    )
    BLOCKS = frozenset(
        word
        for words in (
            "p div section article header footer main aside nav form figure",
            "ul ol li dl dt dd table tr blockquote pre",
        )
        for word in words.split()
    )
    HIDDEN = re.compile(
        r"display:none|visibility:hidden|font-size:0(?![.\d]*[1-9])|opacity:0(?!\.)", re.IGNORECASE
    )

    def __init__(self, *, in_lines: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._in_lines = in_lines
        self._open: list[tuple[str, bool]] = []
        """The elements around, and whether each is hidden."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.EMPTY:
            self.words.append("\n" if tag in ("br", "hr") else "")
            return
        if len(self._open) > DEEPEST:
            raise DocumentRefused(UNREADABLE)
        self._open.append((tag, self._is_silent or self._hides(tag, dict(attrs))))
        if self._is_silent:
            return
        if tag in self.BLOCKS:
            self.words.append("\n\n" if tag == "p" else "\n")
        elif re.fullmatch(r"h[1-6]", tag):
            self.words.append(f"\n\n{'#' * int(tag[1])} ")
        elif tag in ("td", "th"):
            self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.EMPTY or all(tag != name for name, _ in self._open):
            return
        while self._open.pop()[0] != tag:
            continue
        if tag in self.BLOCKS or re.fullmatch(r"h[1-6]", tag):
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._is_silent:
            self.words.append(data if self._in_lines else re.sub(r"\s+", " ", data))

    @property
    def _is_silent(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def _hides(self, tag: str, attributes: dict[str, str | None]) -> bool:
        style = re.sub(r"\s", "", attributes.get("style") or "")
        return (
            tag in self.SILENT
            or "hidden" in attributes
            or attributes.get("aria-hidden") == "true"
            or bool(self.HIDDEN.search(style))
        )


WAYS = {Kind.TEXT: str, Kind.MARKDOWN: of_markdown, Kind.HTML: of_html}


def _of_pdf(data: bytes) -> str:
    """By a process of its own with little memory and time: such files are made by anybody. Raises DocumentRefused."""
    command = [sys.executable, "-m", "transcripts.assistant.pdf_text", str(MOST_LETTERS)]
    root = Path(__file__).resolve().parents[2]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=PDF_SECONDS, cwd=root, check=True
        )
        return done.stdout.decode("utf-8")
    except (subprocess.SubprocessError, OSError, UnicodeDecodeError):
        raise DocumentRefused(UNREADABLE) from None
