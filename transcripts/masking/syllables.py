"""Hangul arithmetic: a syllable is an onset, a vowel and perhaps a coda."""

from __future__ import annotations

FIRST = 0xAC00
ONSETS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
CODAS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"

LAX = str.maketrans("ㄲㄸㅃㅆㅉ", "ㄱㄷㅂㅅㅈ")
GLIDE = str.maketrans("ㅑㅕㅛㅠㅖㅒㅘㅝㅙㅞ", "ㅏㅓㅗㅜㅔㅐㅏㅓㅐㅔ")
"""What is left of a vowel when it is drawn out: 꺼져어, 벼엉신."""
SAME_VOWEL = str.maketrans("ㅡㅢㅟㅔㅖㅒ", "ㅣㅣㅣㅐㅐㅐ")


def split(syllable: str) -> tuple[str, str, str]:
    """Onset, vowel and coda (" " for none) of one composed syllable."""
    index = ord(syllable) - FIRST
    return ONSETS[index // 588], VOWELS[index % 588 // 28], CODAS[index % 28]


def join(onset: str, vowel: str, coda: str = " ") -> str:
    index = (ONSETS.index(onset) * 21 + VOWELS.index(vowel)) * 28 + CODAS.index(coda)
    return chr(FIRST + index)


def is_syllable(char: str) -> bool:
    return "가" <= char <= "힣"


def soft(char: str) -> str:
    """Tense onsets made lax, as in 씨빨 for 시발."""
    if not is_syllable(char):
        return char.translate(LAX)
    onset, vowel, coda = split(char)
    return join(onset.translate(LAX), vowel, coda)


def plain_vowel(char: str) -> str:
    """Vowels that are heard as one, as in 씌발 for 씨발 or 게새끼 for 개새끼."""
    if not is_syllable(char):
        return char
    onset, vowel, coda = split(char)
    return join(onset, vowel.translate(SAME_VOWEL), coda)


def continues(before: str, char: str) -> bool:
    """Whether `char` only draws out the vowel of `before`, as 이 does in 씨이발."""
    if not (is_syllable(before) and is_syllable(char)):
        return False
    onset, vowel, _ = split(char)
    _, vowel_before, coda_before = split(before)
    held = {_heard(vowel_before), _heard(vowel_before.translate(GLIDE))}
    return onset == "ㅇ" and coda_before == " " and _heard(vowel) in held


def _heard(vowel: str) -> str:
    return vowel.translate(SAME_VOWEL)


def drawn_together(before: str, char: str) -> str:
    """`before` with the coda of the syllable that drew it out: 시 + 인 gives 신."""
    onset, vowel, _ = split(before)
    return join(onset, vowel, split(char)[2])
