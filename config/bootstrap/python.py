"""The virtual environment and the pinned packages in it."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from .console import SetupError, run, say
from .places import PYTHON, REQUIREMENTS, ROOT, STAMPS, VENV, venv_environment
from .stamps import Stamp, digest


def install(*, dev: bool) -> None:
    """Make .venv hold the pinned packages; with `dev` also those of the tests."""
    if VENV.is_symlink():
        return  # a shared environment of a developer: theirs to fill
    stamp = Stamp(STAMPS, "python")
    wanted = {kind: _fingerprint(kind) for kind in ("base", "dev")}
    if PYTHON.exists() and (stamp.fits(wanted["dev"]) or (not dev and stamp.fits(wanted["base"]))):
        return
    kind = "dev" if dev else "base"
    stamp.forget()
    if not PYTHON.exists():
        _create()
    _fill(REQUIREMENTS / f"{kind}.txt")
    stamp.press(wanted[kind])


def _fingerprint(kind: str) -> str:
    return digest([REQUIREMENTS / f"{kind}.txt"], kind, platform.python_version(), sys.prefix)


def _create() -> None:
    try:
        run("virtual environment", [sys.executable, "-m", "venv", "--clear", VENV], cwd=ROOT)
    except SetupError as failure:
        raise SetupError(f"{failure} (on Debian and Ubuntu: apt-get install python3-venv)") from None


def _fill(requirements: Path) -> None:
    """uv is several times as fast; pip alone does the same work."""
    pip: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--require-hashes",
        "-r",
    ]
    environment = venv_environment()
    try:
        run("installer", [*pip, REQUIREMENTS / "installer.txt"], env=environment, cwd=ROOT)
        uv: list[str | Path] = [
            VENV / "bin" / "uv",
            "pip",
            "install",
            "--require-hashes",
            "--python",
            PYTHON,
            "-r",
        ]
        run("Python packages", [*uv, requirements], env=environment, cwd=ROOT)
    except SetupError as failure:
        if "no network" in str(failure):
            raise
        say("  the fast installer did not work here; pip does it")
        run("Python packages by pip", [*pip, requirements], env=environment, cwd=ROOT)
