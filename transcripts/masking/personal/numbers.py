"""Which numbers are personal: patterns over a reading, the surest first, each with what must hold beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from transcripts.masking.kinds import PersonalData
from transcripts.masking.personal import checks
from transcripts.masking.personal.topics import OTHER, Topics

S = "[-. ]?"
FROM, TO = r"(?<![\d*])(?<![a-z_~])(?<!\d\.)", r"(?!\d|[a-z]{1,2}\d)"
# A sum, a count or a time is no account, however long.
COUNTED = re.compile(
    r" ?(?:원|달러|불|만|억|천|개(?!인)|건|명|포인트|퍼센트|%|년|월|won|dollars|krw|usd|points|people|"
    r"times|units)"
)
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
SERVICE = re.compile(r"1[5-9]\d\d")
FREEPHONE = re.compile(r"(?:1[-. ]?)?8(?:00|88|77|66|55|44|33)|0800|0808|080[-. ]|0[38]0\d|0845|0870|0871")
MOBILE = rf"\(?(?:(?:\+|00)?82{S}\(?0?\)?{S}|0{S})1{S}[016789]"
AREA = r"0(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50\d?|60)"
REGIONS = "서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주"

MOBILE_DIGITS = 11
USUAL_DIGITS: dict[str, tuple[int, ...]] = {
    PersonalData.PHONE: (9, 10, 11, 12),
    PersonalData.CARD: (16,),
    PersonalData.RRN: (13,),
    PersonalData.FRN: (13,),
    PersonalData.BUSINESS: (10,),
    PersonalData.LICENCE: (12,),
    PersonalData.PASSPORT: (7, 8, 9),
}


@dataclass(frozen=True, slots=True)
class Number:
    """A match, with what is said about it."""

    text: str
    topic: str
    after: str

    @property
    def digits(self) -> str:
        return checks.bare(self.text)

    @property
    def groups(self) -> list[int]:
        return checks.groups(self.text)

    @property
    def is_counted(self) -> bool:
        return COUNTED.match(self.after) is not None


Judge = Callable[[Number], str]


@dataclass(frozen=True, slots=True)
class Rule:
    """`judge` gives the kind of a match, or "" when it is something else."""

    pattern: re.Pattern[str]
    judge: Judge


def find(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, kind) of the personal numbers in a reading; they do not overlap."""
    topics = Topics(text)
    taken = bytearray(len(text))
    for rule in RULES:
        for match in rule.pattern.finditer(text):
            start, end = match.span("it") if "it" in rule.pattern.groupindex else match.span()
            if any(taken[start:end]):
                continue
            kind = rule.judge(Number(text[start:end], topics.of(start, end), text[end : end + 12]))
            if kind:
                taken[start:end] = b"\1" * (end - start)
                yield start, end, kind


def is_usual(kind: str, text: str) -> bool:
    """Whether a number has as many digits as its kind should."""
    digits = checks.bare(text)
    if kind == PersonalData.PHONE and digits.startswith("010"):
        return len(digits) == MOBILE_DIGITS
    return len(digits) in USUAL_DIGITS.get(kind, ())


def _resident(number: Number) -> str:
    digits = number.digits
    kind = PersonalData.FRN if digits[6] in "5678" else PersonalData.RRN
    if number.topic in (PersonalData.RRN, PersonalData.FRN):
        return kind
    if not checks.is_date(digits) or not _grouped_as_resident(number):
        return ""
    if _dashed(number) == [6, 7]:
        return kind
    elsewhere = number.topic in (OTHER, PersonalData.ACCOUNT, PersonalData.CARD)
    return "" if elsewhere and not (checks.rrn(digits) and number.topic == OTHER) else kind


def _grouped_as_resident(number: Number) -> bool:
    """Six and seven, or said digit by digit."""
    groups = number.groups
    return groups in ([6, 7], [13]) or max(groups) <= 3 or _dashed(number) == [6, 7]


def _dashed(number: Number) -> list[int]:
    return [len(checks.bare(part)) for part in number.text.split("-")]


def _veiled_resident(number: Number) -> str:
    return PersonalData.FRN if number.digits[6] in "5678" else PersonalData.RRN


def _part_of_resident(number: Number) -> str:
    return number.topic if number.topic in (PersonalData.RRN, PersonalData.FRN) else ""


def _card(number: Number) -> str:
    digits = number.digits
    if re.match(r"01[016789]|02", digits) and number.topic != PersonalData.CARD:
        return ""
    if number.topic == PersonalData.CARD:
        return PersonalData.CARD
    if number.groups in ([4, 4, 4, 4], [4, 6, 5]):
        years = len(YEAR.findall(number.text)) > 2
        return "" if number.topic == OTHER or years else PersonalData.CARD
    if number.topic in (OTHER, PersonalData.ACCOUNT) or not 15 <= len(digits) <= 16:
        return ""
    return PersonalData.CARD if checks.luhn(digits) and digits[0] in "23456" else ""


def _spoken_card(number: Number) -> str:
    """Fewer or more digits than a card has, but said to be one: something was misheard."""
    return PersonalData.CARD if number.topic == PersonalData.CARD and not number.is_counted else ""


def _licence(number: Number) -> str:
    grouped = number.groups == [2, 2, 6, 2] and number.topic not in (OTHER, PersonalData.ACCOUNT)
    return PersonalData.LICENCE if grouped or number.topic == PersonalData.LICENCE else ""


def _regional_licence(number: Number) -> str:
    return PersonalData.LICENCE


def _said_licence(number: Number) -> str:
    return PersonalData.LICENCE if number.topic == PersonalData.LICENCE else ""


def _business(number: Number) -> str:
    if number.topic == PersonalData.BUSINESS:
        return PersonalData.BUSINESS
    if number.groups != [3, 2, 5] or number.topic in (OTHER, PersonalData.ACCOUNT, PersonalData.PHONE):
        return ""
    return PersonalData.BUSINESS if "-" in number.text or checks.business(number.digits) else ""


def _said_business(number: Number) -> str:
    return PersonalData.BUSINESS if number.topic == PersonalData.BUSINESS else ""


def _passport(number: Number) -> str:
    if number.topic == PersonalData.PASSPORT:
        return PersonalData.PASSPORT
    korean = re.fullmatch(r"[msrgd](?:\d{8}|\d{3}[a-z]\d{4})", number.text)
    return PersonalData.PASSPORT if korean and number.topic == "" else ""


def _said_passport(number: Number) -> str:
    return PersonalData.PASSPORT if number.topic == PersonalData.PASSPORT else ""


def _mobile(number: Number) -> str:
    return "" if number.topic in (OTHER, PersonalData.CARD) and "-" not in number.text else PersonalData.PHONE


def _phone(number: Number) -> str:
    if FREEPHONE.match(number.text) or number.topic in (OTHER, PersonalData.ACCOUNT):
        return ""
    return PersonalData.PHONE


def _said_phone(number: Number) -> str:
    """No more than digits, but said to be where somebody is reached."""
    service = SERVICE.match(number.digits) and len(number.digits) == 8
    if not (number.topic == PersonalData.PHONE or _looks_dialled(number)) or service or number.is_counted:
        return ""
    if FREEPHONE.match(number.text) or checks.is_long_date(number.digits):
        return ""
    return PersonalData.PHONE


def _looks_dialled(number: Number) -> bool:
    """Digits one by one, or in groups as numbers are written: no date, no version."""
    if number.topic or not re.fullmatch(r"0[1-9]\d{8,9}", number.digits):
        return False
    groups = number.groups
    one_by_one = max(groups) <= 3 and len(groups) >= 6
    return one_by_one or (groups[0] > 1 and groups[-1] > 2 and not YEAR.search(number.text))


def _account(number: Number) -> str:
    """Three groups and more, hyphens between: the way that accounts are written."""
    digits, groups = number.digits, number.groups
    if number.topic == PersonalData.ACCOUNT:
        return "" if number.is_counted else PersonalData.ACCOUNT
    if number.topic in (OTHER, PersonalData.PHONE, PersonalData.CARD) or number.is_counted:
        return ""
    written = "-" in number.text and 3 <= len(groups) <= 4 and 11 <= len(digits) <= 14
    return PersonalData.ACCOUNT if written and not checks.is_long_date(digits) else ""


def _said_account(number: Number) -> str:
    if number.topic != PersonalData.ACCOUNT or number.is_counted or SERVICE.fullmatch(number.text[:4]):
        return ""
    return PersonalData.ACCOUNT


def _sort_code(number: Number) -> str:
    return PersonalData.ACCOUNT


def _iban(number: Number) -> str:
    text = number.text.replace(" ", "")
    sure = 15 <= len(text) <= 34 and checks.iban(text)
    return PersonalData.ACCOUNT if sure or number.topic == PersonalData.ACCOUNT else ""


def _rule(pattern: str, judge: Judge) -> Rule:
    return Rule(re.compile(pattern), judge)


RULES = (
    _rule(rf"{FROM}\d{{6}}{S}[1-8]\d{{6}}{TO}", _resident),
    _rule(rf"{FROM}\d(?:{S}\d){{5}}{S}[1-8](?:{S}\d){{6}}{TO}", _resident),
    _rule(rf"{FROM}\d{{6}}-? ?[1-8](?:\d{{0,5}}[*●x]{{1,7}}){TO}", _veiled_resident),
    _rule(rf"{FROM}\d{{4}}[-. ]\d{{4}}[-. ]\d{{4}}[-. ]\d{{4}}{TO}", _card),
    _rule(rf"{FROM}3[47]\d\d[-. ]\d{{6}}[-. ]\d{{5}}{TO}", _card),
    _rule(rf"{FROM}\d{{15,16}}{TO}", _card),
    _rule(rf"{FROM}\d(?:{S}\d){{14,15}}{TO}", _card),
    _rule(rf"{FROM}\d(?:{S}\d){{12,18}}{TO}", _spoken_card),
    _rule(rf"(?:{REGIONS})[-. ]?\d{{2}}[-. ]\d{{6}}[-. ]\d{{2}}{TO}", _regional_licence),
    _rule(rf"{FROM}(?:1[1-9]|2[0-8]){S}\d{{2}}{S}\d{{6}}{S}\d{{2}}{TO}", _licence),
    _rule(rf"{FROM}\d(?:{S}\d){{9,11}}{TO}", _said_licence),
    _rule(rf"{FROM}\d{{3}}{S}\d{{2}}{S}\d{{5}}{TO}", _business),
    _rule(rf"{FROM}\d(?:{S}\d){{9}}{TO}", _said_business),
    _rule(rf"{FROM}{MOBILE}[-. ]?\d{{3,4}}[-. ]?\d{{4}}{TO}", _mobile),
    _rule(rf"{FROM}{MOBILE}(?:{S}\d){{7,8}}{TO}", _mobile),
    _rule(rf"\(?{FROM}{AREA}[-. ]\d{{3,4}}[-. ]?\d{{4}}{TO}", _phone),
    _rule(
        rf"(?:{FROM}\+|{FROM}(?:00|011)[-. ]?(?=[1-9]{{2}}[-. ]))[1-9](?:(?:[- ()]{{0,2}}|\.)\d){{7,13}}{TO}",
        _phone,
    ),
    _rule(rf"\(?{FROM}(?:1[-. ])?\(?[2-9]\d\d[-. ]{{1,2}}\d{{3}}[-. ]\d{{4}}{TO}", _phone),
    _rule(rf"{FROM}0(?:7\d{{3}}|1\d{{2,3}}|2\d)[-. ]\d{{3,4}}[-. ]?\d{{3,4}}{TO}", _phone),
    _rule(rf"{FROM}07\d{{9}}{TO}", _phone),
    _rule(rf"{FROM}{AREA}\d{{7,8}}{TO}", _phone),
    _rule(rf"{FROM}0(?:{S}\d){{8,10}}{TO}", _said_phone),
    _rule(r"(?<![a-z\d])[a-z][-. ]?\d{3}[-. ]?[a-z][-. ]?\d{4}(?![a-z\d])", _passport),
    _rule(
        r"(?<![a-z\d])(?:[a-z]{1,2}-?|[b-hj-z][. ]|(?<![가-힣])(?:엠|에스|알|지|디|피|엘|"
        r"케이)[-. ]?)(?:\d[-. ]?){6,8}\d?(?![a-z\d])(?<=\d)",
        _passport,
    ),
    _rule(rf"{FROM}\d(?:{S}\d){{7,8}}{TO}", _said_passport),
    _rule(r"(?<![a-z\d])(?=[a-z\d]{0,6}[a-z])(?=[a-z]{0,6}\d)[a-z\d]{8,18}(?![a-z\d])", _said_licence),
    _rule(rf"{FROM}\d(?:{S}\d){{6,8}}{TO}", _said_licence),
    _rule(r"(?<![a-z\d])[a-z]{2}\d{2} ?[a-z\d]{4}(?: ?\d[a-z\d]{0,3}){2,7}(?![a-z\d])", _iban),
    _rule(rf"{FROM}\d{{2,6}}(?:-\d{{1,7}}){{2,4}}{TO}", _account),
    _rule(rf"{FROM}\d{{3}}[- ]\d{{2}}[- ]\d{{4}}{TO}", _part_of_resident),
    _rule(r"(?<![a-z\d])[a-z]{2}(?: ?\d{2}){3} ?[a-d](?![a-z\d])", _part_of_resident),
    _rule(rf"(?:sort code|routing number|routing)\D{{0,15}}(?P<it>\d(?:{S}\d){{5,8}}){TO}", _sort_code),
    _rule(rf"{FROM}\d(?:[-. ]?\d){{9,15}}{TO}", _said_account),
    _rule(rf"(?:account|acct|a/c) ?(?:number|no)?\D{{0,20}}(?P<it>\d(?:{S}\d){{6,11}}){TO}", _said_account),
    _rule(rf"(?<![\d*][-. ]){FROM}\d{{3,4}}[-. ]\d{{4}}{TO}(?!-)", _said_phone),
    _rule(rf"{FROM}\d(?:{S}\d){{6,11}}{TO}", _said_phone),
    _rule(rf"(?:앞|뒷|뒤) ?(?:자리|번호)\D{{0,8}}(?P<it>\d(?:{S}\d){{5,6}}){TO}", _part_of_resident),
)
