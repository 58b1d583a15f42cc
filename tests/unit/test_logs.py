"""Log lines, for people and for programs."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from config.helpers.logs import JsonFormatter, LineFormatter

pytestmark = [pytest.mark.unit, pytest.mark.req("S5.6")]


def record(message: str, *args: object, **facts: object) -> logging.LogRecord:
    made = logging.makeLogRecord(
        {"name": "calls.rooms", "levelname": "INFO", "levelno": logging.INFO, "msg": message, "args": args}
    )
    vars(made).update(facts)
    return made


def test_a_line_for_people_ends_with_its_facts() -> None:
    formatter = LineFormatter("%(levelname)s %(name)s %(message)s")
    assert formatter.format(record("left %s", "room", peer="p1", reason="lost")) == (
        "INFO calls.rooms left room peer=p1 reason=lost"
    )
    assert formatter.format(record("closed")) == "INFO calls.rooms closed"


@pytest.mark.parametrize("value", ["two words", "a\nb", "", "a\u2028b"])
def test_a_fact_cannot_begin_another_line_or_fact(value: str) -> None:
    line = LineFormatter("%(message)s").format(record("x", fact=value))
    assert line == f"x fact={json.dumps(value)}"
    assert len(line.splitlines()) == 1


def test_an_object_for_programs_has_the_same() -> None:
    body = json.loads(JsonFormatter().format(record("left %s", "room", peer="p1", code=4401)))
    assert body.pop("time").endswith("+00:00")
    assert body == {
        "level": "INFO", "logger": "calls.rooms", "message": "left room", "peer": "p1", "code": 4401,
    }  # fmt: skip


def test_a_fault_is_told_in_one_line_too() -> None:
    try:
        int("no")
    except ValueError:
        line = JsonFormatter().format(record("failed", exc_info=sys.exc_info()))
    assert "ValueError: invalid literal" in json.loads(line)["exception"]
    assert len(line.splitlines()) == 1
