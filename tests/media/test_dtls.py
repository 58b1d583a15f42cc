"""The private names of aiortc that calls.media.dtls and the simulated device rely on."""

from __future__ import annotations

import asyncio
import importlib.metadata

import pytest
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport

from calls.media.errors import MediaError
from calls.media.ice import IceLite, UdpPort
from calls.simulation.sfu_device import Leg

pytestmark = pytest.mark.media


def test_the_pinned_version_is_installed() -> None:
    assert importlib.metadata.version("aiortc") == "1.16.0"


def test_the_private_names_are_there() -> None:
    transport = RTCDtlsTransport(IceLite(UdpPort(lambda: 0.0)), [RTCCertificate.generateCertificate()])
    assert transport._rx_srtp is None
    assert transport._tx_srtp is None
    assert transport._task is None
    assert transport.state == "new"
    transport._set_role("server")
    assert transport._role == "server"


def test_the_private_names_of_pylibsrtp_are_there() -> None:
    from pylibsrtp import Policy, Session
    from pylibsrtp._binding import ffi, lib

    policy = Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_OUTBOUND)
    ours, theirs = Session(policy), Session(policy)
    packet = b"\x80\x6f" + bytes(10) + b"payload"
    memory, length = ffi.new("char[]", 200), ffi.new("int *", len(packet))
    ffi.buffer(memory)[0 : len(packet)] = packet
    assert lib.srtp_protect(ours._srtp[0], memory, length) == 0
    assert ffi.buffer(memory)[0 : length[0]] == theirs.protect(packet)
    assert importlib.metadata.version("pylibsrtp") == "1.0.0"


async def test_both_ends_derive_keys_that_fit(party, server) -> None:
    alice = await party("alice")
    leg = await alice.device.send_leg()
    (transport,) = server.rooms["room"].peers["alice"].transports.values()
    ours = transport._link._dtls
    packet = b"\x80\x6f" + bytes(10) + b"payload"
    assert ours._rx_srtp.unprotect(leg.dtls._tx_srtp.protect(packet)) == packet
    assert leg.dtls._rx_srtp.unprotect(ours._tx_srtp.protect(packet)) == packet


async def test_another_certificate_than_the_announced_one_is_refused(party, events) -> None:
    alice = await party("alice")
    leg = Leg(await alice.request("create-transport", {}))
    other = RTCCertificate.generateCertificate().getFingerprints()
    prints = [{"algorithm": one.algorithm, "value": one.value} for one in other]
    await alice.request(
        "connect-transport", {"transportId": leg.id, "dtlsParameters": {"fingerprints": prints}}
    )
    connecting = asyncio.ensure_future(leg.connect())
    await events.wait("transport-state", state="failed")
    await events.wait("transport-state", state="closed")
    connecting.cancel()
    await asyncio.gather(connecting, return_exceptions=True)
    await leg.close()
    assert not events.of("transport-state", state="connected")


@pytest.mark.parametrize(
    "parameters",
    [
        None,
        [],
        {},
        {"fingerprints": []},
        {"fingerprints": [{}]},
        {"fingerprints": [{"algorithm": "md5", "value": "AA"}]},
        {"role": "emperor", "fingerprints": [{"algorithm": "sha-256", "value": "AA"}]},
        {"fingerprints": [{"algorithm": "sha-256", "value": 7}]},
        {"fingerprints": [{"algorithm": "sha-256", "value": "AA"}] * 100},
    ],
)
async def test_parameters_that_make_no_sense_are_refused(party, parameters: object) -> None:
    alice = await party("alice")
    described = await alice.request("create-transport", {})
    with pytest.raises(MediaError) as refusal:
        await alice.request(
            "connect-transport", {"transportId": described["id"], "dtlsParameters": parameters}
        )
    assert refusal.value.code == "bad_request"


async def test_connecting_twice_is_refused(party) -> None:
    alice = await party("alice")
    leg = await alice.device.send_leg()
    with pytest.raises(MediaError) as refusal:
        await alice.request(
            "connect-transport", {"transportId": leg.id, "dtlsParameters": leg.dtls_parameters()}
        )
    assert refusal.value.code == "bad_request"


async def test_a_client_that_says_good_bye_is_forgotten(party, events, server) -> None:
    alice = await party("alice")
    await alice.device.send_leg()
    await alice.device.close()
    await events.wait("transport-state", state="closed")
    assert server.rooms["room"].peers["alice"].transports == {}
