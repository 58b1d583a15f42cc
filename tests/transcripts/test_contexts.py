"""Ordinary words that hold the syllables of abuse stay, and abuse beside them does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from transcripts.masking.lexicon import seed
from transcripts.masking.matcher import Matcher

pytestmark = [pytest.mark.unit, pytest.mark.req("S1.6")]

HARMLESS = Path(__file__).with_name("masking_harmless_ko.txt")
MATCHER = Matcher(seed())


def hidden(text: str) -> list[str]:
    return [text[span.start : span.end] for span in MATCHER.find(text)]


def test_harmless_sentences_stay_as_they_are() -> None:
    lines = HARMLESS.read_text(encoding="utf-8").splitlines()
    assert len(lines) > 1000
    assert [line for line in lines if hidden(line)] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("야 이 씨 발놈아", ["씨 발놈"]),
        ("아 진짜 씨 발 환불해 줘", ["씨 발"]),
        ("김민수 씨발 어디 갔어", ["씨발"]),
        ("두 시에 온다며 시발", ["시발"]),
        ("너희들 시발놈들", ["시발놈"]),
        ("사장의 시발 같은 변명", ["시발"]),
        ("이 개 새끼야", ["개 새끼"]),
        ("개새끼 한 번만 더 해 봐", ["개새끼"]),
        ("돼지 새끼야 빨리 해", ["돼지 새끼"]),
        ("상담원 새끼가 전화를 끊어", ["새끼"]),
        ("네가 꺼지라고", ["꺼지라고"]),
        ("넌 좀 꺼져라", ["꺼져라"]),
        ("그냥 닥치고 들어", ["닥치고"]),
        ("너 처먹는 거냐", ["처먹는"]),
        ("밥이나 쳐먹어", ["쳐먹어"]),
        ("아가리 닥쳐", ["아가리 닥쳐"]),
        ("개 지랄까고 있네", ["지랄"]),
        ("이 병 신아", ["병 신"]),
        ("이 새 끼 봐라", ["새 끼"]),
        ("십 새끼들", ["십 새끼"]),
        ("시발이라는 제목의 책", ["시발"]),
        ("이따가 꺼져라", ["꺼져라"]),
        ("상담원이 닥치고 들으래요", ["닥치고"]),
        ("너는 꺼져", ["꺼져"]),
        ("너도 꺼져", ["꺼져"]),
        ("오늘은 꺼져", ["꺼져"]),
        ("사장이 닥쳐 그러던데요", ["닥쳐"]),
        ("저 빌어먹을 놈", ["빌어먹을"]),
        ("빌어먹을 전화 왜 안 받아", ["빌어먹을"]),
        ("가서 뒤져라", ["뒤져라"]),
    ],
)
def test_abuse_in_the_same_places_is_hidden(text: str, expected: list[str]) -> None:
    found = hidden(text)
    assert len(found) == len(expected)
    for piece, wanted in zip(found, expected, strict=True):
        assert wanted in piece
