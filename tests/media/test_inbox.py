"""Reading many datagrams at once, and the port that does it."""

from __future__ import annotations

import asyncio
import socket

import pytest

from calls.media.datagrams import PLACE_BYTES, sockaddr
from calls.media.directory import Directory
from calls.media.ice import IceLite, UdpPort
from calls.media.inbox import MOST_AT_ONCE, RECVMMSG, Inbox, address_of
from calls.media.outbox import Outbox

pytestmark = pytest.mark.media

LONG = PLACE_BYTES + 1


class Reader:
    """What an inbox gives that knows no streams."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self._socket = inbox._socket

    def read(self) -> list[tuple[bytes, bytes]]:
        self.inbox.read(0.0)
        assert not self.inbox.heard
        return self.inbox.others


@pytest.fixture(params=["together", "singly"])
def inbox(request):
    """With recvmmsg, and as on a system without it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        made = Reader(Inbox(sock, Directory(), Outbox(sock, sock.sendto)))
        assert made.inbox.means[RECVMMSG]
        if request.param == "singly":
            made.inbox.means[RECVMMSG] = 0
        yield made


@pytest.fixture
def sender():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock


def test_datagrams_come_in_order_with_their_sender_and_nothing_of_the_one_before(inbox, sender) -> None:
    to = inbox._socket.getsockname()
    for data in (b"a longer one", b"short", bytes(PLACE_BYTES), b"last"):
        sender.sendto(data, to)
    name = sockaddr(sender.getsockname(), socket.AF_INET)
    assert inbox.read() == [(data, name) for data in (b"a longer one", b"short", bytes(PLACE_BYTES), b"last")]
    assert inbox.read() == []


def test_what_is_too_long_is_left_out_and_takes_nothing_with_it(inbox, sender) -> None:
    to = inbox._socket.getsockname()
    for data in (b"before", bytes(LONG), bytes(9000), b"behind"):
        sender.sendto(data, to)
    assert [data for data, _ in inbox.read()] == [b"before", b"behind"]


def test_what_does_not_fit_in_one_read_waits_for_the_next(inbox, sender) -> None:
    for number in range(MOST_AT_ONCE + 3):
        sender.sendto(b"%d" % number, inbox._socket.getsockname())
    read = inbox.read()
    assert len(read) == MOST_AT_ONCE
    assert [data for data, _ in read + inbox.read()] == [b"%d" % n for n in range(MOST_AT_ONCE + 3)]


@pytest.mark.parametrize(
    ("family", "address"),
    [
        (socket.AF_INET, ("192.0.2.7", 4000)),
        (socket.AF_INET6, ("2001:db8::7", 65_535)),
        (socket.AF_INET6, ("fe80::1%3", 1)),
        (socket.AF_INET6, ("::ffff:192.0.2.7", 9)),
    ],
)
def test_a_senders_name_is_its_address_and_the_other_way_round(family, address) -> None:
    assert address_of(sockaddr(address, family)) == address


def test_an_ipv4_sender_has_one_name_on_a_dual_stack_port() -> None:
    mapped = sockaddr(("::ffff:192.0.2.7", 9), socket.AF_INET6)
    assert sockaddr(("192.0.2.7", 9), socket.AF_INET6) == mapped


async def quick_ones(port: UdpPort, sender, till) -> None:
    """One at a time, each read before the next is sent."""
    session = IceLite(port)
    came = asyncio.Event()
    session.on_media = lambda data: came.set()
    session.checked(session.username, sender.getsockname(), nominated=True, now=0.0)
    async with asyncio.timeout(10):
        for _ in range(100):
            came.clear()
            sender.sendto(b"\x80", ("127.0.0.1", port.number))
            await came.wait()
            if till():
                return


async def test_a_port_collects_what_comes_quickly_and_stops_when_it_is_not_worth_it(sender) -> None:
    port = await UdpPort.open("127.0.0.1", 0)
    # No two are further apart than no time at all.
    port._clock = lambda: 0.0
    await quick_ones(port, sender, lambda: port._holding is not None)
    assert port._holding is not None
    async with asyncio.timeout(10):
        while port._holding is not None:
            await asyncio.sleep(0.001)
    port.close()


async def test_a_port_collects_nothing_while_somebody_sends_pictures(sender) -> None:
    port = await UdpPort.open("127.0.0.1", 0)
    port._clock = lambda: 0.0
    port.prompt.add("camera")
    await quick_ones(port, sender, lambda: port._holding is not None)
    assert port._holding is None
    port.close()


async def test_a_port_collects_nothing_that_comes_seldom(sender) -> None:
    port = await UdpPort.open("127.0.0.1", 0)
    instants = iter(range(1000))
    port._clock = lambda: float(next(instants))
    await quick_ones(port, sender, lambda: port._holding is not None)
    assert port._holding is None
    port.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::"])
async def test_a_port_hands_on_bursts_and_single_ones(host: str, sender) -> None:
    """A burst is collected for some milliseconds at a time; then the port is as it was before."""
    port = await UdpPort.open(host, 0)
    session = IceLite(port)
    came: list[bytes] = []
    changed = asyncio.Event()

    def take(data: bytes) -> None:
        came.append(data)
        changed.set()

    session.on_media = take
    _, number = sender.getsockname()
    session.checked(session.username, ("127.0.0.1", number), nominated=True, now=0.0)
    sent: list[bytes] = []
    async with asyncio.timeout(20):
        for count in (1, 2, 300, 1, 1):
            for _ in range(count):
                sent.append(b"\x80%d" % len(sent))
                sender.sendto(sent[-1], ("127.0.0.1", port.number))
            while len(came) < len(sent):
                changed.clear()
                await changed.wait()
    assert came == sent
    port.close()
    port.close()


async def test_a_fault_with_one_datagram_is_logged_and_the_next_is_read(sender, caplog) -> None:
    port = await UdpPort.open("127.0.0.1", 0)
    port._clock = lambda: 0.0
    session = IceLite(port)
    came: list[bytes] = []
    done = asyncio.Event()

    def take(data: bytes) -> None:
        came.append(data)
        if len(came) == 20:
            done.set()
        raise ValueError

    session.on_media = take
    session.checked(session.username, sender.getsockname(), nominated=True, now=0.0)
    for _ in range(20):
        sender.sendto(b"\x80", ("127.0.0.1", port.number))
    async with asyncio.timeout(10):
        await done.wait()
    port.close()
    assert [record.message for record in caplog.records].count("datagram failed") == 20


async def test_a_round_that_fails_is_logged_and_the_port_is_read_on(sender, caplog, monkeypatch) -> None:
    """Also while it collects, when nobody else would wake it again."""
    port = await UdpPort.open("127.0.0.1", 0)
    port._clock = lambda: 0.0

    def fail() -> None:
        raise ValueError

    monkeypatch.setattr(port.outbox, "flush", fail)
    await quick_ones(port, sender, lambda: port._holding is not None)
    assert port._holding is not None
    await quick_ones(port, sender, lambda: False)
    port.close()
    assert {record.message for record in caplog.records} == {"round failed"}


async def test_a_port_that_is_taken_is_refused(sender) -> None:
    with pytest.raises(OSError, match="in use"):
        await UdpPort.open("127.0.0.1", sender.getsockname()[1])


async def test_what_has_no_way_there_is_lost_and_stops_nothing(sender) -> None:
    port = await UdpPort.open("127.0.0.1", 0)
    port.send(b"\x80", ("255.255.255.255", 9))
    port.send(b"\x80", sender.getsockname())
    assert sender.recv(10) == b"\x80"
    port.close()
    port.send(b"\x80", sender.getsockname())
