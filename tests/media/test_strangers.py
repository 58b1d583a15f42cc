"""Whatever arrives on the open port, only those who know a password are answered, and nothing falls over."""

from __future__ import annotations

import asyncio
import contextlib
import random
import struct
from typing import Any

import pylibsrtp
import pytest
from aioice import stun
from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp_lib

from calls.media import ice
from calls.media.datagrams import ffi
from calls.media.ice import IceLite, UdpPort
from calls.media.inbox import UNPROTECT
from calls.media.stun import COOKIE_BYTES
from calls.media.transport import MAX_RTCP_SOURCES
from calls.simulation.sfu_device import _announced
from tests.media.tones import ToneTrack, hear

pytestmark = pytest.mark.media


class Stranger(asyncio.DatagramProtocol):
    """A socket that speaks to the server's port and keeps what comes back."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.heard.put_nowait(data)

    def says(self, data: bytes) -> None:
        self.transport.sendto(data)


@pytest.fixture
async def mallory(server):
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_datagram_endpoint(Stranger, remote_addr=("127.0.0.1", server.port))
    yield protocol
    protocol.transport.close()


def check(username: str, password: str | None, *, nominate: bool = True) -> bytes:
    request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{username}:mallory"
    if nominate:
        request.attributes["USE-CANDIDATE"] = None
    if password is not None:
        request.add_message_integrity(password.encode())
    return bytes(request)


async def credentials(alice) -> tuple[str, str]:
    described = await alice.request("create-transport", {})
    return described["iceParameters"]["usernameFragment"], described["iceParameters"]["password"]


async def test_only_the_right_name_and_password_are_answered(party, mallory) -> None:
    username, password = await credentials(await party("alice"))
    mallory.says(check("nobody123", password))
    mallory.says(check(username, "wrong" * 5))
    mallory.says(check(username, None))
    tampered = bytearray(check(username, password))
    tampered[30] ^= 1
    mallory.says(bytes(tampered))
    valid = check(username, password)
    mallory.says(valid)
    # Datagrams on loopback keep their order: the first answer there is belongs to the last request.
    answer = stun.parse_message(await asyncio.wait_for(mallory.heard.get(), 5))
    assert answer.transaction_id == stun.parse_message(valid).transaction_id
    assert answer.check_message_integrity(password.encode())
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == mallory.transport.get_extra_info("sockname")
    assert mallory.heard.empty()


async def test_a_check_that_is_not_proved_does_not_move_a_call(party, mallory, server) -> None:
    alice = await party("alice")
    leg = await alice.device.send_leg()
    session = server._port._by_username[leg.ice._username.split(":")[0]]
    before = session.address
    username, password = await credentials(alice)
    mallory.says(check(leg.ice._username.split(":")[0], "wrong"))
    mallory.says(check(username, password))
    await asyncio.wait_for(mallory.heard.get(), 5)
    assert session.address == before


async def test_rubbish_neither_stops_the_server_nor_is_answered(party, mallory, server, caplog) -> None:
    alice, cara = await party("alice"), await party("cara")
    track = await cara.device.consume(await alice.device.produce(ToneTrack(440)))
    username, password = await credentials(alice)
    dice = random.Random(1)
    valid = check(username, password)
    for number in range(3000):
        data = dice.randbytes(dice.randrange(1, 200))
        if number % 3 == 1:
            data = b"\x00\x01" + struct.pack("!H", len(data)) + COOKIE_BYTES + data
        elif number % 3 == 2:
            cut = bytearray(valid)
            cut[dice.randrange(len(cut))] ^= 1 << dice.randrange(8)
            data = bytes(cut[: dice.randrange(1, len(cut) + 1)])
        server._port.datagram_received(data, ("127.0.0.1", 9))
    mallory.says(valid)
    first = stun.parse_message(await asyncio.wait_for(mallory.heard.get(), 5))
    assert first.transaction_id == stun.parse_message(valid).transaction_id
    async with asyncio.timeout(10):
        assert await hear(track, frames=25) == pytest.approx(440, abs=10)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_rubbish_from_a_known_address_harms_nothing(party, server, caplog) -> None:
    """A party that is let in may still send anything, in the clear and encrypted."""
    alice, cara = await party("alice"), await party("cara")
    producer = await alice.device.produce(ToneTrack(440))
    track = await cara.device.consume(producer)
    leg = await alice.device.send_leg()
    dice = random.Random(2)
    parameters = _announced(77, levels=True)
    await alice.request(
        "produce", {"transportId": leg.id, "kind": "audio", "rtpParameters": parameters, "record": True}
    )
    ssrc = struct.pack("!L", 77)
    for _ in range(500):
        await leg.ice._send(bytes([dice.randrange(256)]) + dice.randbytes(dice.randrange(80)))
        body = dice.randbytes(4 * dice.randrange(1, 20))
        extension = struct.pack("!HH", dice.choice([0xBEDE, 0x1000, 0x1234]), len(body) // 4) + body
        packet = b"\x90\x6f" + dice.randbytes(6) + ssrc + extension + dice.randbytes(dice.randrange(3))
        await encrypted(leg, leg.dtls._tx_srtp.protect, packet)
        kind = dice.choice([200, 201, 203, 205, 206])
        report = bytes([0x80 | dice.randrange(32), kind]) + dice.randbytes(2) + ssrc + body
        await encrypted(leg, leg.dtls._tx_srtp.protect_rtcp, report)
    async with asyncio.timeout(10):
        assert await hear(track, frames=25) == pytest.approx(440, abs=10)
    rubbish = server.rooms["room"].peers["alice"].transports[leg.id].sources[77].received
    assert rubbish.reception.received > 0
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_sources_that_were_not_announced_are_not_even_decrypted(party, server) -> None:
    """libsrtp keeps a context for each source that it decrypts: endless sources would be endless memory."""
    alice = await party("alice")
    leg = await alice.device.send_leg()
    link = server.rooms["room"].peers["alice"].transports[leg.id]._link
    asked: list[int] = []

    def noted(unprotect: Any) -> Any:
        def decrypt(keys: Any, memory: Any, length: Any) -> int:
            asked.append(memory[1][0])
            return unprotect(keys, memory, length)

        return decrypt

    link._opened_by = tuple((noted(unprotect), receiver) for unprotect, receiver in link._opened_by)

    def decrypt(*given: int) -> int:
        keys, memory, length = map(srtp_ffi.cast, ("srtp_t", "char *", "int *"), given)
        return noted(srtp_lib.srtp_unprotect)(keys, memory, length)

    callback = ffi.callback("int(intptr_t, intptr_t, intptr_t)", decrypt)
    server._port._inbox.means[UNPROTECT] = int(ffi.cast("uintptr_t", callback))
    for ssrc in range(1, 300):
        await encrypted(
            leg, leg.dtls._tx_srtp.protect, struct.pack("!BBHLL", 0x80, 111, 1, 1, ssrc) + b"\xf8"
        )
        await encrypted(leg, leg.dtls._tx_srtp.protect_rtcp, struct.pack("!BBHL", 0x80, 201, 1, ssrc))
    await alice.device.produce(ToneTrack(440))
    async with asyncio.timeout(10):
        # aiortc sets the marker of each packet: 0x80 | 111.
        while 239 not in asked:
            await asyncio.sleep(0.01)
    assert len([kind for kind in asked if kind == 201]) == MAX_RTCP_SOURCES
    assert 111 not in asked


async def encrypted(leg, protect, packet: bytes) -> None:
    """Send what libsrtp agrees to encrypt; it refuses some of the rubbish itself."""
    with contextlib.suppress(pylibsrtp.Error):
        await leg.ice._send(protect(packet))


async def test_a_client_cannot_make_the_server_remember_endless_addresses(server) -> None:
    session = IceLite(server._port)
    for number in range(1000):
        session.checked(session.username, ("127.0.0.1", 10_000 + number), nominated=number == 0, now=0.0)
    assert session.address == ("127.0.0.1", 10_000)
    assert len(session.addresses) <= ice.MAX_ADDRESSES
    assert len(server._port._by_address) <= ice.MAX_ADDRESSES
    session.close()
    assert server._port._by_address == {}


async def test_a_handshake_flood_is_bounded() -> None:
    session = IceLite(UdpPort(lambda: 0.0))
    for _ in range(10_000):
        session.handshake_arrived(b"\x16")
    assert session._handshake.qsize() <= ice.DTLS_BACKLOG
