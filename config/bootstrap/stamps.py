"""Which steps are done already: a step is repeated only when what it was made from has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest(files: Iterable[Path], *facts: str) -> str:
    """One hash over file names, their contents and other facts (a version, an address)."""
    total = hashlib.sha256()
    for fact in facts:
        total.update(fact.encode() + b"\0")
    for file in sorted(files):
        total.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


class Stamp:
    """The remembered hash of one step."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}.stamp"

    def fits(self, value: str) -> bool:
        try:
            return self.path.read_text(encoding="ascii") == value
        except OSError:
            return False

    def press(self, value: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(value, encoding="ascii")

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
