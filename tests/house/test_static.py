"""What production serves: names with hashes, and modules that import each other by those names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services import ROOT

pytestmark = pytest.mark.unit

COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.DOTALL | re.MULTILINE)
IMPORT = re.compile(r"(?:\bfrom|\bimport)\s*\(?\s*[\"'](\.[^\"']+)[\"']")
HASHED = re.compile(r"\.[0-9a-f]{12}\.js$")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static")
    environment = os.environ | {
        "ENVIRONMENT": "production",
        "SECRET_KEY": "only-for-tests-only-for-tests-only-for-tests",
        "RECORDING_KEYS": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "PUBLIC_URL": "https://calls.example",
        "STATIC_ROOT": str(folder),
        "ALLOW_FIXTURE_SPEECH": "no",
    }
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_module_that_a_page_loads_is_named_by_its_content(collected: Path) -> None:
    waiting = [page for page in (collected / "js").glob("*-page.*.js") if HASHED.search(page.name)]
    assert len(waiting) >= 5
    seen: set[Path] = set()
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        code = COMMENT.sub("", module.read_text(encoding="utf-8"))
        for name in IMPORT.findall(code):
            assert HASHED.search(name), f"{module.name} imports {name}"
            waiting.append((module.parent / name).resolve(strict=True))
    assert len(seen) > 20
