"""Sentences of a third author: terms in their plain sense, numbers that are words, and the abuse that stands beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transcripts.test_masking_cases import parsed
from transcripts.masking.detector import Detector
from transcripts.masking.lexicon import seed

pytestmark = [pytest.mark.unit, pytest.mark.req("S1.6")]

FOLDER = Path(__file__).parent
DETECTOR = Detector(seed())
COVERED = 0.8


def lines(name: str) -> list[str]:
    text = (FOLDER / f"masking_third_{name}_ko.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def hidden(text: str) -> list[str]:
    """Words and personal data alike: a harmless sentence has neither."""
    return [text[span.start : span.end] for span in DETECTOR.find(text)]


def is_hidden(text: str, start: int, end: int) -> bool:
    shares = (min(end, span.end) - max(start, span.start) for span in DETECTOR.find(text))
    return sum(max(0, share) for share in shares) >= COVERED * (end - start)


def test_harmless_sentences_stay() -> None:
    sentences = lines("harmless")
    assert len(sentences) >= 350
    assert [line for line in sentences if hidden(line)] == []


def test_abuse_is_hidden() -> None:
    sentences = [parsed(line) for line in lines("abuse")]
    assert len(sentences) >= 240
    assert [text for text, words in sentences if not all(is_hidden(text, *word) for word in words)] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # A litter, a thief, a router; and who is called so.
        ("보호소에 새끼가 있어요", []),
        ("상담원 새끼가 여기 있네", ["새끼"]),
        ("도둑놈한테 털렸어요", []),
        ("너 같은 도둑놈한테 속았지", ["도둑놈"]),
        ("벼락 맞아서 공유기가 고장 났어요", []),
        ("벼락 맞을 놈들", ["벼락 맞을"]),
        ("음식에서 바퀴벌레 같은 게 나왔어요", []),
        ("바퀴벌레 같은 놈들아", ["바퀴벌레 같은"]),
        ("조명이 빨리 꺼져요", []),
        ("직원이 빨리 꺼져 줬으면", ["빨리 꺼져"]),
        ("시바 강아지 사료요", []),
        ("시바 종일 기다렸네", ["시바"]),
        # A space that makes other words.
        ("오른쪽으로 돌아 이 번 출구로 오세요", []),
        ("돌아이들이 모였나", ["돌아이"]),
        ("18년 아파트 관리비", []),
        ("18년 아이폰 케이스요", []),
        ("18년아 내 돈 내놔", ["18년아"]),
        # Years that go by.
        ("가입한 지 18년이 넘었어요", []),
        ("18년이면 오래됐죠", []),
        ("18년이 감히 전화를 끊어", ["18년이"]),
        # Letters that are talked of.
        ("키보드에서 ㅄ 받침이 안 눌려요", []),
        ("ㅂㅅ이네 진짜", ["ㅂㅅ"]),
        ("키보드 ㅈ도 안 눌려요", []),
        ("ㅈ도 모르면서", ["ㅈ도"]),
        # An exception that breaks off spares nothing, also not what it breaks into.
        ("씨발 병신 같은 게", ["씨발", "병신"]),
        ("김민수 씨 발병 신고요", []),
        # Words that are no address.
        ("이 동네로 이사 왔어요", []),
        ("집이 멀어서 역 근처 오피스텔로 이사했어요", []),
        ("다시 문자로 일러 주세요", []),
        ("내일 오면 교무실로 오라고 했어요", []),
        ("항구 개발로 사라진 마을이요", []),
        ("서울시 강남구 테헤란로 백이십삼이에요", ["테헤란로 백이십삼"]),
        ("혹시 강남구 테헤란로 12로 보내 주실래요", ["테헤란로 12"]),
        # Whelks, and the sign that is named after them.
        ("이 골뱅이 통조림 유통 기한이 지났어요", []),
        ("바닷가에서는 골뱅이가 잡혀요", []),
        ("cara 골뱅이 네이버 점 컴이요", ["cara 골뱅이 네이버 점 컴"]),
    ],
)
def test_rules_and_their_limits(text: str, expected: list[str]) -> None:
    found = hidden(text)
    assert len(found) == len(expected), found
    for piece, wanted in zip(found, expected, strict=True):
        assert wanted in piece


def test_a_word_that_only_ends_like_a_town_is_no_part_of_an_address() -> None:
    assert hidden("혹시 강남구 테헤란로 12로 보내 주실래요") == ["강남구 테헤란로 12"]
