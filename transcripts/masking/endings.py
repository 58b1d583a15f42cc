"""How far a hit reaches: 창녀 같은 년 is one insult, and 좆같은 does not leave its ending behind.

What stands after a term tells what the term was; half a hidden insult insults as well.
"""

from __future__ import annotations

import re
from dataclasses import replace

from transcripts.masking.hits import Hit
from transcripts.masking.normalise import Kind, Unit

NEAR = 12
READ = {Kind.HANGUL, Kind.JAMO, Kind.SPACE}

PERSON = re.compile(
    r" ?(?:(?:같|보다못)(?:은|한) ?)?"
    r"(?:년(?![도간생월전후치초말대식]|[가-힣]{0,2}[도월]\b)|(?:[놈넘눔롬럼련]|것들|[새쌔쉐섀]끼)(?!손|발가|줄|고양)|"
    r"노[마미](?![가-힣])|노무(?= ?[새쌔쉐섀]끼)|[여녀]나(?![가-힣])|연아(?![가-힣])|"
    r"(?:세끼|[새색]기|색끼)(?=야|들|$| ))들?"
)
"""창녀 같은 [년], ㅁㅊ[놈]들, and how it is misheard: 시발 노마, 병신 세끼. Not the year of 병신년 삼월."""
KIN = re.compile(r"의 ?(?:자식|새끼|인간|집구석|집안|종자)들?")
"""쌍놈[의 집구석]."""
STEM = re.compile(
    r"(?:같|까|처먹|쳐먹|엿먹|처맞|쳐맞|닥치|닥쳐|닥치시|꺼지|뒤지|뒈져|부리|불이|쳐웃|대줘|존나|따먹|죽|죽여|빨아)$"
)
INFLECTION = re.compile(
    r"(?:는|은|네|게|다|냐|니|라|고|지|던|아|어|애|야|라고|라니까|겠네|거든|잖아|더라|을래|을라|으라|으려고|인다|었으면|었냐|었네|"
    r"습니다|아서|았네|았어|어라|어요|어서|으면|으세요|으니|버려|버린다|버릴|버릴라|줄까|시고|시죠)요?(?![가-힣])"
)
CALL = re.compile(r"[아야](?![가-힣])")
WILL = re.compile(r" ?(?:거(?:야|다|니까)?|꺼야|테다|테니까?|줄 ?알아)(?![가-힣])")
"""죽여 버릴 [거야]."""
"""Verbs and adjectives keep no ending in sight; nouns keep their particles, so that the sentence can be read."""


def with_company(row: list[Unit], hit: Hit) -> Hit:
    """The hit and what belongs to it on its right."""
    end = hit.last + 1
    while end < min(len(row), hit.last + NEAR) and row[end].kind in READ:
        end += 1
    after = "".join(unit.char for unit in row[hit.last + 1 : end])
    term = "".join(u.char for u in row[hit.first : hit.last + 1] if u.kind in (Kind.HANGUL, Kind.JAMO))
    length = _inflection(term, after)
    length += _person(term, after[length:])
    length = length or _scrap(row, hit, after)
    return replace(hit, last=hit.last + length) if length else hit


def _scrap(row: list[Unit], hit: Hit, after: str) -> int:
    """개새 기[야], 십 팔 놈[아]: of a term that was torn, one syllable and its ending are a word that says nothing else."""
    spaces = sum(unit.kind is Kind.SPACE for unit in row[hit.first : hit.last])
    torn = (
        spaces and row[hit.last - 1].kind is Kind.SPACE and (spaces > 1 or row[hit.last].char not in "놈년")
    )
    return int(bool(torn and CALL.match(after)))


def _inflection(term: str, after: str) -> int:
    if term.endswith("버릴"):
        match = WILL.match(after)
    else:
        match = INFLECTION.match(after) if STEM.search(term) else None
    return match.end() if match else 0


def _person(term: str, after: str) -> int:
    match = PERSON.match(after)
    end = match.end() if match else 0
    kin = KIN.match(after[end:]) if end or term.endswith(("놈", "년")) else None
    return end + (kin.end() if kin else 0)
