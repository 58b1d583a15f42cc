"""Whatever is sent: an answer with a code, a socket that lives, and nothing of it in the logs."""

from __future__ import annotations

import json
import logging
import random

import pytest
from django.db import DataError

from calls.signaling.messages import REQUESTS
from calls.sockets.registry import connection_count
from tests.cast import an_agent, cara_calls
from tests.wire.pages import TestPage, db

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]

SECRET = "주민번호 900101"
ID = "00000000-0000-4000-8000-000000000000"


@pytest.mark.req("S5.5")
@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", "malformed"),
        (SECRET, "malformed"),
        ("[" * 50_000, "malformed"),
        ('{"a":' * 50_000, "malformed"),
        (json.dumps([SECRET]), "malformed"),
        (json.dumps({"type": SECRET}), "unknown_type"),
        (json.dumps({"type": ["join"]}), "malformed"),
        (json.dumps({"type": "join", "token": SECRET, "since": 10**30}), "malformed"),
        ('{"type": "join", "token": "\\u0000"}', "malformed"),
        ('{"type": "join", "token": "\\ud83d"}', "malformed"),
        ('{"type": "join", "since": NaN}', "malformed"),
        (json.dumps({"type": "join", "token": SECRET}), "token_invalid"),
        (json.dumps({"type": "hang-up"}), "not_authenticated"),
        (json.dumps({"type": "offer", "to": ID, "sdp": SECRET}), "not_authenticated"),
        (json.dumps({"type": "accept-offer", "offerId": ID}), "not_authenticated"),
        (json.dumps({"type": "login", "token": SECRET * 200_000}), "too_large"),
        (json.dumps({"type": "join", "callId": ID}), "not_authenticated"),
    ],
)
async def test_a_bad_frame_is_answered_and_the_socket_lives(
    frame: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with TestPage() as page:
        await page.send_raw(frame)
        assert (await page.next("error"))["code"] == code
        assert await page.request("ping") == {}
    assert SECRET not in caplog.text


async def test_a_binary_frame_is_answered() -> None:
    async with TestPage() as page:
        await page.socket.send_to(bytes_data=b"\x00\xff")
        assert (await page.next("error"))["code"] == "malformed"


async def test_a_flood_is_refused_and_then_hung_up(settings) -> None:
    settings.SOCKET_MESSAGES_PER_SECOND = 5
    async with TestPage() as page:
        for _ in range(60):
            await page.send("ping")
        assert (await page.next("error"))["code"] == "too_many_requests"
        assert await page.closed() == 4429


def test_a_message_that_could_fill_the_memory_is_cut_off_while_it_comes(settings) -> None:
    from daphne.ws_protocol import WebSocketFactory

    factory = WebSocketFactory(None)
    assert factory.maxMessagePayloadSize == factory.maxFramePayloadSize == 4 * settings.SOCKET_MESSAGE_BYTES


@pytest.mark.req("S1.4")
async def test_a_burst_of_candidates_fits() -> None:
    alice = await db(an_agent)
    async with TestPage() as page:
        await page.logs_in(alice)
        for number in range(150):
            await page.send("ping", id=number)
        answers = [await page.match(lambda m, n=number: m.get("id") == n) for number in range(150)]
        assert {answer["type"] for answer in answers} == {"ack"}


async def test_a_fault_of_ours_is_an_answer_and_its_text_stays_out_of_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cara = await db(cara_calls)

    def fail(_party: object) -> None:
        raise DataError(f"value {SECRET} too long")

    monkeypatch.setattr("calls.sockets.handlers.calls.end_call", fail)
    async with TestPage() as page:
        await page.joins(token=cara.token)
        await page.send("hang-up", id=1)
        error = await page.match(lambda message: message.get("id") == 1)
        assert error["code"] == "internal"
        assert await page.request("ping") == {}
    assert "DataError" in caplog.text
    assert SECRET not in caplog.text


async def test_a_page_can_be_closed_while_the_database_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    alice = await db(an_agent)
    before = connection_count()

    def fail(*_args: object) -> None:
        raise DataError("down")

    async with TestPage() as page:
        await page.opens_desk(alice)
        monkeypatch.setattr("calls.sockets.desk.close_desk", fail)
    assert connection_count() == before


VALUES = (
    ID,
    "audio",
    "away",
    "direct",
    "AAAA",
    "",
    "\x00",
    SECRET,
    0,
    -1,
    0.5,
    2**63,
    True,
    None,
    {},
    [],
    {"a": 1},
)
WORDS = [
    "to",
    "sdp",
    "candidate",
    "token",
    "callId",
    "sessionId",
    "since",
    "path",
    "muted",
    "roomId",
    "transportId",
    "dtlsParameters",
    "kind",
    "rtpParameters",
    "producerId",
    "rtpCapabilities",
    "state",
    "offerId",
    "audioData",
    "timestamp",
    "sequence",
    "recorder",
]
# Not those that would end what the rest is sent to.
TYPES = sorted(set(REQUESTS) - {"hang-up", "leave", "leave-session", "login"})


@pytest.mark.parametrize("seed", range(3))
async def test_a_storm_of_plausible_nonsense_meets_no_fault_of_ours(
    seed: int, settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SOCKET_MESSAGES_PER_SECOND = 1000
    caplog.set_level(logging.DEBUG)
    dice = random.Random(seed)
    alice = await db(an_agent)
    cara = await db(cara_calls)
    async with TestPage() as page:
        await page.logs_in(alice)
        await page.joins(token=cara.token)
        for number in range(200):
            words = dice.sample(WORDS, dice.randint(0, 6))
            message = {word: dice.choice(VALUES) for word in words}
            await page.send(dice.choice(TYPES), **message, id=f"s{number}")
            answer = await page.match(lambda m, wanted=f"s{number}": m.get("id") == wanted)
            assert answer["type"] in {"ack", "error", "joined", "joined-session"}
            assert answer.get("code") != "internal"
    assert SECRET not in caplog.text
