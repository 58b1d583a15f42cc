"""Each process's lines under its name."""

from __future__ import annotations

import sys
from itertools import cycle
from typing import TextIO

COLOURS = (36, 35, 32, 33, 34, 96, 95)
WIDTH = 7


class Console:
    """Lines with the name of who says them; in colour on a terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.colour = self.stream.isatty()
        self._free = cycle(COLOURS)
        self._given: dict[str, int] = {}

    def line(self, name: str, text: str) -> None:
        self._write(f"{self._label(name)} {text}\n")

    def plain(self, text: str) -> None:
        self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        except BrokenPipeError:
            pass  # whoever read us has gone; the processes still want an orderly end

    def _label(self, name: str) -> str:
        label = f"{name:<{WIDTH}} |"
        if not self.colour:
            return label
        code = self._given.setdefault(name, 0) or next(self._free)
        self._given[name] = code
        return f"\x1b[{code}m{label}\x1b[0m"
