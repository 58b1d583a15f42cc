"""Real browsers for a test; what they looked like when it failed is kept under var/test/."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.browser import Browsers, browsers
from tests.e2e.chromium import Chromiums, chromiums
from tests.e2e.company import Company
from tests.e2e.people import Scene
from tests.services import ROOT
from tests.stack import Stack

KEPT = ROOT / "var" / "test"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All browser tests share one event loop, as their browsers do."""
    for item in items:
        if item.nodeid.startswith("tests/e2e/") and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lender(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chromiums]:
    async with chromiums(tmp_path_factory.mktemp("chromiums")) as lender:
        yield lender


@pytest_asyncio.fixture(loop_scope="session")
async def open_browsers(
    request: pytest.FixtureRequest, lender: Chromiums, tmp_path: Path
) -> AsyncIterator[Browsers]:
    """`tab = await open_browsers.open("cara", voice=wav, phone=True)`; all are closed at the end."""
    async with browsers(tmp_path, lender) as opened:
        yield opened
        if getattr(request.node, "failed", False):
            await opened.keep_pictures()
            _keep(tmp_path, KEPT / request.node.name)


@pytest.fixture
def scene(live_stack: Stack, open_browsers: Browsers, tmp_path: Path) -> Scene:
    """`scene.set("alice")`, then `alice = await scene.agent()` and `cara = await scene.cara()`."""
    return Scene(live_stack, open_browsers, tmp_path)


@pytest.fixture
def company(scene: Scene) -> Company:
    """`scene.set("alice", "dan")`, then `alice, dan = await company.of("alice", "dan")`: several people in one browser."""
    return Company(scene)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> AsyncIterator[None]:
    report = yield
    if report.when == "call":
        item.failed = report.failed
    return report


def _keep(folder: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for picture in folder.glob("*.png"):
        shutil.copy(picture, target)
