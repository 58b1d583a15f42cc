"""A stream whose packets stay in compiled code is for everybody the same as one that is handled in Python."""

from __future__ import annotations

import asyncio
import struct
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.media import rtp
from calls.media.compiled import compiled
from calls.media.express import MOST_LISTENERS, NEXT, Beginning, Express, level_of
from calls.media.inbox import (
    BEGINS,
    ENDS,
    MORE_BEGINS,
    MORE_ENDS,
    PROFILE,
    SECOND,
    SEQUENCE,
    SSRC,
    TIMESTAMP,
    _tell,
)
from calls.media.producers import AudioProducer
from calls.simulation.sfu_device import LEVEL_EXTENSION, PAYLOAD_TYPE, _announced
from tests.media.conftest import Party
from tests.media.tones import ToneTrack, hear

pytestmark = pytest.mark.media


class Mouth:
    """Says packets over a party's own connection, one at a time, and waits until the server has handled them."""

    def __init__(self, server: Any, party: Party, ssrc: int, producer: AudioProducer) -> None:
        self._server, self._party, self.ssrc, self.producer = server, party, ssrc, producer
        self._came = asyncio.Event()

    async def says(self, *sequences: int, level: int = 30, size: int = 20) -> None:
        leg = await self._party.device.send_leg()
        for sequence in sequences:
            extension = struct.pack("!HHBBxx", 0xBEDE, 1, LEVEL_EXTENSION << 4, level)
            head = struct.pack("!BBHLL", 0x90, PAYLOAD_TYPE, sequence & 0xFFFF, 960 * sequence, self.ssrc)
            words = b"number %d" % sequence
            await leg.ice._send(leg.dtls._tx_srtp.protect(head + extension + words.ljust(size, b".")))
        await self.is_heard()

    async def is_heard(self) -> None:
        """The server answers in the order of its work: what was sent before a check was read before its answer."""
        leg = await self._party.device.send_leg()
        leg.ice.answered.clear()
        leg.ice._check()
        async with asyncio.timeout(5):
            await leg.ice.answered.wait()


class Ear:
    """What comes to a party of one stream, opened."""

    def __init__(self, leg: Any, ssrc: int) -> None:
        self._leg, self.ssrc = leg, ssrc
        self.raw: list[bytes] = []
        self.packets: list[rtp.RtpPacket] = []
        leg.ice.drop_received = self._take

    def _take(self, data: bytes) -> bool:
        if not (127 < data[0] < 192 and not 192 <= data[1] <= 223):
            return False
        self.raw.append(data)
        packet = rtp.parse(self._leg.dtls._rx_srtp.unprotect(data))
        assert packet is not None
        self.packets.append(packet)
        return True

    async def heard(self, count: int) -> list[tuple[int, bytes]]:
        async with asyncio.timeout(5):
            while len(self.packets) < count:
                await asyncio.sleep(0.005)
        return [(one.sequence, one.payload.rstrip(b".")) for one in self.packets]


def spoken(*sequences: int) -> list[tuple[int, bytes]]:
    return [(sequence & 0xFFFF, b"number %d" % sequence) for sequence in sequences]


@pytest.fixture
async def talk(party, server):
    """alice's mouth, and how to give somebody an ear for it."""
    alice = await party("alice")
    leg, ssrc = await alice.device.send_leg(), 7777
    asked = {"transportId": leg.id, "kind": "audio", "rtpParameters": _announced(ssrc, levels=True)}
    made = (await alice.request("produce", asked))["producerId"]
    producer = server.rooms["room"].peers["alice"].producers[made]

    async def ear(name: str) -> tuple[Party, Ear, str]:
        cara = await party(name)
        leg = await cara.device.receive_leg()
        asked = {"producerId": made, "rtpCapabilities": cara.device.rtp_capabilities, "transportId": leg.id}
        told = await cara.request("consume", asked)
        return cara, Ear(leg, told["rtpParameters"]["encodings"][0]["ssrc"]), told["id"]

    return SimpleNamespace(mouth=Mouth(server, alice, ssrc, producer), ear=ear, producer=producer)


def runs(producer: AudioProducer) -> bool:
    """Is the next packet for compiled code?"""
    return producer._line is not None and producer._line.runs


async def test_packets_in_order_are_sent_on_by_compiled_code_and_counted(talk) -> None:
    _, ear, consumer = await talk.ear("cara")
    await talk.mouth.says(1)
    assert runs(talk.producer)
    await talk.mouth.says(*range(2, 11), level=20)
    # Nothing of it went through Python.
    assert talk.producer._newest == 1
    assert await ear.heard(10) == spoken(*range(1, 11))
    assert {one.ssrc for one in ear.packets} == {ear.ssrc}
    assert talk.producer.newest == 10
    stats = talk.producer.stats()
    assert (stats["packets"], stats["lost"], stats["levelDbov"]) == (10, 0, -20)
    assert talk.producer.voiced == 10
    assert (talk.producer.take_loudest(), talk.producer.take_loudest()) == (20, None)
    assert talk.producer.consumers[consumer].packets == 10
    report = talk.producer.received[0].report(0.0)
    assert (report.highest_sequence, report.packets_lost) == (10, 0)
    assert runs(talk.producer)


async def test_numbers_wrap(talk) -> None:
    _, ear, _ = await talk.ear("cara")
    await talk.mouth.says(*range(65_530, 65_545))
    assert await ear.heard(15) == spoken(*range(65_530, 65_545))
    assert talk.producer.stats()["lost"] == 0


async def test_a_gap_is_noticed_and_what_comes_late_gets_its_own_number(talk) -> None:
    _, ear, _ = await talk.ear("cara")
    await talk.mouth.says(1, 2, 3)
    await talk.mouth.says(5)
    assert not runs(talk.producer)
    assert talk.producer.stats()["lost"] == 1
    await talk.mouth.says(4)
    await talk.mouth.says(6)
    assert runs(talk.producer)
    await talk.mouth.says(7)
    assert sorted(await ear.heard(7)) == spoken(*range(1, 8))
    assert (talk.producer.stats()["lost"], talk.producer.stats()["recovered"]) == (0, 1)


async def test_somebody_who_comes_later_hears_from_then_on_and_who_goes_nothing_more(talk) -> None:
    _, first, _ = await talk.ear("cara")
    await talk.mouth.says(1, 2, 3)
    dora, second, consumer = await talk.ear("dora")
    assert not runs(talk.producer)
    await talk.mouth.says(4, 5, 6)
    assert runs(talk.producer)
    await dora.request("close-consumer", {"consumerId": consumer})
    await talk.mouth.says(7, 8)
    assert await first.heard(8) == spoken(*range(1, 9))
    assert await second.heard(3) == spoken(4, 5, 6)


async def test_a_paused_listener_goes_on_without_a_hole(talk) -> None:
    cara, ear, consumer = await talk.ear("cara")
    await talk.mouth.says(1, 2)
    await cara.request("pause-consumer", {"consumerId": consumer})
    await talk.mouth.says(3, 4, 5)
    await cara.request("resume-consumer", {"consumerId": consumer})
    await talk.mouth.says(6, 7)
    assert await ear.heard(4) == [(1, b"number 1"), (2, b"number 2"), (3, b"number 6"), (4, b"number 7")]
    assert runs(talk.producer)


async def test_a_paused_producer_is_heard_by_nobody_and_never_runs(talk) -> None:
    _, ear, _ = await talk.ear("cara")
    await talk.mouth.says(1, 2)
    talk.producer.pause(0.0)
    await talk.mouth.says(3, 4)
    assert not runs(talk.producer)
    talk.producer.resume(0.0)
    await talk.mouth.says(5, 6)
    assert [words for _, words in await ear.heard(4)] == [b"number %d" % one for one in (1, 2, 5, 6)]


async def test_what_is_asked_for_again_is_the_same_to_the_byte(talk) -> None:
    """Under one number and key two contents would give both away (RFC 7714 section 8.1)."""
    _, ear, consumer = await talk.ear("cara")
    await talk.mouth.says(*range(1, 21))
    await ear.heard(20)
    first = list(ear.raw)
    again: list[bytes] = []
    ear._leg.ice.drop_received = lambda data: again.append(data) is None
    talk.producer.consumers[consumer].resend({1, 5, 20, 21}, 1.0)
    talk.producer.flush()
    async with asyncio.timeout(5):
        while len(again) < 3:
            await asyncio.sleep(0.005)
    assert sorted(again) == sorted([first[0], first[4], first[19]])


async def test_a_recorded_stream_stays_in_python(party, server) -> None:
    alice, cara = await party("alice", record=True), await party("cara")
    track = await cara.device.consume(await alice.device.produce(ToneTrack(440)))
    assert await hear(track, frames=25) == pytest.approx(440, abs=10)
    (producer,) = server.rooms["room"].peers["alice"].producers.values()
    assert producer.recorder is not None
    assert not runs(producer)


async def test_a_tone_through_compiled_code(party, server) -> None:
    alice, cara = await party("alice"), await party("cara")
    track = await cara.device.consume(await alice.device.produce(ToneTrack(440)))
    assert await hear(track, frames=25) == pytest.approx(440, abs=10)
    (producer,) = server.rooms["room"].peers["alice"].producers.values()
    assert runs(producer)


async def test_a_client_that_moves_is_handled_in_python_until_its_new_address_is_known(party, server) -> None:
    alice, cara = await party("alice"), await party("cara")
    track = await cara.device.consume(await alice.device.produce(ToneTrack(440)))
    await hear(track, frames=10)
    (producer,) = server.rooms["room"].peers["alice"].producers.values()
    before = producer._line
    await (await alice.device.send_leg()).ice.move()
    assert await hear(track, frames=25) == pytest.approx(440, abs=10)
    assert producer._line is not before
    assert runs(producer)


async def test_a_client_that_only_speaks_is_no_silent_one(talk, server) -> None:
    await talk.mouth.says(1, 2, 3)
    transport = talk.producer.transport
    transport.ice.last_heard = 0.0
    assert transport.silent_for(1000.0) == 1000.0
    leg = await talk.mouth._party.device.send_leg()
    head = struct.pack("!BBHLL", 0x80, PAYLOAD_TYPE, 4, 960 * 4, talk.mouth.ssrc)
    await leg.ice._send(leg.dtls._tx_srtp.protect(head + b"words"))
    async with asyncio.timeout(5):
        while transport.silent_for(asyncio.get_running_loop().time()) > 1:
            await asyncio.sleep(0.005)
    assert runs(talk.producer)


def beginning(**more: Any) -> Beginning:
    usual = Beginning(5, 100_004, 111, 100, 1, 45, 48_000, 0.0, 0.0, 0.0)
    return usual._replace(**more)


def test_who_had_the_place_before_changes_nothing_any_more() -> None:
    express = Express()
    old = express.line(3)
    old.arrange([])
    old.begin(beginning())
    new = express.line(3)
    new.arrange([])
    new.begin(beginning(next_sequence=9))
    old.end()
    assert express.columns.state[3, NEXT] == 9
    assert old.take_over() is None
    assert old.kept(1) is None


def test_too_many_listeners_are_handled_in_python() -> None:
    express = Express()
    line = express.line(0)
    line.arrange([(0, 7, np.arange(MOST_LISTENERS + 1, dtype=np.int32).tobytes())])
    line.begin(beginning())
    assert not line.runs
    line.arrange([(0, 7, np.arange(MOST_LISTENERS, dtype=np.int32).tobytes())])
    line.begin(beginning())
    assert line.runs


@compiled()
def read_level(data: Any, end: int, wanted: int) -> int:
    return level_of(data, 0, end, wanted)


@given(st.binary(max_size=12) | st.lists(st.integers(0, 255), max_size=12).map(bytes), st.integers(1, 14))
def test_a_level_is_read_as_in_python(values: bytes, wanted: int) -> None:
    packet = rtp.RtpPacket(0, 111, 1, 2, 3, b"words", rtp.ONE_BYTE_PROFILE, values)
    here = read_level(np.frombuffer(bytearray(values + bytes(32)), np.uint8), len(values), wanted)
    assert (None if here < 0 else here) == rtp.audio_level(packet, wanted)


@compiled()
def tell(data: Any, length: int, told: Any) -> bool:
    return _tell(data, length, 0, told)


@given(
    st.tuples(st.integers(128, 191), st.binary(min_size=11, max_size=60)).map(
        lambda two: bytes([two[0]]) + two[1]
    )
)
def test_a_packet_is_read_as_in_python(data: bytes) -> None:
    told = np.zeros(10, np.int64)
    known = tell(np.frombuffer(bytearray(data + bytes(1500)), np.uint8), len(data), told)
    packet = rtp.parse(data)
    assert known == (packet is not None)
    if packet is not None:
        more = data[told[MORE_BEGINS] : told[MORE_ENDS]] if told[PROFILE] else b""
        second = int(told[SECOND])
        assert packet == (
            second & 0x80, second & 0x7F, told[SEQUENCE], told[TIMESTAMP], told[SSRC],
            data[told[BEGINS] : told[ENDS]], told[PROFILE], more,
        )  # fmt: skip
