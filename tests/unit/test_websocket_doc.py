"""docs/websocket.md is the contract: its tables name the messages, fields and codes of the code, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from calls.signaling.errors import CloseCode, ErrorCode
from calls.signaling.messages import REQUESTS, wire_fields
from calls.signaling.notices import EVENTS, NOTICES

pytestmark = pytest.mark.unit

DOC = (Path(__file__).parents[2] / "docs" / "websocket.md").read_text(encoding="utf-8")


def table(heading: str, end: str | None) -> list[list[str]]:
    """The cells of the table between two lines, without its two head rows."""
    start = DOC.index(heading) + len(heading)
    section = DOC[start : DOC.index(end, start) if end else None]
    lines = [line.strip()[1:-1] for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split("|")] for line in lines[2:]]


def ticked(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


FROM_PAGE = table("## From the page", "## To the page")
TO_PAGE = table("## To the page", "The **call snapshot**")


@pytest.mark.req("S1.12")
@pytest.mark.req("S2.9")
def test_every_request_is_written_down_with_its_aliases() -> None:
    written = {tuple(ticked(row[0])) for row in FROM_PAGE}
    assert written == {cls.names for cls in REQUESTS.values()}


def test_every_field_of_a_request_is_written_down() -> None:
    for row in FROM_PAGE:
        cls = REQUESTS[ticked(row[0])[0]]
        written = {field.removesuffix("?"): field.endswith("?") for field in ticked(row[1])}
        assert written == wire_fields(cls), row[0]


def test_every_notice_is_written_down_with_its_fields() -> None:
    written = {kind: set(ticked(row[1])) for row in TO_PAGE for kind in ticked(row[0])}
    assert written == {kind: set(fields.split()) for kind, fields in NOTICES.items()}


def test_events_are_marked_as_events() -> None:
    assert {ticked(row[0])[0] for row in TO_PAGE if row[2].startswith("event")} == EVENTS


def test_every_error_code_is_written_down() -> None:
    assert {ticked(row[0])[0] for row in table("## Error codes", None)} == {code.value for code in ErrorCode}


def test_every_close_code_is_written_down() -> None:
    written = {int(row[0]) for row in table("The server hangs up with", "## From the page")}
    assert written == {code.value for code in CloseCode}
