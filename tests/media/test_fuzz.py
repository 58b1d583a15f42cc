"""Twenty thousand packets of rubbish against a room in which people talk and see each other."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import struct
from collections import Counter

import pylibsrtp
import pytest

from calls.media import ice, stun
from tests.media.conftest import Events
from tests.media.pictures import CC_ID, MID_ID, RID_ID, Layer, film, payload, watch
from tests.media.test_simulcast import three_sizes
from tests.media.test_strangers import check
from tests.media.test_video import holes
from tests.media.tones import ToneTrack, hear

pytestmark = pytest.mark.media

PACKETS = 20_000
ROUNDS = 20


class Rubbish:
    """Random bytes, and right packets with something wrong in them, of everything that the port understands."""

    def __init__(self, seed: int, username: str, password: str) -> None:
        self.dice = random.Random(seed)
        self.sequence = 1000
        self.valid = check(username, password)

    def stranger(self) -> bytes:
        kind = self.dice.randrange(5)
        if kind == 0:
            return self.dice.randbytes(self.dice.randrange(1, 300))
        if kind == 1:
            return self._bent(self.valid)
        if kind == 2:
            body = self.dice.randbytes(self.dice.randrange(200))
            return b"\x00\x01" + struct.pack("!H", len(body)) + stun.COOKIE_BYTES + body
        if kind == 3:
            return bytes([self.dice.randrange(20, 64)]) + b"\xfe\xfd" + self.dice.randbytes(60)
        return bytes([self.dice.randrange(128, 192)]) + self.dice.randbytes(60)

    def rtp(self, ssrcs: list[int]) -> bytes:
        """Well-formed enough to be encrypted: any numbers, extensions and payload."""
        dice = self.dice
        values = b"".join(
            bytes([number << 4 | length - 1]) + dice.randbytes(length)
            for number in dice.choices([CC_ID, MID_ID, RID_ID, 1, 14, 15], k=dice.randrange(4))
            for length in [dice.randrange(1, 9)]
        )
        values += bytes(-len(values) % 4)
        body = dice.choice([dice.randbytes(dice.randrange(40)), self._picture(), b""])
        first = 0x90 | dice.choice([0, 0, 0, 0x20])
        kind = dice.choice([96, 96, 96, 97, 111, dice.randrange(128)])
        # What lies too far behind, the sender's own libsrtp refuses.
        self.sequence += dice.choice([1, 1, 1, 2, 40, 3000])
        numbers = (first, kind, self.sequence & 0xFFFF, dice.randrange(1 << 32), dice.choice(ssrcs))
        return struct.pack("!BBHLLHH", *numbers, 0xBEDE, len(values) // 4) + values + body

    def rtcp(self, ssrcs: list[int]) -> bytes:
        dice = self.dice
        words = b"".join(
            struct.pack("!L", dice.choice([*ssrcs, dice.randrange(1 << 32)]))
            for _ in range(dice.randrange(12))
        )
        if dice.random() < 0.3:
            words = words[:8] + b"REMB" + dice.randbytes(4) + words[8:]
        first = 0x80 | dice.choice([0, 0x20]) | dice.choice([1, 4, 15, dice.randrange(32)])
        kind = dice.choice([200, 201, 202, 203, 205, 206, 207])
        return struct.pack("!BBHL", first, kind, 1 + len(words) // 4, dice.choice(ssrcs)) + words

    def _picture(self) -> bytes:
        data = payload(key=self.dice.random() < 0.5, picture=self.dice.randrange(1 << 15), filler=3)
        return self._bent(data)

    def _bent(self, data: bytes) -> bytes:
        cut = bytearray(data)
        cut[self.dice.randrange(len(cut))] ^= 1 << self.dice.randrange(8)
        return bytes(cut[: self.dice.randrange(1, len(cut) + 1)])


def live_objects() -> Counter[str]:
    gc.collect()
    ours = (one for one in gc.get_objects() if str(type(one).__module__).startswith("calls.media"))
    return Counter(type(one).__name__ for one in ours)


async def test_rubbish_from_all_sides_changes_nothing_for_those_who_talk(
    party, server, events: Events, caplog
) -> None:
    alice, cara, mallory = await party("alice"), await party("cara"), await party("mallory")
    track = await cara.device.consume(await alice.device.produce(ToneTrack(440)))
    producer, camera = await film(alice, three_sizes())
    camera.answers = True
    bad_producer, bad_camera = await film(mallory, [Layer(66)])
    await mallory.device.produce(ToneTrack(600))
    seen, screen = await watch(cara, producer)
    bad, _ = await watch(mallory, producer)
    _, at_mallory = await watch(mallory, bad_producer)
    await camera.film(lambda: screen.of(seen) and at_mallory.of(bad))
    described = await mallory.request("create-transport", {})
    parameters = described["iceParameters"]
    rubbish = Rubbish(4, parameters["usernameFragment"], parameters["password"])
    up, down = await mallory.device.send_leg(), await mallory.device.receive_leg()
    theirs = [seen["rtpParameters"]["encodings"][0]["ssrc"], 7000]
    sound = next(
        one for one in server.rooms["room"].peers["mallory"].producers.values() if one.kind == "audio"
    )
    mine = [66, 67, bad["rtpParameters"]["encodings"][0]["ssrc"], sound.received[0].ssrc]
    before = None
    for turn in range(ROUNDS):
        for number in range(PACKETS // ROUNDS // 4):
            if number % 10 == 0:
                # The kernel's buffer is to be no part of this.
                await asyncio.sleep(0)
            server._port.datagram_received(rubbish.stranger(), ("127.0.0.1", 9))
            await up.ice._send(rubbish.stranger())
            with contextlib.suppress(pylibsrtp.Error):
                await up.ice._send(up.dtls._tx_srtp.protect(rubbish.rtp([66, 66, 66, *mine, *theirs])))
            with contextlib.suppress(pylibsrtp.Error):
                await down.ice._send(down.dtls._tx_srtp.protect_rtcp(rubbish.rtcp(mine + theirs)))
        await camera.frame()
        with contextlib.suppress(pylibsrtp.Error):
            await bad_camera.frame()
        await asyncio.sleep(0.02)
        if turn == ROUNDS // 4:
            before = live_objects()
    assert before is not None
    after = live_objects()
    # A check that is bent where its proof does not reach gives the silent transport a destination.
    packets = {"RtpPacket", "VideoPacket", "Picture", "Kept", "_Missing", "Destination"}
    assert {name: n for name, n in (after - before).items() if name not in packets} == {}
    assert sum(after[name] for name in packets) < 10_000
    received = server.rooms["room"].peers["mallory"].producers[bad_producer].received[0].reception.received
    assert received > 50
    here = len(screen.of(seen))
    await camera.film(lambda: len(screen.of(seen)) > here + 10)
    await camera.film(lambda: holes(screen.of(seen)) == 0)
    assert await asyncio.wait_for(hear(track, frames=25), 10) == pytest.approx(440, abs=10)
    assert len(server._port._by_address) <= 3 * ice.MAX_ADDRESSES
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]
    assert not events.of("peer-left")
