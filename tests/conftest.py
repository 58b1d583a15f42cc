"""The ground that all tests stand on: settings of a test run, a real Redis, and the running system for e2e.

Each pytest process (also each xdist worker) has its own data folder, Redis and database, so nothing is shared but the
processor. Settings are read at import, so the addresses are chosen here, before Django starts.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import django
import django.conf
import pytest
from hypothesis import settings as hypothesis_settings

from tests.emptying import delete_rows_instead_of_flushing
from tests.migrated import copy_migrated
from tests.passwords import hash_quickly
from tests.services import Coturn, RedisServer
from tests.stack import Stack
from tests.static_files import find_static_files_once

# How long an example takes says how busy the machine is: no test measures time.
hypothesis_settings.register_profile("house", deadline=None)
hypothesis_settings.load_profile("house")

KINDS = {"unit", "db", "wire", "media", "e2e", "model"}
OWN_FOLDERS = {"media": "tests/media/", "e2e": "tests/e2e/"}
FOLDER = Path(tempfile.mkdtemp(prefix="cc-test-"))
REDIS = RedisServer(FOLDER / "redis")

# What a developer has configured for their own system must not leak into the tests: TEST_DATABASE_URL is the one door.
# The settings module is named here and not in pyproject.toml: pytest-django would read it before this file runs.
os.environ.update(
    DJANGO_SETTINGS_MODULE="config.settings",
    ENVIRONMENT="test",
    SECRET_KEY="only-for-tests-only-for-tests-only-for-tests",
    DATA_DIR=str(FOLDER),
    REDIS_URL=REDIS.url,
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{FOLDER}/db.sqlite3",
    ALLOW_FIXTURE_SPEECH="yes",
    PUBLIC_URL="http://localhost:8000",
    LANGUAGE_CODE="ko",
)
django.setup()  # the conftest files of the folders import models
if FOLDER.resolve() != django.conf.settings.DATA_DIR:
    raise pytest.UsageError("the settings were read before tests/conftest.py: unset DJANGO_SETTINGS_MODULE")
# An xdist worker inherits this environment; with the name in it pytest-django would read our settings before its own are made.
del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test says which kind it is and lies where it is looked for: others would be run by no step of `make test`."""
    for item in items:
        kinds = KINDS & {mark.name for mark in item.iter_markers()}
        if len(kinds) != 1:
            raise pytest.UsageError(
                f"{item.nodeid}: mark it with one of {', '.join(sorted(KINDS))}; found {kinds}"
            )
        folder = OWN_FOLDERS.get(kinds.pop(), "tests/")
        if not item.nodeid.startswith(folder):
            raise pytest.UsageError(f"{item.nodeid} belongs into {folder}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.testsfailed and os.environ.get("KEEP_TEST_DATA"):
        return
    shutil.rmtree(FOLDER, ignore_errors=True)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A real Redis; `redis_server.url` is also settings.REDIS_URL."""
    server = REDIS.start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _redis_for_all_but_unit(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("unit") is None:
        request.getfixturevalue("redis_server")


@pytest.fixture(scope="session", autouse=True)
def _nothing_done_twice() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        hash_quickly()
        delete_rows_instead_of_flushing(patch)
        find_static_files_once(patch)
        yield


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool, django_db_modify_db_settings: None) -> bool:
    """A database that is there already is not made again: a copy of the run's migrated one, if it has one."""
    from django.db import connection  # after django.setup()

    if connection.vendor != "sqlite":
        return django_db_keepdb
    return django_db_keepdb or copy_migrated(Path(connection.settings_dict["TEST"]["NAME"]))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """The threads of sockets keep their connections; PostgreSQL drops no database that somebody looks at."""
    yield
    database = sys.modules.get("calls.sockets.database")
    if database is not None:
        database.close_connections()


@pytest.fixture(scope="session")
def _each_sound_once() -> Iterator[pytest.MonkeyPatch]:
    from tests.hearing import hear_each_sound_once  # after django.setup()

    with pytest.MonkeyPatch.context() as patch:
        hear_each_sound_once(patch)
        yield patch


@pytest.fixture(autouse=True)
def _heard_before(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("db") is not None:
        request.getfixturevalue("_each_sound_once")


@pytest.fixture(scope="session")
def coturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    server = Coturn(tmp_path_factory.mktemp("coturn")).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def start_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Stack]]:
    """Start a running system of one's own: `start_stack(TURN_URLS=..., OFFER_SECONDS="3")`. Stopped at the end."""
    started: list[Stack] = []

    def start(**environment: str) -> Stack:
        stack = Stack(tmp_path_factory.mktemp("stack"), environment)
        started.append(stack)
        return stack.start()

    yield start
    for stack in started:
        stack.stop()


@pytest.fixture(scope="session")
def live_stack(start_stack: Callable[..., Stack], coturn: Coturn) -> Stack:
    """The running system: web, media, worker, batch, beat, Redis, its own database, and a TURN server beside it."""
    return start_stack(**coturn.environment)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A failed test against the running system shows the end of each process's log."""
    report = yield
    if report.failed and report.when == "call":
        for value in getattr(item, "funcargs", {}).values():
            if hasattr(value, "log_tails"):
                report.sections.extend(value.log_tails())
    return report
