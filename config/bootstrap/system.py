"""Parts of the operating system that only the tests need. `make run` needs none of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .console import SetupError, run, say
from .places import ROOT


@dataclass(frozen=True)
class Part:
    """Something a test needs, how to see it, and the Debian package that has it."""

    name: str
    package: str
    present: Callable[[], bool]


def _program(*names: str) -> Callable[[], bool]:
    """Also in sbin, which is not on everybody's PATH."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    return lambda: any(shutil.which(name, path=path) for name in names)


def _file(pattern: str) -> Callable[[], bool]:
    return lambda: any(Path("/").glob(pattern))


def _postgres() -> bool:
    if "TEST_DATABASE_URL" in os.environ:
        return True
    return _program("initdb")() or _file("usr/lib/postgresql/*/bin/initdb")()


PARTS = (
    Part("Chromium", "chromium", _program("chromium", "chromium-browser", "google-chrome")),
    Part("Firefox", "firefox-esr", _program("firefox-esr", "firefox")),
    Part("coturn", "coturn", _program("turnserver")),
    Part("espeak-ng", "espeak-ng", _program("espeak-ng")),
    Part("Redis server", "redis-server", _program("redis-server")),
    Part("PostgreSQL server", "postgresql", _postgres),
    Part("Korean fonts", "fonts-noto-cjk", _file("usr/share/fonts/**/NotoSansCJK*")),
    Part("human speech, 16 kHz", "asterisk-core-sounds-en-g722", _file("usr/share/asterisk/sounds/*/*.g722")),
    Part("human speech, 8 kHz", "asterisk-core-sounds-en-wav", _file("usr/share/asterisk/sounds/*/*.wav")),
    Part(
        "the words of the human speech",
        "asterisk-core-sounds-en",
        _file("usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"),
    ),
    Part("ip (iproute2)", "iproute2", _program("ip")),
)


def install_test_parts() -> None:
    """Install what is missing where we may; otherwise name it, with the command, and stop."""
    missing = [part for part in PARTS if not part.present()]
    if not missing:
        return
    packages = [part.package for part in missing]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _install(packages)
        missing = [part for part in missing if not part.present()]
    if missing:
        names = ", ".join(part.name for part in missing)
        command = f"sudo apt-get install --no-install-recommends {' '.join(part.package for part in missing)}"
        raise SetupError(f"the tests need {names}; on Debian and Ubuntu: {command}")


def _install(packages: list[str]) -> None:
    say(f"  system parts for the tests: {', '.join(packages)}")
    environment = dict(os.environ) | {"DEBIAN_FRONTEND": "noninteractive"}
    run("package lists", ["apt-get", "update", "-q"], env=environment, cwd=ROOT)
    install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages]
    run("system packages", install, env=environment, cwd=ROOT)
