"""docs/running.md lists every variable that is read, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit
ROOT = Path(__file__).resolve().parent.parent.parent
READ = re.compile(r"env\.(?:text|boolean|integer|words|choice|amount)\(\s*\"(\w+)\"")
SOURCES = ("config/settings.py", "config/helpers/database.py", "config/supervisor/options.py")


def test_every_variable_is_explained() -> None:
    read = {name for source in SOURCES for name in READ.findall((ROOT / source).read_text(encoding="utf-8"))}
    rows = re.findall(
        r"^\| (`[A-Z].*?) \|", (ROOT / "docs/running.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    explained = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert explained == read
