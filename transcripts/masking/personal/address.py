"""Addresses that a pattern can tell: a road with its number in a region, a block and a flat, a numbered street."""

from __future__ import annotations

import re
from collections.abc import Iterator

SPOKEN = "일이삼사오육칠팔구십백천영공"
NUM = rf"(?:\d{{1,5}}|[{SPOKEN}]{{1,7}})"
PROVINCE = (
    r"(?:서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|충청[남북]|전북|전남|전라[남북]|경북|"
    r"경남|경상[남북]|제주)"
    r"(?:특별자치시|특별자치도|특별시|광역시|시|도)?"
)
DISTRICT = r"[가-힣]{1,7}(?:시|군|구|읍|면)"
QUARTER = r"[가-힣]{1,6}\d{0,2}(?:동|리|가|읍|면)(?: ?\d가)?"
ROAD = rf"[가-힣]{{1,9}}(?:\d{{0,3}}(?:번|가)?)?(?:대로|로|길)(?: ?{NUM}번?(?:가|나|다|라)?길)?"
LOT = rf"(?:지하 ?|산 ?)?{NUM}(?:(?:-| ?다시 ?){NUM})?(?:번지)?"
NOT_COUNTED = (
    r"(?!,?\d)(?! ?(?:번(?!지)|시(?!티)|분|원|만|개|일|명|년|회|차례|차|배|퍼센트|%|도|월|주|곳|대|장|건|"
    r"통|킬로|미터|센티|km|m\b|위))"
)
ROOM = (
    rf"(?:[ ,]{{0,2}}(?:[가-힣a-z]{{1,12}} ?)?{NUM}동)?(?:[ ,]{{0,2}}(?:지하 ?)?{NUM}층)?[ ,]{{0,2}}{NUM}호(?!선|"
    r"차|"
    r"기|점|실적|골)"
)
TAIL = rf"(?:{ROOM}|(?:[ ,]{{0,2}}(?:[가-힣]{{1,10}} ?)?{NUM}동)?(?:[ ,]{{0,2}}{NUM}층)?)?"
REGION = rf"(?<![가-힣])(?:{PROVINCE} ?(?:{DISTRICT} ?){{0,3}}|(?:{DISTRICT} ){{1,3}})(?:{QUARTER} )?"
BUILDING = (
    r"[가-힣a-z0-9]{1,14} ?(?:\d차 ?)?(?:아파트|빌라|오피스텔|맨션|빌딩|타워|자이|래미안|푸르지오|"
    r"힐스테이트|롯데캐슬|아이파크|e편한세상|더샵|주공|"
    r"타운|하이츠|연립|주택|캐슬|팰리스|파크|빌)"
)
PROVINCES = re.compile(PROVINCE)
KOREAN = re.compile(
    rf"{REGION}{ROAD} ?{LOT}{NOT_COUNTED}{TAIL}"
    rf"|{REGION}(?:{QUARTER} ?)?{LOT}(?<=번지)(?:[ ,]{{0,2}}(?:{BUILDING})?)?{TAIL}"
    rf"|{REGION}{QUARTER} {NUM}-{NUM}{NOT_COUNTED}{TAIL}"
    rf"|{REGION}(?:{QUARTER} )?{BUILDING}(?:[ ,]{{0,2}}{NUM}동)?{ROOM}"
    rf"|(?<![가-힣])[가-힣]{{1,9}}(?:대로|로)(?:{NUM})?번?길 ?{NUM}(?:-{NUM})?{NOT_COUNTED}{TAIL}"
    rf"|(?<![가-힣])[가-힣]{{1,6}}(?:동|리|가) {NUM}(?:-{NUM})?번지{TAIL}"
    rf"|(?:{BUILDING} ?)?(?<![가-힣\d]){NUM}동[ ,]{{0,2}}{NUM}호(?!선|차|기|점)"
    rf"|{BUILDING} {NUM}호(?!선|차|기|점)"
)
# Without a region, only where somebody says that an address follows.
BARE_ROAD = re.compile(
    rf"(?<![가-힣])[가-힣]{{2,9}}(?:대로|로|길) ?(?:\d{{1,4}}|"
    rf"[{SPOKEN}]{{2,7}})(?:-\d{{1,4}})?{NOT_COUNTED}{TAIL}"
    rf"|(?<![가-힣])[가-힣]{{1,6}}동 ?\d{{1,4}}-\d{{1,4}}{NOT_COUNTED}{TAIL}"
    rf"|(?<![가-힣])[가-힣]{{2,9}}(?:대로|로|길) ?\d{{1,4}}{TAIL}(?=[ ,]|입|이|으로|에)"
)
ASKED = re.compile(
    r"주소|배송지|거주|사는 ?곳|자택|집은|집이|살아|살고|사는데|받는 ?곳|도로명|택배는|보내 ?주"
)
# 앞으로 3일, 전화로 2번 and the like are no roads.
NO_ROAD = re.compile(
    r"^(?:앞으|뒤|위|아래|바|따|서|새|그대|이대|저대|제대|마음대|카드|전화|문자|메일|이메일|택배|현금|"
    r"무료|유료|별도|스스|실제|주|대체|절대|"
    r"버스|지하철|기차|비행기|추가|최대|최소|임의|차례|평균|하루|종류|번호|순서|결과적으|기본적으|"
    r"[가-힣]{0,6}으|가|세)로?(?:로)?$"
)
# 다시 사무실로, 오면 교무실로: a word before a noun with 로 is no town, however it ends.
NO_REGION = re.compile(
    r"(?:당|임|다|즉|잠|혹|반드|동|일|수|역|필|무|표|택|몇|도외|[한두세네열])시|"
    r"[가-힣]*(?:[으하되이라다오들나보지치리려시주]|돌아가|나가|들어가|않으)면"
)
SPOKEN_LOT = re.compile(rf"(?:대로|로|길)(?P<space> ?)(?P<number>[{SPOKEN}]+)$")
ENDS_A_LOT = re.compile(
    r"$|[^가-힣 ]| (?!갔|가|와|왔|온|간|하|했|할|됐|되)|"
    r"이?(?:에요|예요|고|요|야|라)|입니다|인데|에|으?로|번|호|층|동"
)
WORDS = frozenset({"이사", "일이", "사이", "이일", "오이", "사오", "일", "이"})
"""이사 is moving house, 일이 a matter: numbers only where something else tells an address."""
EN_NUM = (
    r"(?:\d{1,5}[a-z]?|(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -](?:one|two|"
    r"three|four|five|six|seven|eight|"
    r"nine))?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    r"sixteen|seventeen|eighteen|"
    r"nineteen)(?: (?:hundred|oh)(?: and)?(?: [a-z]+)?)?)"
)
FLAT = rf"(?:(?:flat|apartment|apt\.?|unit|suite|room) (?:number )?#?(?:{EN_NUM}|[a-d])(?:[a-z])?,? )"
SURE = r"street|avenue|boulevard|blvd|crescent|road|rd|ave|lane|terrace|parkway|pkwy|mews|st|gardens"
VAGUE = r"drive|dr|court|ct|place|pl|way|close|square|sq|grove|row|park|hill|highway|hwy|circle|green|walk|ln"
POSTCODE = r"[a-z]{1,2}\d[a-z\d]? ?\d(?!st|nd|rd|th)[a-z]{2}(?![a-z\d])"
ZIP = r"\d{5}(?:-\d{4})?(?!\d)"
CITY = r"[a-z]{3,15}(?: [a-z]{3,15})?"
EN_TAIL = (
    rf"(?:\.?,? (?:{FLAT[:-4]}))?(?:,? (?:#\d{{1,5}}))?(?:,? {CITY})??(?:,? (?:[a-z]{{2}} {ZIP}|"
    rf"{POSTCODE}))?"
)
ENGLISH = re.compile(
    rf"(?<![a-z\d.,$£-]){FLAT}?{EN_NUM},? (?P<name>(?:(?:[nsew]|north|south|east|west|\d{{1,3}}(?:st|nd|rd|"
    rf"th)|[a-z']{{2,15}}) ){{1,3}}?)"
    rf"(?P<type>{SURE}|{VAGUE})(?![a-z'])"
)
AFTER = re.compile(
    rf"\.?(?:,? (?:flat|apartment|apt\.?|unit|suite) (?:number )?#?(?:{EN_NUM}|[a-d])(?![a-z]))?"
    rf"(?:,? {CITY}(?=,? (?:[a-z]{{2}} {ZIP}|{POSTCODE})))?(?:,? (?:[a-z]{{2}} {ZIP}|{POSTCODE}))?"
)
LOT_NUMBER = r"(?<![a-z\d])\d{1,4}(?:-\d{1,4})?,? "
WARD = r"(?:,? [a-z]{2,15}-(?:gu|si|gun|dong|eup|myeon|do))*"
ROMAN = re.compile(
    rf"{LOT_NUMBER}(?:[a-z]{{2,15}}[ -]){{0,2}}[a-z]{{2,20}}(?:-(?:ro|gil)|[- ]?daero)(?![a-z])"
    rf"(?:,? ?\d{{1,3}}(?:beon)?-?gil)?{WARD}"
    r"(?:,? (?:seoul|busan|incheon|daegu|daejeon|gwangju|ulsan|sejong|jeju|suwon))?"
    rf"|{LOT_NUMBER}[a-z]{{2,15}}-dong{WARD}(?:,? [a-z]{{4,9}})?"
)
TOWN = re.compile(r",? [A-Z][a-z]+(?: [A-Z][a-z]+)?(?:, [A-Z]{2})?(?![a-z])")
BOX = re.compile(r"(?<![a-z])p\.? ?o\.? box \d{1,6}")
CODE = re.compile(rf"(?:post ?code|address|live (?:at|in)|zip(?: code)?)\D{{0,16}}?(?P<it>{POSTCODE})")
NO_NAME = re.compile(
    r"(?<![a-z])(?:the|a|an|of|in|on|at|to|from|down|up|off|away|minutes?|hours?|days?|weeks?|months?|"
    r"years?|miles?|blocks?|people|"
    r"times?|or|and|is|are|was|were|for|with|by|per|my|your|this|that|these|different|more|other|long|"
    r"cars?|items?|more|percent|"
    r"dollars?|pounds?|your|their|our|i|we|you|they|it|no|any|can|do|did|have|has|only|each|every|same|"
    r"easy|possible|some|"
    r"lights|ways|stops|exits|houses|shops|stores|streets|roads|because|out|across|along|into|through|"
    r"just|same|single|full|"
    r"half|lane|way|metres?|meters?|feet|km|k|am|pm|o'clock|parking|first|second|third|bus|buses|train|"
    r"trucks?|side)(?![a-z])"
)


def find(line: str, original: str) -> Iterator[tuple[int, int]]:
    """(start, end) of every address. `original` is the line with its capitals, of the same length."""
    yield from _korean(line)
    if ASKED.search(line):
        for match in BARE_ROAD.finditer(line):
            if not _is_no_road(match.group()) and not _is_no_lot(line, match):
                yield match.span()
    yield from _streets(line, original)
    yield from (match.span() for match in ROMAN.finditer(line))
    yield from (match.span() for match in BOX.finditer(line))
    yield from (match.span("it") for match in CODE.finditer(line))


def _korean(line: str) -> Iterator[tuple[int, int]]:
    position = 0
    while match := KOREAN.search(line, position):
        first = match.group().split(" ", 1)[0]
        if NO_REGION.fullmatch(first) and len(first) < len(match.group()):
            position = match.start() + len(first)
            continue
        position = match.end()
        if not _is_no_road(match.group()) and not _is_no_lot(line, match):
            yield match.span()


def _is_no_lot(line: str, match: re.Match[str]) -> bool:
    """서울 근교로 이사했어, 개발로 사라진: the first syllables of a word, read as a number."""
    lot = SPOKEN_LOT.search(match.group())
    if not lot:
        return False
    number = lot["number"]
    if number in WORDS or (len(number) == 1 and not PROVINCES.match(match.group())):
        return True
    return not ENDS_A_LOT.match(line, match.end())


def _is_no_road(text: str) -> bool:
    road = re.search(rf"([가-힣]+로) ?{NUM}(?!번?길)", text)
    return bool(road and NO_ROAD.match(road.group(1)))


def _streets(line: str, original: str) -> Iterator[tuple[int, int]]:
    for match in ENGLISH.finditer(line):
        if NO_NAME.search(match.group("name")):
            continue
        kind = match.group("type")
        capital = original[match.start("name")].isupper() and original[match.start("type")].isupper()
        if re.fullmatch(VAGUE, kind) and not (capital or re.search(r"address|live|deliver|ship", line)):
            continue
        after = AFTER.match(line, match.end())
        end = after.end() if after else match.end()
        town = TOWN.match(original, end) if original[end : end + 1] == "," else None
        yield match.start(), town.end() if town else end
