"""The steps that the project's own code does: compiled messages and media server, the database, the demo data."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from .console import run
from .places import PYTHON, REQUIREMENTS, ROOT, STAMPS, venv_environment
from .stamps import Stamp, digest

SEED = "*/management/commands/seed_demo.py"


def compile_messages() -> None:
    sources = list((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))
    stamp, wanted = Stamp(STAMPS, "messages"), digest(sources)
    if stamp.fits(wanted) and all(source.with_suffix(".mo").exists() for source in sources):
        return
    _python("languages", "-m", "config.messages", "compile")
    stamp.press(wanted)


def compile_media_server() -> None:
    """What it is too slow for Python to do; it would be done at its first start otherwise."""
    stamp = Stamp(STAMPS, "media-server")
    wanted = digest([*ROOT.glob("calls/media/*.py"), REQUIREMENTS / "base.txt"], platform.python_version())
    if stamp.fits(wanted):
        return
    _python("media server", "-m", "calls.media.prepare")
    stamp.press(wanted)


def prepare_database() -> None:
    """Migrate, then add the demo data: only where nothing says that this is production."""
    stamp, wanted = Stamp(STAMPS, "database"), _fingerprint()
    if stamp.fits(wanted) and _own_database_exists():
        return
    stamp.forget()
    _python("database", "manage.py", "migrate", "--no-input", "--verbosity", "0")
    if any(ROOT.glob(SEED)) and os.environ.get("ENVIRONMENT", "local") == "local":
        _python("demo data", "manage.py", "seed_demo")
    stamp.press(wanted)


def _fingerprint() -> str:
    facts = (os.environ.get("DATABASE_URL", ""), os.environ.get("ENVIRONMENT", ""), str(_data_dir()))
    dotenv = [ROOT / ".env"] if (ROOT / ".env").exists() else []
    return digest([*ROOT.glob("*/migrations/*.py"), *ROOT.glob(SEED), *dotenv], *facts)


def _data_dir() -> Path:
    return Path(os.environ.get("DATA_DIR", ROOT / "var"))


def _own_database_exists() -> bool:
    """SQLite's file may have been thrown away; the state of a database elsewhere only its server knows."""
    elsewhere = "DATABASE_URL" in os.environ or (ROOT / ".env").exists()
    return not elsewhere and (_data_dir() / "db.sqlite3").exists()


def _python(label: str, *arguments: str) -> None:
    run(label, [PYTHON, *arguments], env=venv_environment(), cwd=ROOT)
