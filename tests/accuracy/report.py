"""Rows of docs/accuracy.md: each table stands between its own markers and is written by the run that measured it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "accuracy.md"

Row = tuple[str, ...]


def write(part: str, command: str, head: Row, rows: Iterable[Row], note: str = "") -> str:
    """Put a table in the place of the one before it; gives the table. Raises ValueError without its markers."""
    table = "\n".join([f"`{command}`, {date.today().isoformat()}. {note}".strip(), "", *_lines(head, rows)])
    begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    page, count = re.subn(
        f"{begin}.*?{end}",
        lambda _: f"{begin}\n{table}\n{end}",
        PAGE.read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    if count != 1:
        raise ValueError(f"{PAGE.name} has no place for {part}")
    PAGE.write_text(page, encoding="utf-8")
    return table


def _lines(head: Row, rows: Iterable[Row]) -> Iterable[str]:
    yield _line(head)
    yield _line(tuple("---" for _ in head))
    yield from map(_line, rows)


def _line(row: Row) -> str:
    return f"| {' | '.join(row)} |"
