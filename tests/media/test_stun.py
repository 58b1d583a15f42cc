"""Our few lines of STUN against aioice's whole one, both ways."""

from __future__ import annotations

import socket

import pytest
from aioice import stun as theirs
from hypothesis import given
from hypothesis import strategies as st

from calls.media import stun
from calls.media.datagrams import sockaddr

pytestmark = pytest.mark.media

PASSWORD = "a password of 24 letters"


def request(*, nominates: bool = False, username: str = "ours:theirs", fingerprint: bool = True) -> bytes:
    made = theirs.Message(message_method=theirs.Method.BINDING, message_class=theirs.Class.REQUEST)
    made.attributes["USERNAME"] = username
    made.attributes["PRIORITY"] = 7
    made.attributes["ICE-CONTROLLING"] = 99
    if nominates:
        made.attributes["USE-CANDIDATE"] = None
    made.add_message_integrity(PASSWORD.encode())
    whole = bytes(made)
    assert made.attributes["FINGERPRINT"]
    # aioice always adds a fingerprint, eight bytes at the end.
    return whole if fingerprint else without_fingerprint(whole)


def without_fingerprint(whole: bytes) -> bytes:
    return whole[:2] + (len(whole) - 28).to_bytes(2, "big") + whole[4:-8]


@pytest.mark.parametrize("fingerprint", [True, False])
@pytest.mark.parametrize("nominates", [True, False])
def test_a_check_is_read(nominates: bool, fingerprint: bool) -> None:
    check = stun.parse(request(nominates=nominates, fingerprint=fingerprint))
    assert check is not None
    assert (check.username, check.nominates) == ("ours", nominates)
    assert check.is_from(PASSWORD)
    assert not check.is_from(PASSWORD[:-1])


@pytest.mark.parametrize(
    ("family", "address", "told"),
    [
        (socket.AF_INET, ("192.0.2.7", 4000), ("192.0.2.7", 4000)),
        (socket.AF_INET6, ("2001:db8::7", 65_535), ("2001:db8::7", 65_535)),
        (socket.AF_INET6, ("::ffff:192.0.2.7", 9), ("192.0.2.7", 9)),
    ],
)
def test_an_answer_is_understood(family: int, address: tuple[str, int], told: tuple[str, int]) -> None:
    check = stun.parse(request())
    assert check is not None
    answer = theirs.parse_message(stun.answer(check, sockaddr(address, family), PASSWORD))
    assert answer.message_class == theirs.Class.RESPONSE
    assert answer.transaction_id == check.transaction
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == told
    assert answer.check_message_integrity(PASSWORD.encode())


@given(st.integers(0, 8 * len(request(fingerprint=False)) - 1), st.booleans())
def test_a_check_of_which_one_bit_is_another_is_nobodys(bit: int, fingerprint: bool) -> None:
    data = bytearray(request(fingerprint=fingerprint))
    data[bit // 8] ^= 1 << bit % 8
    check = stun.parse(bytes(data))
    assert check is None or not check.is_from(PASSWORD)


def test_what_stands_behind_the_proof_counts_for_nothing() -> None:
    bare = request(fingerprint=False)
    longer = bare[:2] + (len(bare) - 20 + 4).to_bytes(2, "big") + bare[4:] + b"\0\x25\0\0"
    check = stun.parse(longer)
    assert check is not None
    assert check.is_from(PASSWORD)
    assert not check.nominates


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda rest: request()[:20] + rest))
def test_rubbish_is_no_check(data: bytes) -> None:
    assert stun.parse(data) is None


def test_an_answer_or_an_indication_is_no_check() -> None:
    for kind in (b"\x01\x01", b"\x00\x11", b"\x00\x03"):
        assert stun.parse(kind + request()[2:]) is None
