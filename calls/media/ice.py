"""ICE-lite on one UDP port (RFC 8445 section 2.5, RFC 7983).

The browser does the work: it sends Binding requests with the user name and password that it was told. We
answer those that prove the password, and send to the address that it nominates. Strangers' packets are
dropped without an answer, so that the port cannot be used to find or flood anyone.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import time
from collections.abc import Callable
from typing import Any, Protocol, cast

from calls.media import stun
from calls.media.datagrams import Destination, sockaddr
from calls.media.directory import Directory
from calls.media.holding import Holding
from calls.media.inbox import MOST_AT_ONCE, Inbox, address_of
from calls.media.outbox import Outbox
from calls.media.rtp import RtpPacket

logger = logging.getLogger(__name__)

Address = tuple[str, int]
RECEIVE_BUFFER = 4 << 20
# A browser with several networks probes from each; more than this is somebody's game.
MAX_ADDRESSES = 16
DTLS_BACKLOG = 64
MOST_READS = 4


def random_name(length: int) -> str:
    """Unguessable letters and digits."""
    alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "".join(secrets.choice(alphabet) for _ in range(length))


class IceLite:
    """One client's ICE session, in the shape that aiortc's DTLS transport wants: `_recv`, `_send`, `role`."""

    role = "controlled"

    def __init__(self, port: UdpPort) -> None:
        self._port = port
        self.username = random_name(8)
        self.password = random_name(24)
        self._old_username: str | None = None
        self._old_password = ""
        self.destination: Destination | None = None
        """Where packets go: what the client nominated, until it is silent for too long."""
        self.addresses: list[Address] = []
        self.on_media: Callable[[bytes], None] | None = None
        self.on_moved: Callable[[], None] = _nobody_asks
        self.last_heard: float | None = None
        self._handshake: asyncio.Queue[bytes | None] = asyncio.Queue()
        port.register(self.username, self)

    def parameters(self) -> dict[str, Any]:
        return {"usernameFragment": self.username, "password": self.password, "iceLite": True}

    def restart(self) -> dict[str, Any]:
        """New credentials; the old ones hold until the client uses the new."""
        self._forget_old()
        self._old_username, self._old_password = self.username, self.password
        self.username, self.password = random_name(8), random_name(24)
        self._port.register(self.username, self)
        return self.parameters()

    def password_of(self, username: str) -> str:
        return self.password if username == self.username else self._old_password

    def is_settled(self, username: str, name: bytes) -> bool:
        """Would a check from there change nothing?"""
        to = self.destination
        known = username == self.username and self._old_username is None
        return known and to is not None and to.name == name

    def checked(self, username: str, address: Address, *, nominated: bool, now: float) -> None:
        """A Binding request from this address proved the password."""
        self.last_heard = now
        restarted = username == self.username and self._old_username is not None
        if restarted:
            self._forget_old()
        if address not in self.addresses:
            self._remember(address)
        if (nominated or restarted or self.address is None) and address != self.address:
            self.destination = self._port.destination(address)
            self.on_moved()

    @property
    def address(self) -> Address | None:
        return None if self.destination is None else self.destination.address

    def consent_ran_out(self) -> None:
        """Nothing more is sent until the client proves again that it wants it (RFC 7675)."""
        if self.destination is not None:
            self.destination = None
            self.on_moved()

    def heard(self, now: float) -> None:
        self.last_heard = now

    def handshake_arrived(self, data: bytes) -> None:
        # Full only if a peer floods its own handshake; DTLS sends again what matters.
        if self._handshake.qsize() < DTLS_BACKLOG:
            self._handshake.put_nowait(data)

    def send(self, data: bytes) -> None:
        if self.destination is not None:
            self._port.send(data, self.destination.address)

    @property
    def outbox(self) -> Outbox:
        return self._port.outbox

    def close(self) -> None:
        self._port.forget(self)
        self._forget_old()
        self.on_media = None
        self._handshake.put_nowait(None)

    async def _recv(self) -> bytes:
        data = await self._handshake.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self.send(data)

    def _remember(self, address: Address) -> None:
        self.addresses.append(address)
        self._port.bind(address, self)
        if len(self.addresses) > MAX_ADDRESSES:
            oldest = next(known for known in self.addresses if known != self.address)
            self.addresses.remove(oldest)
            self._port.unbind(oldest, self)

    def _forget_old(self) -> None:
        if self._old_username is not None:
            self._port.unregister(self._old_username)
            self._old_username, self._old_password = None, ""


class Sender(Protocol):
    """Of a stream that is known."""

    def arrived(self, packet: RtpPacket, now: float) -> None: ...


class UdpPort:
    """All clients' datagrams on one port: told apart by user name (checks), address and ssrc (known streams), or address.

    When much sound comes it is collected for some milliseconds (see holding.py).
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._by_username: dict[str, IceLite] = {}
        self._by_address: dict[bytes, IceLite] = {}
        """By the address in the kernel's form."""
        self._socket: socket.socket | None = None
        self._family = socket.AF_INET
        self._inbox: Inbox[Sender] | None = None
        self.directory: Directory[Sender] = Directory()
        self._collecting = Holding()
        self._holding: asyncio.TimerHandle | None = None
        self.prompt: set[str] = set()
        """What must be read when it comes: while there is any, nothing is collected."""
        self.outbox: Outbox = Outbox(None, self.send)

    @classmethod
    async def open(cls, host: str, port: int) -> UdpPort:
        """Listen; raises OSError where the port is taken."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)
        family, *_, address = found[0]
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.bind(address)
        except OSError:
            sock.close()
            raise
        opened = cls(loop.time)
        opened._listen(sock)
        return opened

    @property
    def number(self) -> int:
        """The port that is listened on."""
        assert self._socket is not None
        return cast(int, self._socket.getsockname()[1])

    def destination(self, address: Address) -> Destination:
        return Destination(address, self._family)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """One datagram from a host and port; what it causes has left when this returns."""
        self._arrived(data, sockaddr(addr[:2], self._family))
        self.outbox.flush()

    def register(self, username: str, session: IceLite) -> None:
        self._by_username[username] = session

    def unregister(self, username: str) -> None:
        self._by_username.pop(username, None)

    def bind(self, address: Address, session: IceLite) -> None:
        self._by_address[sockaddr(address, self._family)] = session

    def unbind(self, address: Address, session: IceLite) -> None:
        name = sockaddr(address, self._family)
        if self._by_address.get(name) is session:
            del self._by_address[name]

    def forget(self, session: IceLite) -> None:
        self.unregister(session.username)
        for address in session.addresses:
            self.unbind(address, session)

    def send(self, data: bytes, address: Address) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(data, address)
        except OSError as error:
            # No room, or no way there: lost, as on any network.
            logger.debug("udp error: %s", type(error).__name__)

    def close(self) -> None:
        if self._socket is None:
            return
        if self._holding is not None:
            self._holding.cancel()
            self._holding = None
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        self._socket = None

    def _listen(self, sock: socket.socket) -> None:
        # A burst of a hundred streams must not be lost while Python is busy for a few milliseconds.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, RECEIVE_BUFFER)
        self._socket, self._family = sock, sock.family
        self.outbox = Outbox(sock, self.send)
        self._inbox = Inbox(sock, self.directory, self.outbox)
        # What is compiled when it is first called is, before anybody is kept waiting by it.
        self._inbox.read(self._clock())
        asyncio.get_running_loop().add_reader(sock, self._readable)

    def _readable(self) -> None:
        now, began = self._clock(), time.monotonic()
        self._read()
        collected = self._collecting.begins(now, prompt=bool(self.prompt))
        if collected and self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._hold(began)

    def _read_held(self) -> None:
        """Go on so while it is worth it."""
        self._holding = None
        began = time.monotonic()
        if self._collecting.goes_on(self._read(), prompt=bool(self.prompt)):
            self._hold(began)
        elif self._socket is not None:
            asyncio.get_running_loop().add_reader(self._socket, self._readable)

    def _hold(self, began: float) -> None:
        wait = self._collecting.wait_after(time.monotonic() - began)
        self._holding = asyncio.get_running_loop().call_later(wait, self._read_held)

    def _read(self) -> int:
        """Everything that waits, but not so much that nothing else has its turn."""
        assert self._inbox is not None
        count = 0
        for _ in range(MOST_READS):
            read = self._inbox.read(self._clock())
            self._hand_on(self._inbox)
            self._flush()
            count += read
            if read < MOST_AT_ONCE:
                break
        return count

    def _hand_on(self, inbox: Inbox[Sender]) -> None:
        now = self._clock()
        for sender, packet in inbox.heard:
            try:
                sender.arrived(packet, now)
            except Exception:
                # One client's fault must not stop the reading for all the others.
                logger.exception("packet failed")
        for data, name in inbox.others:
            try:
                self._arrived(data, name)
            except Exception:
                logger.exception("datagram failed")

    def _flush(self) -> None:
        try:
            self.outbox.flush()
        except Exception:
            # What this round had is lost, as on any network; a port that is not read any more would be worse.
            logger.exception("round failed")

    def _arrived(self, data: bytes, name: bytes) -> None:
        if not data:
            return
        first = data[0]
        if first < 4:
            self._check(data, name)
            return
        session = self._by_address.get(name)
        if session is None:
            return
        if 127 < first < 192:
            if session.on_media is not None:
                session.on_media(data)
        elif 19 < first < 64:
            session.handshake_arrived(data)

    def _check(self, data: bytes, name: bytes) -> None:
        check = stun.parse(data)
        if check is None:
            return
        session = self._by_username.get(check.username)
        if session is None:
            return
        password = session.password_of(check.username)
        if not check.is_from(password):
            return
        answer, now = stun.answer(check, name, password), self._clock()
        if self._by_address.get(name) is session and session.is_settled(check.username, name):
            session.send(answer)
            session.heard(now)
            return
        address = address_of(name)
        self.send(answer, address)
        session.checked(check.username, address, nominated=check.nominates, now=now)
        if self._by_address.get(name) is not session:
            self.bind(address, session)


def _nobody_asks() -> None:
    """Of a session that nothing is sent over yet."""
