"""The texts of pages and code, and their Korean catalogue; all in Python, no gettext tools.

`python -m config.messages update`   collects texts: new ones are appended untranslated, unused ones go
`python -m config.messages check`    says what is wrong with the catalogue; exit code 1 if anything is
`python -m config.messages compile`  writes the .mo files (set-up does this)
"""

from __future__ import annotations

import io
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

if TYPE_CHECKING:
    import polib

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
CATALOGUE = LOCALE / "ko" / "LC_MESSAGES" / "django.po"
APPS = ("accounts", "calls", "config", "dashboard", "transcripts")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
EXTRA_KEYWORDS = {
    "gettext_noop": None,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}
KEYWORDS: dict[str, Any] = dict(DEFAULT_KEYWORDS) | EXTRA_KEYWORDS
HEADER = {
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Language": "ko",
    "MIME-Version": "1.0",
    "Plural-Forms": "nplurals=1; plural=0;",
}


@dataclass(frozen=True, order=True)
class Text:
    """One text to translate. `plural` and `context` are empty where there are none."""

    single: str
    plural: str = ""
    context: str = ""


def main(arguments: list[str]) -> int:
    commands = {"update": update, "check": check, "compile": compile_all}
    if len(arguments) != 1 or arguments[0] not in commands:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    return commands[arguments[0]]()


def compile_all() -> int:
    for source in LOCALE.glob("*/LC_MESSAGES/*.po"):
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parent.parent.name)
        with source.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)
    return 0


def update() -> int:
    import polib

    used = collect()
    catalogue = _open(CATALOGUE)
    known: set[Text] = set()
    for entry in sorted(
        catalogue, key=lambda entry: not entry.translated()
    ):  # of two, the translated one stays
        text = _text(entry)
        if text not in used or text in known or entry.obsolete:
            catalogue.remove(entry)
        else:
            known.add(text)
    new = sorted(set(used) - known, key=lambda text: used[text])
    for text in new:
        plural = {0: ""} if text.plural else {}
        catalogue.append(
            polib.POEntry(
                msgid=text.single,
                msgid_plural=text.plural,
                msgctxt=text.context or None,
                msgstr_plural=plural,
                comment=used[text].rpartition(":")[0],
            )
        )
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(CATALOGUE))
    _say(f"{len(used)} texts, {len(new)} new")
    return 0


def check() -> int:
    found = list(problems())
    for problem in found:
        _say(problem)
    return 1 if found else 0


def problems() -> Iterator[str]:
    """What keeps the Korean pages from being complete, one line each."""
    try:
        catalogue = _open(CATALOGUE)
    except (OSError, ValueError) as error:
        yield str(error)
        return
    used = collect()
    known = {_text(entry): entry for entry in catalogue if not entry.obsolete}
    for text in sorted(set(used) - set(known)):
        yield f"{used[text]}: no translation of {text.single!r}"
    for text in sorted(set(known) - set(used)):
        yield f"line {known[text].linenum}: unused: {text.single!r}"
    for text, times in Counter(map(_text, catalogue)).items():
        if times > 1:
            yield f"{times} times: {text.single!r} (make messages keeps one)"
    for entry in catalogue:
        yield from _complaints(entry)


def collect() -> dict[Text, str]:
    """Every text of pages and code, with the place where it was first seen."""
    texts: dict[Text, str] = {}
    for file in sorted(_sources("*.py")):
        _collect(texts, file, file.read_text(encoding="utf-8"))
    for file in sorted([*(ROOT / "templates").rglob("*.*"), *_sources("templates/**/*.*")]):
        if file.is_file():
            _collect(texts, file, _as_python(templatize(file.read_text(encoding="utf-8"))))
    return texts


def _sources(pattern: str) -> Iterator[Path]:
    for app in APPS:
        yield from (ROOT / app).rglob(pattern)


def _collect(texts: dict[Text, str], file: Path, code: str) -> None:
    source = io.BytesIO(code.encode())
    for line, message, _comments, context in extract("python", source, keywords=KEYWORDS):
        single, plural = (message[0], message[1]) if isinstance(message, tuple) else (message, "")
        if single:
            texts.setdefault(Text(single, plural, context or ""), f"{file.relative_to(ROOT)}:{line}")


def _as_python(templatized: str) -> str:
    """Django turns a template into calls amid blanks; without their indentation they are Python."""
    return "\n".join(line.lstrip() for line in templatized.splitlines())


def _complaints(entry: polib.POEntry) -> Iterator[str]:
    where = f"line {entry.linenum}: {entry.msgid!r}"
    if entry.obsolete:
        yield f"{where} is obsolete"
        return
    if entry.fuzzy:
        yield f"{where} is marked fuzzy"
    translations = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    if not all(translation.strip() for translation in translations):
        yield f"{where} has no translation"
        return
    wanted = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
    for translation in translations:
        if set(PLACEHOLDER.findall(translation)) != wanted:
            yield f"{where} has other placeholders than its translation"


def _open(path: Path) -> polib.POFile:
    import polib

    if path.exists():
        return polib.pofile(str(path), wrapwidth=0)
    catalogue = polib.POFile(wrapwidth=0)
    catalogue.metadata = dict(HEADER)
    return catalogue


def _text(entry: polib.POEntry) -> Text:
    return Text(entry.msgid, entry.msgid_plural or "", entry.msgctxt or "")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
