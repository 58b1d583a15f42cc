"""E-mail addresses, written (with stray spaces) and spoken: cara 골뱅이 네이버 점 컴, cara at example dot com."""

from __future__ import annotations

import re
from collections.abc import Iterator

PLACE = r"[a-z0-9][a-z0-9-]{0,40}"
TLD = r"com|net|org|edu|gov|info|biz|io|me|kr|co|jp|uk|us|de|fr|eu|au|ca|cn|app|dev|shop|test|example"
SPOKEN_TLD = r"컴|콤|컴퓨터|넷|네트|오알지|케이알|코|씨오|시오"
DOT = r"(?: ?\. ?| ?(?:dot|점|쩜|닷|닫|도트|썸) ?)"
AT = r"(?:(?: ?(?:골뱅이|골벵이|앳|엣) ?)|@| at | @ | @|@ |\(at\)|\[at\])"
SERVICES = (
    r"네이버|지메일|쥐메일|제이메일|다음|한메일|네이트|카카오|구글|핫메일|아웃룩|야후|애플|아이클라우드|"
    r"gmail|naver|daum|hanmail|nate|kakao|outlook|hotmail|yahoo|icloud|googlemail|protonmail|proton"
)
LETTER = (
    "에이치|에이취|에이|비|씨|시|디|이|에프|지|쥐|아이|제이|케이|엘|엠|엔|오|피|큐|알|아르|에스|티|유|"
    "브이|더블유|더블류|"
    "엑스|와이|제트|지트"
)
DOMAIN = re.compile(
    rf"{AT}(?:{PLACE}|{SERVICES}|[가-힣]{{1,12}})(?:{DOT}{PLACE}){{0,2}}{DOT}(?:{TLD}|"
    rf"{SPOKEN_TLD})(?![a-z])"
    rf"(?:{DOT}(?:{TLD}|{SPOKEN_TLD})(?![a-z]))?"
    rf"| ?(?:골뱅이|골벵이|앳|엣|@) ?(?:{SERVICES})(?![a-z])(?: ?(?:닷컴|쩜컴|점컴))?"
    rf"| ?(?:골뱅이|골벵이) ?(?:{PLACE}|[가-힣]{{1,12}})(?: ?(?:닷컴|쩜컴|점컴))?"
    rf"|{AT}(?:{PLACE}|[가-힣]{{1,12}}) ?(?:닷컴|쩜컴|점컴)"
)
WRITTEN_LOCAL = re.compile(r"[a-z0-9._%+-]+$")
# A piece of a spelt name, read backwards from the at sign.
PIECE = re.compile(
    r"(?:(?<![a-z0-9])(?:dot|underscore|under score|dash|hyphen|period|plus)|언더바|언더스코어|밑줄|"
    r"하이픈|대시|"
    rf"점|쩜|닷|(?<![가-힣])(?:{LETTER}|[공영일이삼사오육칠팔구하둘나셋넷]|소문자|대문자)+|"
    rf"(?<![a-z0-9'’])(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|ten|"
    r"eleven|twelve|[a-z]{3,5}teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|[a-z0-9]|"
    r"\d+))$"
)
JOINS = re.compile(
    r"(?:dot|underscore|under score|dash|hyphen|period|plus|언더바|언더스코어|밑줄|하이픈|대시|점|쩜|닷|"
    r"\.|_|-)$"
)
WORD = re.compile(r"(?:[a-z0-9._%+-]+|[가-힣0-9]+)$")
NUMBER = re.compile(
    r"\d+$|(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z]+t(?:een|y))$|"
    r"[공영일이삼사오육칠팔구]+$"
)
NOT_A_NAME = frozenset(
    re.findall(
        r"\S+",
        "us me it to with my the and for so from of it's its that look looking visit website site online "
        "shop store page available is are was find found here there support staff working work works "
        "worked arrived buy bought sold team people everyone someone price on in up log login signed "
        "customer service account email mail e-mail 이메일 메일 주소 메일주소 이메일주소 제 내 저는 "
        "아이디 ",
    )
)
POINTED = re.compile(r"(?:^|[^가-힣])이 ?$")
NAMED = re.compile(rf"[@.]|{DOT}|{SERVICES}|닷컴|쩜컴|점컴")
"""What tells a domain from any word."""
WHELKS = re.compile(
    r" ?골[뱅벵]이(?:(?:[가는은를을도랑와만의]|이[가는])$| ?(?:무침|통조림|소면|탕|전골|캔|숙회|비빔|요리|안주))"
)
"""골뱅이 무침: what the sign is called is good to eat."""
MOST_PIECES = 24
MOST_CHARS = 80


def find(line: str) -> Iterator[tuple[int, int]]:
    """(start, end) of every address; names that are spelt out are taken whole."""
    floor = 0
    for match in DOMAIN.finditer(line):
        if _is_a_whelk(line, match):
            continue
        start = _name_start(line, max(floor, match.start() - MOST_CHARS), match.start(), match.group())
        if start < match.start():
            floor = match.end()
            yield start, match.end()


def _is_a_whelk(line: str, match: re.Match[str]) -> bool:
    """이 골뱅이가: what is pointed at, or talked of, and has no domain."""
    before = line[: match.start()]
    if NAMED.search(match.group()):
        return False
    if WHELKS.match(match.group()):
        return True
    if not POINTED.search(before):
        return False
    return not PIECE.search(before.rstrip()[:-1].rstrip())


def _name_start(line: str, floor: int, at: int, domain: str) -> int:
    """Where the part before the at sign begins; `at` when there is none."""
    if "@" in domain.strip()[:1]:
        written = WRITTEN_LOCAL.search(line, floor, at)
        if written:
            return written.start()
    return _spelt_start(line, floor, at)


def _spelt_start(line: str, floor: int, at: int) -> int:
    """Back over letters, digits and connectors; a word stands before the at sign or beside a connector."""
    start, needs_word = at, True
    for _ in range(MOST_PIECES):
        end = _back_over_space(line, floor, start)
        piece = PIECE.search(line, max(floor, end - 24), end) or (
            WORD.search(line, max(floor, end - 40), end) if needs_word else None
        )
        if not piece or piece.group() in NOT_A_NAME:
            break
        needs_word = JOINS.search(piece.group()) is not None or (
            needs_word and NUMBER.match(piece.group()) is not None
        )
        start = piece.start()
    return start


def _back_over_space(line: str, floor: int, end: int) -> int:
    while end > floor and line[end - 1] in " ,":
        end -= 1
    return end
