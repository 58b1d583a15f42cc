"""The two households reach the middle and not each other: what the TURN test stands on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.network import CORE, Households

pytestmark = [pytest.mark.wire, pytest.mark.one_database]

ECHO = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("0.0.0.0", 4000))
    print("listening", flush=True)
    while True:
        server.sendto(*server.recvfrom(100))
"""
ASK = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.settimeout(1)
    for _ in range(int(sys.argv[2])):
        client.sendto(b"hello", (sys.argv[1], 4000))
        try:
            print(client.recv(100).decode())
            break
        except OSError:
            pass
    else:
        print("silence")
"""


@pytest.fixture
def households() -> Iterator[Households]:
    with Households() as households:
        yield households


@pytest.fixture
def echoes(households: Households) -> Iterator[None]:
    """Somebody who answers in each place."""
    started = []
    for place in ("core", "a", "b"):
        command = [*households.inside(place), sys.executable, "-c", ECHO]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE))
    for process in started:
        assert process.stdout.readline() == b"listening\n"
    yield
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.usefixtures("echoes")
def test_a_home_reaches_the_core_and_not_the_other_home(households: Households) -> None:
    def ask(place: str, address: str, tries: int) -> str:
        return households.run(place, sys.executable, "-c", ASK, address, str(tries)).strip()

    assert ask("a", CORE, 5) == ask("b", CORE, 5) == "hello"
    assert ask("a", "10.2.2.2", 1) == ask("b", "10.1.1.2", 1) == "silence"
    assert ask("a", "10.1.1.2", 1) == "hello"
