"""Which tests show which capability: `make coverage-map`."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections import defaultdict
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).resolve().parent.parent / "docs" / "requirements.md"
ROW = re.compile(r"^\| (S\d+\.\d+) \| (.+?) \|$", re.MULTILINE)


class Collector:
    """Remembers the tests that carry `@pytest.mark.req`."""

    def __init__(self) -> None:
        self.tests: dict[str, list[str]] = defaultdict(list)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            for mark in item.iter_markers("req"):
                for identifier in mark.args:
                    self.tests[identifier].append(item.nodeid)


def requirements() -> dict[str, str]:
    """The capabilities by id, in the order of the document."""
    return dict(ROW.findall(REQUIREMENTS.read_text(encoding="utf-8")))


def collect() -> dict[str, list[str]]:
    """Test ids by requirement id. Raises SystemExit when the tests cannot be collected."""
    collector = Collector()
    with contextlib.redirect_stdout(io.StringIO()):
        code = pytest.main(["--collect-only", "-q"], plugins=[collector])
    if code:
        raise SystemExit(
            f"the tests could not be collected (pytest says {int(code)}); run pytest --collect-only"
        )
    return collector.tests


def main() -> int:
    wanted, tests = requirements(), collect()
    for identifier, text in wanted.items():
        print(f"{identifier}  {text[:90]}")
        for test in sorted(set(tests.get(identifier, []))) or ["- no test yet"]:
            print(f"        {test}")
    unknown = sorted(set(tests) - set(wanted))
    shown = sum(1 for identifier in wanted if tests.get(identifier))
    print(f"\n{shown} of {len(wanted)} capabilities have a test")
    if unknown:
        print(f"not in docs/requirements.md: {', '.join(unknown)}")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
