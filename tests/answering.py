"""Python inside a running system, for its tests: a line {"code"} of JSON in, a line {"answer"} or {"error"} out.

`python -m tests.answering` with the system's environment. One process answers many questions: Django takes seconds to start.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any

import django

MARK = "answer:"


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from tests.passwords import hash_quickly  # after django.setup()

    hash_quickly()
    for line in sys.stdin:
        print(MARK + json.dumps(_answer(json.loads(line)["code"]), default=str), flush=True)


def _answer(code: str) -> dict[str, Any]:
    from django.db import connections

    scope: dict[str, Any] = {}
    try:
        exec(code, scope)
        return {"answer": scope["answer"]}
    except Exception:
        return {"error": traceback.format_exc()}
    finally:
        connections.close_all()


if __name__ == "__main__":
    main()
