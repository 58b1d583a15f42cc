"""`python -m transcripts.assistant.reading KIND <file`: the words of a document, with headings as `# ` lines.

Any failure is an exit code other than 0. What a reader of the document would not see does not come along: scripts, comments,
hidden elements, invisible letters.
"""

from __future__ import annotations

import io
import re
import resource
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

from transcripts.assistant.documents import MOST_LETTERS, Kind, tidy

MOST_PAGES = 300
MEMORY = 1024**3
PROCESSOR_SECONDS = 15
DEEPEST = 300
"""Elements within each other; nothing that people write is as deep."""


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    text = tidy(WAYS[Kind(sys.argv[1])](sys.stdin.buffer.read()))
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))


def of_pdf(data: bytes) -> str:
    from pypdf import PdfReader

    told: list[str] = []
    for page in PdfReader(io.BytesIO(data)).pages[:MOST_PAGES]:
        told.append(page.extract_text())
        if sum(map(len, told)) > MOST_LETTERS:
            break
    return "\n\n".join(told)


def _decoded(data: bytes) -> str:
    """UTF-8, or what Korean office programs still write."""
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError("no text")


MARKS = [
    (re.compile(r"\A---\n.*?\n---\n", re.DOTALL), ""),
    (re.compile(r"^[ \t]*(?:```|~~~).*$", re.MULTILINE), ""),
    (re.compile(r"^(.+)\n=+[ \t]*$", re.MULTILINE), r"# \1"),
    (re.compile(r"^(.+)\n-{3,}[ \t]*$", re.MULTILINE), r"## \1"),
    (re.compile(r"^[ \t]*(?:[-*_][ \t]*){3,}$", re.MULTILINE), ""),
    (re.compile(r"^[ \t|:]*-[ \t|:-]+$", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*\[[^\]\n]{1,300}\]:[ \t].*$", re.MULTILINE), ""),
    (re.compile(r"!?\[([^\]\n]{0,300})\](?:\([^)\n]{0,2000}\)|\[[^\]\n]{0,300}\])"), r"\1"),
    (re.compile(r"^[ \t]*>+[ \t]?", re.MULTILINE), ""),
    (re.compile(r"(\*\*|__|~~|`{1,3})(?=\S)(.{1,300}?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])([*_])(?=\S)([^*_\n]{1,300}?)(?<=\S)\1(?![\w*])"), r"\2"),
    (re.compile(r"^(#{1,6}[ \t].*)(?<=\S)[ \t]+#+[ \t]*$", re.MULTILINE), r"\1"),
    (re.compile(r"^[ \t]*\|(.*)\|[ \t]*$", re.MULTILINE), r"\1"),
    (re.compile(r"(?<=\S)[ \t]*\|[ \t]*(?=\S)"), ", "),
]
"""What Markdown writes beside the words, and what stays of it. Each is bounded: nobody's file takes long."""
_TAGS = re.compile(r"</?[a-z][a-z0-9]{0,10}[^<>]{0,200}>|<!--", re.IGNORECASE)


def of_markdown(text: str) -> str:
    text = text.replace("\r\n", "\n")
    for pattern, stays in MARKS:
        text = pattern.sub(stays, text)
    return of_html(text, in_lines=True) if _TAGS.search(text) else text


def of_html(text: str, *, in_lines: bool = False) -> str:
    """`in_lines`: line ends of the source count, as in Markdown."""
    reader = _Reader(in_lines=in_lines)
    reader.feed("".join(_outside_comments(text)))
    reader.close()
    return "".join(reader.words)


def _outside_comments(text: str) -> Iterator[str]:
    """The library would look for the end of each one that has none."""
    end = 0
    while (start := text.find("<!--", end)) >= 0:
        yield text[end:start]
        end = text.find("-->", start)
        if end < 0:
            return
        end += len("-->")
    yield text[end:]


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
        r"display:none|visibility:hidden|(?:font-size|opacity):0(?![.\d]*[1-9])", re.IGNORECASE
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
            raise ValueError("too deep")
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


WAYS: dict[Kind, Callable[[bytes], str]] = {
    Kind.TEXT: _decoded,
    Kind.MARKDOWN: lambda data: of_markdown(_decoded(data)),
    Kind.HTML: lambda data: of_html(_decoded(data)),
    Kind.PDF: of_pdf,
}

if __name__ == "__main__":
    main()
