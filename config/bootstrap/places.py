"""Where things are."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "config" / "requirements"
FRONTEND = ROOT / "config" / "frontend"
STATIC = ROOT / "static"
STAMPS = ROOT / "var" / "setup"
UNWANTED = {"PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "DJANGO_SETTINGS_MODULE"}


def venv_environment() -> dict[str, str]:
    """The environment for commands of the virtual environment.

    Without PYTHONDONTWRITEBYTECODE, which some machines set: six processes that compile everything at every start take
    three times as long. Without DJANGO_SETTINGS_MODULE, which importing `config` sets: pytest-django would read the settings
    before tests/conftest.py has chosen them.
    """
    kept = {key: value for key, value in os.environ.items() if key not in UNWANTED}
    path = f"{VENV / 'bin'}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return kept | {"VIRTUAL_ENV": str(VENV), "PATH": path, "PYTHONUNBUFFERED": "1"}
