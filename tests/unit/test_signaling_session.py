"""A socket's conversation without a socket: frames in, effects out, time by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.signaling.errors import CloseCode
from calls.signaling.messages import REQUESTS, Needs
from calls.signaling.messages.call import HangUp, Login
from calls.signaling.messages.desk import OpenDesk
from calls.signaling.session import Close, Effect, Limits, Perform, Relay, Reply, Seat, Send, Session

pytestmark = pytest.mark.unit

LIMITS = Limits(message_bytes=20_000, messages_per_second=10)
CALL, OTHER_CALL = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
CARA, ALICE = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"


def stranger() -> Session:
    return Session(LIMITS, 0.0)


def cara(peers: set[str] | None = None) -> Session:
    session = stranger()
    session.seated(Seat(CALL, CARA, "customer", peers={ALICE} if peers is None else peers))
    return session


def send(session: Session, now: float = 0.0, **message: Any) -> list[Effect]:
    return session.receive(json.dumps(message), now)


def errors(effects: list[Effect]) -> list[str]:
    return [effect.message["code"] for effect in effects if isinstance(effect, Send)]


def test_a_stranger_may_log_in_join_and_ping_and_nothing_else() -> None:
    allowed = {
        name for name in REQUESTS if "not_authenticated" not in errors(send(stranger(), **_complete(name)))
    }
    assert allowed == {"login", "join", "join-session", "ping"}


def _complete(name: str) -> dict[str, Any]:
    """A message of every field that any request has, so that only the right to send it is in question."""
    objects = {field: {} for field in ("candidate", "dtlsParameters", "rtpParameters", "rtpCapabilities")}
    ids = dict.fromkeys(
        ("to", "roomId", "offerId", "transportId", "producerId", "consumerId", "peerId"), CALL
    )
    texts = {
        "token": "t",
        "sdp": "v=0",
        "kind": "audio",
        "state": "away",
        "audioData": "AAAA",
        "key": "repeat",
        "step": "ask",
        "mark": "failed",
        "name": "a.txt",
        "sha256": "0" * 64,
        "head": "AAAA",
    }
    rooms = {
        "off": True,
        "raised": True,
        "level": "good",
        "rttMs": 1,
        "lossPercent": 0,
        "kbps": 1,
        "locked": True,
    }
    chat = {
        "clientId": "c",
        "typing": True,
        "seq": 1,
        "size": 1,
        "colleagueId": 1,
        "status": "away",
        "spatialLayer": 0,
        "width": 1,
        "height": 1,
    }
    path = "relayed"
    return {
        "type": name,
        "muted": True,
        "timestamp": 1,
        "path": path,
        **rooms,
        **chat,
        **objects,
        **ids,
        **texts,
    }


def test_a_request_is_performed_with_its_seat_and_its_reply() -> None:
    [effect] = send(cara(), type="hang-up", id=7)
    assert isinstance(effect, Perform)
    assert isinstance(effect.request, HangUp)
    assert effect.seat is not None
    assert effect.seat.peer_id == CARA
    assert effect.reply.ack() == [Send({"type": "ack", "id": 7, "data": {}})]


def test_a_request_without_an_id_is_not_acknowledged() -> None:
    assert Reply().ack({"a": 1}) == []


def test_an_alias_keeps_its_name_for_the_answer() -> None:
    [effect] = send(stranger(), type="join-session", token="t")
    assert isinstance(effect, Perform)
    assert effect.reply.name == "join-session"


def test_logging_in_opens_the_desk() -> None:
    session = stranger()
    [effect] = send(session, type="login", token="jwt")
    assert isinstance(effect, Perform)
    assert isinstance(effect.request, Login)
    session.logged_in(1)
    [effect] = send(session, type="open-desk")
    assert isinstance(effect, Perform)
    assert isinstance(effect.request, OpenDesk)


def test_a_login_opens_no_call() -> None:
    session = stranger()
    session.logged_in(1)
    assert errors(send(session, type="hang-up")) == ["not_authenticated"]
    session.seated(Seat(CALL, ALICE, "agent"))
    assert errors(send(session, type="hang-up", callId=OTHER_CALL)) == ["not_found"]


def listener() -> Session:
    session = stranger()
    session.seated(Seat(CALL, ALICE, "supervisor", peers={CARA}))
    return session


HEARS = {
    "join-room", "create-transport", "connect-transport", "restart-ice", "consume", "close-consumer", "pause-consumer",
    "resume-consumer", "request-key-frame", "set-preferred-layers", "set-consumer-size", "leave", "leave-session",
}  # fmt: skip


@pytest.mark.req("S1.9")
def test_who_listens_may_hear_and_go_and_sends_nothing() -> None:
    needs_seat = [name for name, cls in REQUESTS.items() if cls.needs in (Needs.SEAT, Needs.ROOM)]
    refused = {
        name
        for name in needs_seat
        if "forbidden" in errors(send(listener(), **_complete(name) | {"to": CARA}))
    }
    assert refused == set(needs_seat) - HEARS


def test_with_two_calls_the_call_must_be_named() -> None:
    session = cara()
    session.seated(Seat(OTHER_CALL, ALICE, "agent"))
    assert errors(send(session, type="hang-up")) == ["malformed"]
    [effect] = send(session, type="hang-up", callId=OTHER_CALL)
    assert isinstance(effect, Perform)
    assert effect.seat is not None
    assert effect.seat.call_id == OTHER_CALL


@pytest.mark.req("S1.12")
@pytest.mark.parametrize(
    "message",
    [
        {"type": "offer", "sdp": "v=0"},
        {"type": "show-video", "step": "ask"},
        {"type": "answer", "sdp": "v=0"},
        {"type": "ice-candidate", "candidate": {"candidate": "candidate:1"}},
        {"type": "ice-candidate", "candidate": None},
    ],
)
def test_signals_are_relayed_under_the_senders_own_name(message: dict[str, Any]) -> None:
    effects = send(cara(), to=ALICE, id="a", **message, **{"from": OTHER_CALL, "callId": CALL})
    expected = message | {"callId": CALL, "from": CARA}
    assert effects == [Relay(CALL, ALICE, expected), Send({"type": "ack", "id": "a", "data": {}})]


def test_a_signal_to_someone_unknown_is_refused() -> None:
    assert errors(send(cara(), type="offer", to=OTHER_CALL, sdp="v=0")) == ["not_found"]


def test_peers_are_learnt_from_what_is_sent() -> None:
    seat = Seat(CALL, CARA, "customer")
    seat.notice({"type": "peer-joined", "peerId": ALICE})
    seat.notice({"type": "peer-audio-changed", "peerId": CARA})
    assert seat.peers == {ALICE}
    seat.notice({"type": "peer-left", "peerId": ALICE})
    assert seat.peers == set()
    seat.notice({"type": "offer", "from": ALICE})
    assert seat.peers == {ALICE}


def test_an_event_is_sent_once() -> None:
    seat = Seat(CALL, CARA, "customer", seq=3)
    assert [seat.takes(seq) for seq in (3, 4, 4, 6, 5)] == [False, True, False, True, False]


@pytest.mark.parametrize("id_", [True, 1.5, [], {}, "x" * 65, 2**53 + 1, "\x00", "\ud800"])
def test_an_id_of_a_wrong_kind_is_refused_without_being_repeated(id_: Any) -> None:
    [effect] = send(cara(), type="ping", id=id_)
    assert isinstance(effect, Send)
    assert effect.message["code"] == "malformed"
    assert "id" not in effect.message


def test_a_refusal_carries_the_id() -> None:
    [effect] = send(cara(), type="shout", id=4)
    assert isinstance(effect, Send)
    assert effect.message["id"] == 4
    assert effect.message["code"] == "unknown_type"


@pytest.mark.parametrize("text", ["\x00", "\ud800"])
def test_a_text_that_cannot_be_stored_is_refused_by_the_requests_id(text: str) -> None:
    [effect] = send(cara(), type="offer", to=ALICE, sdp=text, id=4)
    assert isinstance(effect, Send)
    assert (effect.message["id"], effect.message["code"]) == (4, "malformed")


def test_a_large_frame_is_refused_and_the_socket_lives() -> None:
    session = cara()
    assert errors(send(session, type="ping", padding="x" * 20_000)) == ["too_large"]
    assert isinstance(send(session, type="ping")[0], Perform)


def test_the_limit_counts_bytes_not_characters() -> None:
    assert errors(cara().receive(json.dumps({"a": "가" * 8_000}, ensure_ascii=False), 0.0)) == ["too_large"]


def test_a_binary_frame_is_refused() -> None:
    assert errors(cara().receive(None, 0.0)) == ["malformed"]


def test_a_stranger_who_says_nothing_is_hung_up_after_ten_seconds() -> None:
    session = stranger()
    assert session.deadline() == 10.0
    assert session.tick(9.9) == []
    assert session.tick(10.0) == [Close(CloseCode.UNAUTHENTICATED)]
    assert send(session, type="ping", now=10.1) == []


def test_pings_do_not_replace_a_login() -> None:
    session = stranger()
    send(session, type="ping", now=9.0)
    assert session.tick(10.0) == [Close(CloseCode.UNAUTHENTICATED)]


def test_a_silent_page_is_hung_up() -> None:
    session = cara()
    send(session, type="ping", now=20.0)
    assert session.tick(49.9) == []
    assert session.tick(50.0) == [Close(CloseCode.SILENT)]


def test_a_burst_is_taken_a_flood_is_refused_and_then_hung_up() -> None:
    session = cara()
    burst = LIMITS.messages_per_second * 4
    assert all(isinstance(send(session, type="ping")[0], Perform) for _ in range(int(burst)))
    [refused] = send(session, type="ping")
    assert isinstance(refused, Send)
    assert refused.message["code"] == "too_many_requests"
    assert refused.message["retryAfter"] == pytest.approx(0.1)
    outcomes = [send(session, type="ping")[0] for _ in range(int(burst))]
    assert outcomes[-1] == Close(CloseCode.FLOODED)
    assert session.closed


def test_who_slows_down_is_heard_again() -> None:
    session = cara()
    for _ in range(60):
        send(session, type="ping")
    assert not session.closed
    assert isinstance(send(session, type="ping", now=1.0)[0], Perform)


@given(st.lists(st.one_of(st.text(max_size=200), st.none(), st.binary(max_size=50).map(repr)), max_size=20))
def test_anything_at_all_has_a_defined_effect(frames: list[str | None]) -> None:
    session = cara()
    for frame in frames:
        effects = session.receive(frame, 0.0)
        assert session.closed or len(effects) == 1
        for effect in effects:
            assert isinstance(effect, Send | Close | Relay | Perform)


WORDS = st.sampled_from(
    ["type", "id", "to", "sdp", "callId", "candidate", "token", "roomId", "kind", "muted"]
)
VALUES = st.one_of(
    st.sampled_from([*sorted(REQUESTS), CALL, ALICE, CARA]), st.integers(), st.floats(), st.text(), st.none()
)


@given(st.dictionaries(WORDS, VALUES))
def test_no_message_makes_a_page_speak_for_another(message: dict[str, Any]) -> None:
    for effect in send(cara(), **message):
        if isinstance(effect, Relay):
            assert (effect.call_id, effect.message["from"], effect.to) == (CALL, CARA, ALICE)
        if isinstance(effect, Perform) and effect.seat is not None:
            assert effect.seat.peer_id == CARA
