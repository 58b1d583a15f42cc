"""The assistant's ear and tongue without sound: back-channels, unfinished sentences, sentence by sentence, the hand-over."""

from __future__ import annotations

import pytest

from transcripts.assistant.handover import Said, handover
from transcripts.assistant.listening import agrees, is_back_channel, seconds_to_wait
from transcripts.assistant.sentences import LONGEST, sentences

pytestmark = pytest.mark.unit


@pytest.mark.req("S2.12")
@pytest.mark.parametrize(
    "text",
    ["네", "네네.", "아 네", "음…", "아하, 그렇군요", "mm-hm", "Uh-huh, okay.", "yeah right", "I see."],
)
def test_back_channels_do_not_stop_it(text: str) -> None:
    assert is_back_channel(text)


@pytest.mark.parametrize(
    "text", ["네 그런데 질문이 있어요", "아니요", "잠깐만요", "stop", "yes but when", "ok wait a moment", ""]
)
def test_what_means_something_does(text: str) -> None:
    assert not is_back_channel(text)


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("네, 부탁드려요", True), ("네 알겠습니다.", True), ("그렇게 해주세요", True), ("Yes, that is correct.", True),
        ("아니요 괜찮아요", False), ("괜찮습니다", False), ("No thanks", False), ("세탁기요", False),
    ],
)  # fmt: skip
def test_yes_and_no(text: str, yes: bool) -> None:
    assert agrees(text) is yes


@pytest.mark.parametrize(
    "text",
    [
        "제가 주문을 했는데",
        "그러니까",
        "제 주문은",
        "My order is",
        "I bought it and",
        "번호는 공일공 일이삼사",
    ],
)
def test_who_has_not_finished_is_given_time(text: str) -> None:
    assert seconds_to_wait(text) >= 1.0


@pytest.mark.parametrize(
    "text",
    ["세탁기 배송이 너무 늦어요.", "몇 시까지 하나요?", "Where is my order?", "The delivery is too late."],
)
def test_who_has_finished_is_answered_at_once(text: str) -> None:
    assert seconds_to_wait(text) == 0.0


def test_a_sentence_is_spoken_as_soon_as_the_next_one_begins() -> None:
    taken: list[str] = []

    def pieces():
        for piece in ("배송은 3.", "5일 걸려요", ". 다음", "은 설치", "입니다. 끝"):
            taken.append(piece)
            yield piece

    stream = sentences(pieces())
    assert next(stream) == "배송은 3.5일 걸려요."
    assert len(taken) == 3
    assert list(stream) == ["다음은 설치입니다.", "끝"]


def test_markup_and_addresses_are_not_read_aloud() -> None:
    assert list(sentences(["**중요** - `코드`\n", "# 제목 https://example.com/x 에서 보세요."])) == [
        "중요 - 코드",
        "제목 에서 보세요.",
    ]
    assert list(sentences(["...", " --- ", "\n\n"])) == []


def test_a_sentence_without_end_is_cut_at_a_space() -> None:
    spoken = list(sentences(["낱말 " * 200]))
    assert all(0 < len(one) <= LONGEST for one in spoken)
    assert " ".join(spoken).split() == ["낱말"] * 200


@pytest.mark.req("S2.12")
def test_the_hand_over_holds_what_was_said_and_collected() -> None:
    said = [
        Said(True, "제 이름은 김하나입니다. 주문번호는 12345 이에요."),
        Said(False, "확인해 보겠습니다."),
        Said(True, "세탁기 배송이 늦어요. ●●●"),
    ]
    told = handover(said, reason="asked", intent="", tone=-0.66666)
    assert told["fields"] == {"name": "김하나", "orderNumber": "12345"}
    assert told["summary"][-1] == "세탁기 배송이 늦어요. ●●●"
    assert told["lastAnswer"] == "확인해 보겠습니다."
    assert (told["reason"], told["tone"]) == ("asked", -0.67)
    english = handover(
        [Said(True, "My name is Jane Doe and my order number is one two three four.")],
        reason="asked",
        intent="x",
        tone=None,
    )
    assert english["fields"] == {"name": "Jane Doe", "orderNumber": "one two three four"}
    assert handover([], reason="deaf", intent="", tone=None)["summary"] == []
    assert len(handover([Said(True, "가" * 999)], reason="asked", intent="", tone=None)["intent"]) == 200
