"""Sentences of a second author, who wrote most of them before reading the rules: what is right now stays right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transcripts.test_masking_cases import parsed
from transcripts.masking.lexicon import seed
from transcripts.masking.matcher import Matcher

pytestmark = [pytest.mark.unit, pytest.mark.req("S1.6")]

FOLDER = Path(__file__).parent
MATCHER = Matcher(seed())
COVERED = 0.8


def lines(name: str) -> list[str]:
    text = (FOLDER / f"masking_second_{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def hidden(text: str) -> list[str]:
    return [text[span.start : span.end] for span in MATCHER.find(text)]


def is_hidden(text: str, start: int, end: int) -> bool:
    shares = (min(end, span.end) - max(start, span.start) for span in MATCHER.find(text))
    return sum(max(0, share) for share in shares) >= COVERED * (end - start)


@pytest.mark.parametrize(("language", "least"), [("ko", 200), ("en", 100)])
def test_harmless_sentences_stay(language: str, least: int) -> None:
    sentences = lines(f"harmless_{language}")
    assert len(sentences) >= least
    assert [line for line in sentences if hidden(line)] == []


@pytest.mark.parametrize(("language", "least"), [("ko", 200), ("en", 100)])
def test_abuse_is_hidden(language: str, least: int) -> None:
    sentences = [parsed(line) for line in lines(f"abuse_{language}")]
    assert len(sentences) >= least
    assert [text for text, words in sentences if not all(is_hidden(text, *word) for word in words)] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # An exception ends with a word: 씨 발 사이즈 is one, 씨 발 사람 is none.
        ("씨 발 사람 말을 뭘로 들어", ["씨 발"]),
        ("김민수 씨 발 사이즈가 커요", []),
        # What belongs to an insult goes with it.
        ("창녀 같은 년이 뭐래", ["창녀 같은 년"]),
        ("ㅁㅊ놈들아", ["ㅁㅊ놈들"]),
        ("존나게 비싸네", ["존나게"]),
        ("병신년 삼월생이에요", []),
        # Insults made by a suffix, and what only looks so.
        ("애새끼들 좀 조용히 시켜", ["애새끼"]),
        ("인턴새끼가 받았어", ["인턴새끼"]),
        ("제비새끼가 태어났어요", []),
        ("눈치없는년이 뭐래", ["년"]),
        ("없는년도를 적으래요", []),
        ("소년들이 왔어요", []),
        ("한국년들 수준", ["년들"]),
        # Korean typed on English keys.
        ("tlqkf 진짜", ["tlqkf"]),
        ("qudtlsdk 들어", ["qudtlsdk"]),
        ("rotoRlemf 다 잘라", ["rotoRlemf"]),
        ("rotor gospel alcove rousing", []),
        # A rule that spares something leaves no hole beside it.
        ("금쪽같은 내 새끼 재방송", []),
        ("내 새끼야 이 개놈아", ["새끼", "개놈"]),
        ("수서 시발 부산행 열차", []),
        ("아 시발 부산행 열차", ["시발"]),
        ("새끼 상어 동요", []),
        ("이 새끼 상어 같네", ["새끼"]),
        ("개미를 죽여 버려야 해요", []),
        ("너를 죽여 버려야 해", ["죽여 버려"]),
        ("얼룩이 묻어 버릴 것 같아요", []),
        ("산에 묻어 버릴 거야", ["묻어 버릴"]),
        ("염병이 돌던 시절", []),
        ("염병이나 떨지 마", ["염병"]),
        ("불 질러 버린 논두렁", []),
        ("불 질러 버린다", ["불 질러 버린다"]),
        ("불이 꺼지면 연락 주세요", []),
        ("주둥이 닥치고 들어", ["닥치고"]),
        ("엿 같은 식감이에요", []),
        ("엿 같은 회사", ["엿 같은"]),
        ("이런 십팔 번이었네요", []),
        ("이런 십팔 또 끊었어", ["십팔"]),
        ("저년도 이월 금액이요", []),
        ("저년도 데려와", ["저년"]),
        ("주소가 씨 팔 호라고 적혔어요", []),
        ("에이 씨 팔 또 끊었어", ["씨 팔"]),
        ("에밀 졸라의 소설이요", []),
        ("쪽 발이 저려요", []),
        ("쪽발이 상담원이네", ["쪽발이"]),
        ("아직 급식 충당금이 남았어요", []),
    ],
)
def test_rules_and_their_limits(text: str, expected: list[str]) -> None:
    found = hidden(text)
    assert len(found) == len(expected), found
    for piece, wanted in zip(found, expected, strict=True):
        assert wanted in piece
