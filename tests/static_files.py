"""The static files of the test run, looked up once per process.

WhiteNoise reads every file's facts whenever Django loads its middleware, and each test client loads it anew.
"""

from __future__ import annotations

import pytest
from whitenoise.middleware import WhiteNoiseMiddleware


def find_static_files_once(patch: pytest.MonkeyPatch) -> None:
    look = WhiteNoiseMiddleware.add_files_from_finders
    found: dict[str, object] = {}

    def once(middleware: WhiteNoiseMiddleware) -> None:
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", once)
