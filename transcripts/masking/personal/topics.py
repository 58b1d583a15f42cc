"""What a number is said to be: the nearest telling word before it, or a bank or a purpose just after it."""

from __future__ import annotations

import re
from bisect import bisect_right

OTHER = "other"
BEFORE = 45
AFTER = 18

BANKS = (
    "국민|농협|신한|우리|하나|카카오 ?뱅크|토스 ?뱅크|케이 ?뱅크|기업|새마을 ?금고|신협|수협|우체국|산업|"
    "부산|대구|광주|전북|경남|제주|"
    "씨티|시티|제일|sc ?제일|외환|카뱅|토뱅|im|아이엠"
)
# Numbers of things, not of people.
THINGS = (
    "주문|접수|예약|상품|제품|모델명?|쿠폰|인증|승인|대기|회원|고객님?|사건|문서|티켓|우편|조회|관리|"
    "견적|품번|참조|상담|문의|결제|거래|발급|"
    "포인트|택배|등기|기기|신고|민원|콜|티켓|현금 ?영수증|비밀|로그"
)
ITEMS = (
    "order|reference|ref|ticket|tracking|serial|model|invoice|booking|confirmation|case|coupon|voucher|"
    "version|sku|queue|room|zip|"
    "barcode|item|part|product|parcel|shipment|claim|gate|flight|verification|policy|membership|customer|"
    "loyalty|pin|extension|"
    "complaint|incident|request|transaction|receipt|locker|bus|job|firmware|error|promo"
)
TOPICS = {
    "frn": r"외국인 ?등록|외국인 ?번호|등록증 ?번호|alien registration|foreigner registration|"
    r"foreign resident|arc number",
    "rrn": r"주민 ?등록|주민 ?번호|주민 ?번|주민(?= ?[앞뒤이])|민증|resident registration|resident number|"
    r"\brrn\b|"
    r"social security|\bssn\b|national insurance|national id",
    "business": r"사업자|business registration|business number|\bbrn\b|company registration",
    "licence": r"면허|driv(?:er|ing)['’]?s? ?licen[cs]e|licen[cs]e (?:number|no|is)|\bdl number",
    "passport": r"여권|passport",
    "card": r"카드|신용 ?카드|체크 ?카드|비자|마스터 ?카드|아멕스|credit card|debit card|\bcard\b|\bvisa\b|"
    r"mastercard|\bamex\b|"
    r"american express",
    "account": rf"계좌|통장|입금|송금|이체|예금주|(?:{BANKS}) ?은행|(?:카카오|토스|케이) ?뱅크|카뱅|새마을 ?금고|"
    r"신협|수협|우체국|농협|"
    r"\baccount\b|\bacct\b|a/c|sort code|routing|\biban\b|\bswift\b|bank transfer|"
    r"(?:국민|신한|우리|하나|기업|국민은행|신한은행)(?= ?\d{3})",
    "phone": r"전화|연락|핸드폰|휴대 ?폰|휴대 ?전화|폰 ?번호|모바일|문자|팩스|집 ?번호|내선|번호로 걸|"
    r"핸드 ?번호|제 ?번호|내 ?번호|"
    r"\bphone\b|telephone|\bmobile\b|\bcell\b|\bcellphone\b|call me|call back|callback|call (?:her|him|us|"
    r"them|my)|"
    r"reach (?:me|him|her|us)|ring me|text me|\bcontact\b|whatsapp|\bfax\b|\bnumber to call\b|my number|"
    r"home number|(?:the|a|his|her|our|their|new|that|this|best|same) number|"
    r"work number|his number|her number|best number|landline|\bdial\b|reached (?:at|on)",
    OTHER: rf"(?:{THINGS}) ?(?:번호|코드|넘버|아이디)|(?:{THINGS})(?:은|는|이|가)? ?(?=[a-z]{{0,4}}[- ]?\d)|"
    r"송장|운송장|시리얼|바코드|"
    r"imei|"
    r"버전|금액|매출|조회수|인구|좌표|로또|"
    rf"\b(?:{ITEMS}) ?(?:number|no\b|id\b|code|is\b|was\b|#|reference)|"
    rf"\b(?:{ITEMS})(?= ?#?[a-z]{{0,4}}[- ]?\d)|"
    r"\btracking\b|\bserial\b|\bisbn\b|\bversion\b|\breference number|\bpopulation\b|\bip address\b",
}
TOPIC = re.compile("|".join(rf"(?P<{name}>{pattern})" for name, pattern in TOPICS.items()))
AFTERWARDS = re.compile(
    rf"(?P<account>^\D{{0,12}}(?:(?:{BANKS}) ?은행|(?:카카오|토스|케이) ?뱅크|농협|새마을|계좌|통장|입금|"
    r"송금|이체))|"
    r"(?P<card>^\D{0,8}카드)|(?P<passport>^\D{0,8}여권)|(?P<licence>^\D{0,8}면허)|"
    r"(?P<business>^\D{0,8}사업자)|"
    r"(?P<rrn>^\D{0,8}주민)|(?P<phone>^\D{0,10}(?:전화|연락|문자|핸드폰|휴대폰))"
)


class Topics:
    """The telling words of one text, found once."""

    def __init__(self, text: str) -> None:
        self._text = text
        found = list(TOPIC.finditer(text))
        self._ends = [match.end() for match in found]
        self._said = [match.lastgroup or OTHER for match in found]

    def of(self, start: int, end: int) -> str:
        """The topic of text[start:end]; "" when nothing tells."""
        index = bisect_right(self._ends, start + 1) - 1
        if index >= 0 and self._ends[index] >= start - BEFORE:
            return self._said[index]
        after = AFTERWARDS.match(self._text[end : end + AFTER])
        return after.lastgroup or "" if after else ""
