"""Sentences of a fourth author: threats and demands by their grammar, signs in words, abuse misheard; and harmless ones."""

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
    text = (FOLDER / f"masking_fourth_{name}_ko.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def hidden(text: str) -> list[str]:
    return [text[span.start : span.end] for span in DETECTOR.find(text)]


def is_hidden(text: str, start: int, end: int) -> bool:
    shares = (min(end, span.end) - max(start, span.start) for span in DETECTOR.find(text))
    return sum(max(0, share) for share in shares) >= COVERED * (end - start)


def test_harmless_sentences_stay() -> None:
    sentences = lines("harmless")
    assert len(sentences) >= 700
    assert [line for line in sentences if hidden(line)] == []


def test_abuse_is_hidden() -> None:
    sentences = [parsed(line) for line in lines("abuse")]
    assert len(sentences) >= 1200
    assert [text for text, words in sentences if not all(is_hidden(text, *word) for word in words)] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # What is threatened, what is reported, what is polite, and what may be killed.
        ("네 다리를 분질러 놓을 거야", ["다리를 분질러 놓을 거야"]),
        ("의자 다리를 분질러 먹었어요", []),
        ("모가지를 확 비틀어 버린다", ["모가지를 확 비틀어 버린다"]),
        ("목을 비틀어 버린다고 협박을 받았어요", []),
        ("두들겨 패 버릴 거야", ["두들겨 패 버릴 거야"]),
        ("사랑니를 뽑아 버릴 거예요", []),
        ("광어 포를 떠 놓을게요", []),
        ("죽여 버릴 거야", ["죽여 버릴 거야"]),
        ("모기를 때려죽여 버릴 거야", []),
        # Bodies, and whose they are.
        ("엉덩이 주물러 보고 싶다", ["엉덩이 주물러 보고 싶다"]),
        ("강아지 엉덩이 주물러 주면 좋아해요", []),
        ("팬티 색깔 뭐야", ["팬티 색깔 뭐야"]),
        ("팬티 색깔은 뭐가 있나요", []),
        ("나랑 섹스나 할래", ["나랑 섹스나 할래"]),
        ("수술하고 섹스는 언제부터 되나요", []),
        ("네 보지 사진 보내", ["보지 사진"]),
        ("네 보지 못했어요", []),
        # A sign in a word is no accident; a space may be.
        ("병@신이네 진짜", ["병@신"]),
        ("존.나게 느리네", ["존.나게"]),
        ("등 신을 앉혀 놨나", ["등 신"]),
        ("형광등 신제품 있어요", []),
        ("개새 기야 문 열어", ["개새 기야"]),
        ("씨**놈들 양심도 없다", ["씨**놈들"]),
        ("김**씨 앞으로 온 택배요", []),
        ("씨123발 포인트 내놔", ["씨123발"]),
        # Drawn out over a glide, and said again and again.
        ("꺼져어 꼴도 보기 싫다", ["꺼져어"]),
        ("벼엉신아", ["벼엉신"]),
        ("병병병신 같은", ["병병병신"]),
        ("씨발발발 환불", ["씨발발발"]),
        # What a recogniser makes of it.
        ("시발 노마 환불해", ["시발 노마"]),
        ("시발 노무사 상담 예약", ["시발"]),
        ("병신 세끼야", ["병신 세끼"]),
        ("🖕 먹어라", ["🖕"]),
    ],
)
def test_rules_and_their_limits(text: str, expected: list[str]) -> None:
    found = hidden(text)
    joined = "".join(found)
    assert bool(found) == bool(expected), found
    assert all(wanted in joined for wanted in expected), found
