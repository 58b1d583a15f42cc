"""How a line of the log looks: the text, then the facts that came with it, as `key=value` or as one JSON object."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; the rest was given by `extra`."""


class LineFormatter(logging.Formatter):
    """For people: `2026-11-21 09:00:00,000 INFO calls.rooms left room peer=... reason=lost`."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        line = super().formatMessage(record)
        return " ".join([line, *(f"{name}={_word(value)}" for name, value in facts(record).items())])


class JsonFormatter(logging.Formatter):
    """For programs: one object per line."""

    def format(self, record: logging.LogRecord) -> str:
        body: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **facts(record),
        }
        if record.exc_info:
            body["exception"] = self.formatException(record.exc_info)
        return json.dumps(body, ensure_ascii=False, default=str)


def facts(record: logging.LogRecord) -> dict[str, Any]:
    return {
        name: value for name, value in vars(record).items() if name not in USUAL and not name.startswith("_")
    }


def _word(value: object) -> str:
    """One word, so that a line stays a line whatever is in it."""
    text = str(value)
    return text if text.isprintable() and " " not in text and text else json.dumps(text)


def log_settings(form: str, level: str) -> dict[str, Any]:
    """Django's LOGGING: `form` is `line` or `json`. Libraries that tell what was said or asked are kept quiet."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "config.helpers.logs.LineFormatter",
                "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
            },
            "json": {"()": "config.helpers.logs.JsonFormatter"},
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.request": {"level": "ERROR"},
            "django.channels.server": {"level": "WARNING"},
            "daphne": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
            "httpx2": {"level": "WARNING"},
            "faster_whisper": {"level": "WARNING"},
            "aioice": {"level": "WARNING"},
            "aiortc": {"level": "WARNING"},
        },
    }
