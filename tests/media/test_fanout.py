"""A packet of sound to all who listen: encrypted for each, numbered for each, and never sent unencrypted."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from aiortc import rtcdtlstransport as aiortc_dtls
from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp_lib

from calls.media import rtp
from calls.media.consumers import AudioConsumer
from calls.media.datagrams import LONGEST, Destination, ffi, of_libc
from calls.media.fanout import Fan, Lane
from calls.media.outbox import Outbox
from calls.media.parameters import producer_stream
from calls.media.postroom import CUTS, PROTECT, SENDMMSG
from calls.media.producers import AudioProducer
from calls.media.routes import Keys, Route
from calls.media.rtp import RtpPacket
from calls.media.voice import CODEC, PAYLOAD_TYPE
from tests.media.tones import ToneTrack, hear

pytestmark = pytest.mark.media

PROFILES = {one.openssl_profile: one for one in aiortc_dtls.SRTP_PROFILES}


class Listener:
    """A socket with the keys to open what comes."""

    def __init__(self, outbox: Outbox, profile: bytes, ssrc: int) -> None:
        self.ssrc = ssrc
        chosen = PROFILES[profile]
        key = os.urandom(chosen.key_length + chosen.salt_length)
        self._opening = Policy(key, Policy.SSRC_ANY_INBOUND, srtp_profile=chosen.libsrtp_profile)
        self._opens = Session(self._opening)
        sealing = Policy(key, Policy.SSRC_ANY_OUTBOUND, srtp_profile=chosen.libsrtp_profile)
        # As aiortc sets it: what a receiver missed is sent again.
        sealing.allow_repeat_tx = True
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.route = Route(
            outbox, Keys(Session(sealing)), Destination(self.socket.getsockname(), socket.AF_INET)
        )

    def heard(self) -> list[RtpPacket]:
        """All that came, opened, once the outbox is flushed. On loopback it is there when the sender's call returns."""
        packets: list[RtpPacket] = []
        self.route.outbox.flush()
        while True:
            try:
                packet = rtp.parse(self._opens.unprotect(self.socket.recv(2000)))
            except BlockingIOError:
                return packets
            assert packet is not None
            packets.append(packet)

    def forget(self) -> None:
        """Open once more what came before."""
        self._opens = Session(self._opening)


@pytest.fixture(params=["cut by the kernel", "together", "singly"])
def outbox(request):
    """With sendmmsg and segmentation, without the second, and as on a system without either."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        made = Outbox(sock, sock.sendto)
        means = made.round.post_room.means
        assert made._sendmmsg is not None
        assert means[SENDMMSG]
        assert means[CUTS]
        means[CUTS] = request.param == "cut by the kernel"
        if request.param == "singly":
            made._sendmmsg, means[SENDMMSG] = None, 0
        made.name = request.param
        yield made


@pytest.fixture
def instead(outbox):
    """Let a Python function stand in for one of the C functions that a round calls; the numbers are those of its place."""
    kept = []

    def replace(place: int, arguments: str, function: Callable[..., int]) -> None:
        callback = ffi.callback(f"int({arguments})", function)
        kept.append(callback)
        outbox.round.post_room.means[place] = int(ffi.cast("uintptr_t", callback))

    return replace


def protects(but: Callable[[int, bytes], bool]) -> Callable[..., int]:
    """libsrtp, which refuses the packets of which `but` is true; it is given the keys' address and the packet."""

    def protect(keys: int, memory: int, length: int) -> int:
        size = srtp_ffi.cast("int *", length)
        packet = srtp_ffi.cast("char *", memory)
        if but(keys, bytes(srtp_ffi.buffer(packet, size[0]))):
            return 1
        return int(srtp_lib.srtp_protect(srtp_ffi.cast("srtp_t", keys), packet, size))

    return protect


PROTECT_ARGUMENTS = "intptr_t, intptr_t, intptr_t"


@pytest.fixture
def listener(outbox):
    made: list[Listener] = []

    def make(profile: bytes = b"SRTP_AEAD_AES_256_GCM", ssrc: int = 7) -> Listener:
        made.append(Listener(outbox, profile, ssrc))
        return made[-1]

    yield make
    for one in made:
        one.socket.close()


def sent(packets: list[RtpPacket]) -> list[tuple[int, int, int, bytes]]:
    return [(one.ssrc, one.sequence, one.timestamp, one.payload) for one in packets]


def test_listeners_of_every_profile_and_numbering_get_it_whole(listener) -> None:
    people = [listener(profile, 100 + number) for number, profile in enumerate([*PROFILES, *PROFILES])]
    offsets = [0, 5, 0, 5, 65_535, 0]
    fan = Fan()
    fan.arrange([Lane(one.ssrc, offset, one.route) for one, offset in zip(people, offsets, strict=True)])
    payloads = [b"short", b"a longer one", b"a longer 1", b"", bytes(1100), b"short"]
    for number, payload in enumerate(payloads, start=65_534):
        fan.send(0x80 | 111, number, 960 * number, payload)
    for one, offset in zip(people, offsets, strict=True):
        packets = one.heard()
        assert sent(packets) == [
            (one.ssrc, (number + offset) & 0xFFFF, 960 * number, payload)
            for number, payload in enumerate(payloads, start=65_534)
        ]
        assert {(packet.marker, packet.payload_type) for packet in packets} == {(0x80, 111)}
    assert (fan.tally.packets, fan.tally.octets) == (6, sum(map(len, payloads)))


def test_what_libsrtp_refuses_to_encrypt_is_not_sent_and_the_others_get_theirs(instead, listener) -> None:
    people = [listener(ssrc=number) for number in range(1, 5)]
    fan = Fan()
    fan.arrange([Lane(one.ssrc, 0, one.route) for one in people])
    refused = {people[number].route.keys.where for number in (0, 2)}
    instead(PROTECT, PROTECT_ARGUMENTS, protects(lambda keys, _: keys in refused))
    fan.send(111, 1, 0, b"words")
    assert [len(one.heard()) for one in people] == [0, 1, 0, 1]


def test_what_is_refused_between_others_is_left_out(instead, listener) -> None:
    one, fans = listener(), [Fan() for _ in range(6)]
    instead(PROTECT, PROTECT_ARGUMENTS, protects(lambda _, packet: packet[11] in (2, 5)))
    for number, fan in enumerate(fans):
        fan.arrange([Lane(number, 0, one.route)])
        fan.send(111, 1, 0, b"words")
    assert [packet.ssrc for packet in one.heard()] == [0, 1, 3, 4]


def test_what_is_too_long_for_a_datagram_is_not_sent(listener) -> None:
    one, fan = listener(), Fan()
    fan.arrange([Lane(one.ssrc, 0, one.route)])
    fan.send(111, 1, 0, bytes(LONGEST - 12))
    fan.send(111, 2, 0, bytes(LONGEST - 11))
    assert [packet.sequence for packet in one.heard()] == [1]


def test_more_listeners_than_there_were_places_for(listener) -> None:
    people, fan = [listener(ssrc=number) for number in range(1, 12)], Fan()
    for count in (1, 11, 3):
        fan.arrange([Lane(one.ssrc, 0, one.route) for one in people[:count]])
        fan.send(111, count, 0, b"words")
    assert [len(one.heard()) for one in people] == [3, 2, 2, *[1] * 8]


class Speaker:
    """A producer without a transport, whose packets come by their sequence numbers."""

    def __init__(self) -> None:
        nowhere: Any = SimpleNamespace(remove_producer=lambda producer: None)
        stream = producer_stream("audio", {"codecs": [CODEC], "encodings": [{"ssrc": 5}]})
        self.producer = AudioProducer("alice", nowhere, stream, None, None)

    def says(self, *sequences: int) -> None:
        for sequence in sequences:
            words = f"number {sequence}".encode()
            packet = RtpPacket(0, PAYLOAD_TYPE, sequence, 960 * sequence, 5, words)
            self.producer.packet_arrived(self.producer.received[0], packet, sequence * 0.02)


def consumer(speaker: Speaker, listener: Listener) -> AudioConsumer:
    outbox, keys, to = listener.route.outbox, listener.route.keys, listener.route.to

    def post(head: bytes, payload: bytes) -> bool:
        posted = outbox.put(head, payload, keys, to)
        outbox.flush()
        return posted

    transport: Any = SimpleNamespace(
        route=lambda: listener.route,
        post_rtp=post,
        remove_consumer=lambda one: None,
        fresh_ssrc=lambda preferred: preferred,
    )
    return AudioConsumer("cara", transport, speaker.producer, lambda *event: None, paused=False)


def words(packets: list[RtpPacket]) -> list[tuple[int, bytes]]:
    return [(one.sequence, one.payload) for one in packets]


def test_a_late_packet_gets_its_own_number_and_one_from_before_the_listener_came_is_left_out(
    listener,
) -> None:
    speaker, cara = Speaker(), listener()
    speaker.says(1, 2, 4)
    made = consumer(speaker, cara)
    speaker.says(5, 7, 3, 6)
    assert words(cara.heard()) == [(number, b"number %d" % number) for number in (5, 7, 6)]
    assert made.packets == 3


def test_a_paused_listener_goes_on_without_a_hole_and_is_counted_on(listener) -> None:
    speaker, cara = Speaker(), listener()
    made = consumer(speaker, cara)
    speaker.says(1, 2)
    made.pause()
    speaker.says(3, 4, 6)
    made.resume(0.0)
    speaker.says(7, 5, 8)
    assert words(cara.heard()) == [(1, b"number 1"), (2, b"number 2"), (3, b"number 7"), (4, b"number 8")]
    assert made.packets == 4


def test_a_number_from_before_a_pause_is_never_sent_again_with_other_words(listener) -> None:
    """Under one number and key two contents would give both away (RFC 7714 section 8.1)."""
    speaker, cara = Speaker(), listener()
    made = consumer(speaker, cara)
    speaker.says(1, 2, 3)
    made.pause()
    speaker.says(*range(4, 40))
    made.resume(0.0)
    speaker.says(40, 41)
    cara.heard()
    cara.forget()
    made.resend({1, 2, 3, 4, 5, 6}, 1.0)
    assert words(cara.heard()) == [(4, b"number 40"), (5, b"number 41")]


def test_who_left_is_sent_nothing_more(listener) -> None:
    speaker, cara, dora = Speaker(), listener(ssrc=1), listener(ssrc=2)
    made, _ = consumer(speaker, cara), consumer(speaker, dora)
    speaker.says(1)
    made.close()
    speaker.says(2)
    assert (len(cara.heard()), len(dora.heard())) == (1, 2)


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_call_in_each_profile(party, server, monkeypatch, profile: bytes) -> None:
    monkeypatch.setattr(aiortc_dtls, "SRTP_PROFILES", [PROFILES[profile]])
    alice, cara = await party("alice"), await party("cara")
    track = await cara.device.consume(await alice.device.produce(ToneTrack(440)))
    assert await hear(track, frames=25) == pytest.approx(440, abs=10)
    leg = await cara.device.receive_leg()
    link = server.rooms["room"].peers["cara"].transports[leg.id]._link
    assert link._dtls._ssl.get_selected_srtp_profile() == profile


def test_one_round_of_many_streams_is_as_few_messages_as_the_kernel_can_cut(outbox, listener) -> None:
    cara, dora, fans = listener(), listener(), [Fan() for _ in range(5)]
    for number, fan in enumerate(fans):
        fan.arrange([Lane(number, 0, one.route) for one in (cara, dora)])
    sizes = [40, 70, 70, 30, 70]
    for fan, size in zip(fans, sizes, strict=True):
        fan.send(111, 9, 0, bytes(size))
    for one in (cara, dora):
        assert sorted((packet.ssrc, len(packet.payload)) for packet in one.heard()) == list(enumerate(sizes))
    # 70, 70, 70 and 40 are one message, 30 another.
    wanted = {"cut by the kernel": 4, "together": 10, "singly": 10}
    assert outbox.round.post_room.messages_sent == wanted[outbox.name]


def test_packets_of_one_stream_keep_their_order_whatever_their_length(listener) -> None:
    one, fan = listener(), Fan()
    fan.arrange([Lane(1, 0, one.route)])
    for number in range(20):
        fan.send(111, number, 0, bytes(10 + number % 7))
    assert [packet.sequence for packet in one.heard()] == list(range(20))


@pytest.mark.parametrize(("streams", "longest"), [(40, 1200), (100, 200)])
def test_a_round_of_more_than_there_is_room_for(listener, streams: int, longest: int) -> None:
    """More bytes, and more messages, than are sent in one call."""
    people = [listener(ssrc=number) for number in range(3)]
    for number in range(streams):
        fan = Fan()
        fan.arrange([Lane(number, 0, one.route) for one in people])
        fan.send(111, 1, 0, bytes(longest - number))
    for one in people:
        assert sorted(packet.ssrc for packet in one.heard()) == list(range(streams))


def test_where_the_kernel_will_not_cut_the_packets_go_apart_from_then_on(outbox, listener, instead) -> None:
    """A path too narrow for the packets refuses a message that is to be cut, and takes them one by one."""
    one, other, fans = listener(), listener(), [Fan(), Fan()]
    for number, fan in enumerate(fans):
        fan.arrange([Lane(number, 0, each.route) for each in (one, other)])
    refused: list[int] = []
    if outbox.name == "cut by the kernel":
        sendmmsg = of_libc("sendmmsg")

        def narrow(number: int, messages: int, count: int, flags: int) -> int:
            head = ffi.cast("struct mmsghdr *", messages)[0].head
            if head.name == one.route.to.raw and head.controllen:
                refused.append(count)
                ffi.errno = errno.EINVAL
                return -1
            return sendmmsg(number, ffi.cast("struct mmsghdr *", messages), 1, flags)

        instead(SENDMMSG, "intptr_t, intptr_t, intptr_t, intptr_t", narrow)
    for number in range(3):
        for fan in fans:
            fan.send(111, number, 0, b"words")
        for each in (one, other):
            assert sorted((packet.ssrc, packet.sequence) for packet in each.heard()) == [
                (0, number),
                (1, number),
            ]
    cuts = outbox.routes.columns.cuts
    assert cuts[other.route.place]
    assert cuts[one.route.place] == (outbox.name != "cut by the kernel")
    assert len(refused) == (outbox.name == "cut by the kernel")


def test_a_round_that_fails_leaves_nothing_for_the_next(outbox, listener, monkeypatch) -> None:
    people, fans = [listener(ssrc=number) for number in range(3)], [Fan() for _ in range(4)]
    for number, fan in enumerate(fans):
        fan.arrange([Lane(number, 0, one.route) for one in people])
        fan.send(111, 1, 0, b"lost")
    with monkeypatch.context() as broken:
        broken.setattr(outbox.round.post_room, "send", lambda *round: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            outbox.flush()
    for one in people:
        assert one.heard() == []
    for fan in fans:
        fan.send(111, 2, 0, b"words")
    for one in people:
        assert sorted(words(one.heard())) == [(2, b"words")] * len(fans)


async def test_all_know_a_stream_by_one_ssrc_and_nobody_is_given_it_twice(party) -> None:
    alice, bob, cara = await party("alice"), await party("bob"), await party("cara")
    producer = await alice.device.produce(ToneTrack(440))

    async def consumed(one: Any) -> tuple[str, int]:
        leg = await one.device.receive_leg()
        asked = {"producerId": producer, "rtpCapabilities": one.device.rtp_capabilities}
        told = await one.device._request("consume", {"transportId": leg.id, **asked})
        return told["id"], told["rtpParameters"]["encodings"][0]["ssrc"]

    first, ssrc = await consumed(bob)
    assert (await consumed(cara))[1] == ssrc
    _, beside = await consumed(bob)
    await bob.device._request("close-consumer", {"consumerId": first})
    _, again = await consumed(bob)
    assert len({ssrc, beside, again}) == 3
