"""What a page may send: every kind of field, and every way to get it wrong."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.signaling import decode as decoding
from calls.signaling.errors import ErrorCode, SignalError
from calls.signaling.messages import REQUESTS, parse, wire_fields
from calls.signaling.messages.call import MAX_AUDIO_BYTES, AudioData, IceCandidate, Join
from calls.signaling.messages.media import Produce

pytestmark = pytest.mark.unit

PEER = "6f1c9e0e-2f7b-4c15-9d5e-0e6b1c1d2a3b"


def decode(frame: str) -> dict[str, Any]:
    message = decoding.decode(frame)
    decoding.check(message)
    return message


def refusal(message: dict[str, Any]) -> SignalError:
    with pytest.raises(SignalError) as caught:
        parse(message)
    return caught.value


def audio(**changed: Any) -> dict[str, Any]:
    fields = {"type": "audio-data", "timestamp": 1_700_000_000_000, "audioData": "AAAA"}
    return fields | changed


def test_aliases_read_as_the_same_request() -> None:
    by_alias = parse({"type": "join-session", "sessionId": PEER, "token": "t"})
    assert isinstance(by_alias, Join)
    assert by_alias.wanted_call == uuid.UUID(PEER)
    assert REQUESTS["leave-session"] is REQUESTS["leave"]


def test_a_candidate_may_be_null_but_not_missing() -> None:
    end_of_candidates = parse({"type": "ice-candidate", "to": PEER, "candidate": None})
    assert isinstance(end_of_candidates, IceCandidate)
    assert end_of_candidates.candidate is None
    assert refusal({"type": "ice-candidate", "to": PEER}).field == "candidate"


def test_an_optional_field_that_is_null_counts_as_left_out() -> None:
    assert parse({"type": "join", "token": "t", "since": None, "callId": None}) == Join(token="t")


def test_unknown_fields_are_left_alone() -> None:
    assert parse({"type": "join", "token": "t", "colour": "red"}) == Join(token="t")


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"type": "login"}, "token"),
        ({"type": "login", "token": 7}, "token"),
        ({"type": "login", "token": ""}, "token"),
        ({"type": "login", "token": "x" * 5000}, "token"),
        ({"type": "join", "since": -1}, "since"),
        ({"type": "join", "since": True}, "since"),
        ({"type": "join", "since": 1.5}, "since"),
        ({"type": "join", "callId": "{" + PEER + "}"}, "callId"),
        ({"type": "offer", "to": "somebody", "sdp": "v=0"}, "to"),
        ({"type": "show-video", "to": PEER, "step": "open"}, "step"),
        ({"type": "offer", "to": PEER, "sdp": {"type": "offer"}}, "sdp"),
        ({"type": "media-connected", "path": "pigeon"}, "path"),
        ({"type": "toggle-audio", "muted": "true"}, "muted"),
        ({"type": "produce", "roomId": PEER, "transportId": "../x", "kind": "audio"}, "transportId"),
        ({"type": "connect-transport", "roomId": PEER, "transportId": "x"}, "dtlsParameters"),
        (audio(audioData="A" * 7), "audioData"),
        (audio(audioData="한국어"), "audioData"),
        (audio(audioData=""), "audioData"),
        (audio(audioData=base64.b64encode(bytes(MAX_AUDIO_BYTES + 1)).decode()), "audioData"),
        (audio(recorder="../../etc"), "recorder"),
        (audio(sequence=1_000_000), "sequence"),
    ],
)
def test_a_wrong_field_is_named(message: dict[str, Any], field: str) -> None:
    error = refusal(message)
    assert (error.code, error.field) == (ErrorCode.MALFORMED, field)


@pytest.mark.parametrize("name", [None, 7, [], {}, True])
def test_a_type_that_is_no_text_is_malformed(name: Any) -> None:
    assert refusal({"type": name}).code == ErrorCode.MALFORMED


def test_an_unknown_type_has_its_own_code() -> None:
    assert refusal({"type": "shout"}).code == ErrorCode.UNKNOWN_TYPE


@pytest.mark.req("S2.9")
def test_audio_data_needs_only_what_the_other_system_sent() -> None:
    slice_ = parse(audio())
    assert isinstance(slice_, AudioData)
    assert (slice_.audio_data, slice_.sequence, slice_.recorder) == (b"\x00\x00\x00", None, None)


@given(st.binary(min_size=1, max_size=2000))
def test_audio_arrives_byte_for_byte(data: bytes) -> None:
    slice_ = parse(audio(audioData=base64.b64encode(data).decode(), sequence=3, recorder="r-1"))
    assert isinstance(slice_, AudioData)
    assert slice_.audio_data == data


def test_media_requests_go_on_with_their_own_fields_only() -> None:
    request = parse(
        {
            "type": "produce",
            "roomId": PEER,
            "callId": PEER,
            "transportId": "t1",
            "kind": "audio",
            "rtpParameters": {"codecs": []},
            "peerId": "someone else",
        }
    )
    assert isinstance(request, Produce)
    assert request.payload() == {"transportId": "t1", "kind": "audio", "rtpParameters": {"codecs": []}}


def test_wire_fields_say_what_may_be_left_out() -> None:
    assert wire_fields(REQUESTS["join"]) == {"token": True, "sessionId": True, "since": True}
    assert wire_fields(REQUESTS["ice-candidate"]) == {"to": False, "candidate": False}


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "nonsense",
        "[]",
        "7",
        "null",
        '"text"',
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": -Infinity}',
        '{"a": 1e999}',
        '{"a": 123456789012345678901234567890}',
        '{"a": ' + "9" * 5000 + "}",
        '{"a": "\\ud800"}',
        '{"\\udfff": 1}',
        '{"a": "nul \\u0000"}',
        '{"a": ["\\u0000"]}',
        '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"a": ' * 17 + "1" + "}" * 17,
        '{"a": 1',
        '{"a": "raw \x00"}',
        "{'a': 1}",
    ],
)
def test_what_is_not_clean_json_is_malformed(frame: str) -> None:
    with pytest.raises(SignalError) as caught:
        decode(frame)
    assert caught.value.code == ErrorCode.MALFORMED


def test_the_largest_numbers_and_depth_that_are_let_in() -> None:
    assert decode('{"a": 9007199254740992, "b": 1.5e300}') == {"a": decoding.MAX_INTEGER, "b": 1.5e300}
    deepest = '{"a": ' * decoding.MAX_DEPTH + "1" + "}" * decoding.MAX_DEPTH
    assert decode(deepest)
    assert decode('{"이름": "홍길동 😀"}') == {"이름": "홍길동 😀"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=30,
)


@given(st.text() | JSON.map(json.dumps))
def test_decoding_gives_an_object_or_a_refusal(frame: str) -> None:
    try:
        value = decode(frame)
    except SignalError:
        return
    json.dumps(value, allow_nan=False).encode()


@given(st.sampled_from(sorted(REQUESTS)), st.dictionaries(st.text(max_size=8), JSON, max_size=3), st.data())
def test_any_values_in_known_fields_are_read_or_refused(name: str, extra: Any, data: st.DataObject) -> None:
    known = {field: data.draw(JSON) for field in wire_fields(REQUESTS[name])}
    try:
        request = parse({**extra, **known, "type": name})
    except SignalError:
        return
    assert isinstance(request, REQUESTS[name])
