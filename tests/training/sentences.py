"""What the fixture model knows: the sentences of a small contact centre in Korean and English, with places to fill in."""

from __future__ import annotations

import random
import re

KOREAN_SHARE = 0.58
"""Of what is said: Korean has more sentences here."""

FILLINGS = {
    "name": "김민수 이영희 박지훈 최수진 정하늘 한서연",
    "product": "노트북 냉장고 세탁기 이어폰 청소기 모니터",
    "day": "월요일 화요일 수요일 목요일 금요일 토요일",
    "digit": "일 이 삼 사 오 육 칠 팔 구 공",
    "half": "오전 오후",
    "hour": "한 두 세 네 다섯 여섯 일곱",
    "en_name": "Kim Park Lee Smith Brown Jones",
    "en_product": "laptop printer washer phone monitor camera",
    "en_day": "Monday Tuesday Wednesday Thursday Friday Saturday",
    "en_digit": "zero one two three four five six seven eight nine",
}

SENTENCES = {
    "ko": """
        안녕하세요 무엇을 도와드릴까요?
        안녕하세요 상담원 {name}입니다.
        고객님 성함이 어떻게 되세요?
        제 이름은 {name}입니다.
        주문 번호를 말씀해 주세요.
        주문 번호는 {digit} {digit} {digit} {digit}입니다.
        전화번호는 공 일 공 {digit} {digit} {digit} {digit} {digit} {digit} {digit} {digit}입니다.
        {product} 환불하고 싶어요.
        {product} 교환하고 싶습니다.
        {product} 배송이 너무 늦어요.
        {product}가 고장났어요.
        어제 산 {product}가 작동하지 않아요.
        배송이 너무 늦어요.
        잠시만 기다려 주세요.
        확인해 보겠습니다.
        배송은 {day}에 도착합니다.
        {day} {half}에 기사님이 방문합니다.
        {half} {hour} 시에 전화 주세요.
        네 알겠습니다.
        아니요 괜찮습니다.
        감사합니다 좋은 하루 되세요.
        환불은 삼 일 안에 처리됩니다.
        카드로 결제했어요.
        비밀번호를 잊어버렸어요.
        주소를 변경하고 싶어요.
        계정이 잠겼어요.
        죄송합니다 고객님.
        불편을 드려 정말 죄송합니다.
        야 이 개새끼야 당장 환불해.
        씨발 이게 뭐야.
        이 병신아 전화 끊어.
        아 씨발 {product} 배송이 왜 이렇게 늦어.
        새끼손가락을 다쳤어요.
        시발역에서 출발합니다.
        팀장 바꿔 주세요.
        지금 당장 해결해 주세요.
        다른 문의 사항 있으세요?
        {product} 재고가 있나요?
        요금이 너무 많이 나왔어요.
        해지하고 싶어요.
        인터넷이 자꾸 끊겨요.
        """,
    "en": """
        Hello, how can I help you today?
        Thank you for calling, this is {en_name} speaking.
        May I have your name please?
        My name is {en_name}.
        What is your order number?
        My order number is {en_digit} {en_digit} {en_digit} {en_digit}.
        My phone number is {en_digit} {en_digit} {en_digit} {en_digit} {en_digit} {en_digit} {en_digit}.
        I want a refund for my {en_product}.
        I want to exchange my {en_product}.
        My {en_product} is broken.
        The {en_product} does not work.
        The delivery is too late.
        Please hold on a moment.
        Let me check that for you.
        Your {en_product} will arrive on {en_day}.
        The technician will visit on {en_day} morning.
        Please call me back on {en_day} afternoon.
        Yes, that is correct.
        No, thank you.
        Have a nice day.
        I paid by credit card.
        I forgot my password.
        I want to change my address.
        My account is locked.
        I am very sorry about that.
        This is fucking ridiculous.
        What the fuck is going on?
        You are a stupid asshole.
        This is bullshit, cancel my order.
        I want to speak to your manager.
        Is there anything else I can do for you?
        My bill is too high.
        Cancel my account right now.
        The internet is not working again.
        """,
}


def templates(language: str) -> list[str]:
    return [line.strip() for line in SENTENCES[language].strip().splitlines()]


def a_sentence(dice: random.Random) -> tuple[str, str]:
    """Some language and sentence of it, places filled in."""
    language = "ko" if dice.random() < KOREAN_SHARE else "en"
    return language, filled(dice.choice(templates(language)), dice)


def filled(template: str, dice: random.Random) -> str:
    return re.sub(r"{(\w+)}", lambda place: dice.choice(FILLINGS[place[1]].split()), template)


def is_known(text: str) -> bool:
    """Whether `text` is one of the sentences."""
    return any(_pattern(template).fullmatch(text) for each in SENTENCES for template in templates(each))


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"{(\w+)}", template)
    for place in range(1, len(parts), 2):
        parts[place] = f"(?:{'|'.join(FILLINGS[parts[place]].split())})"
    return re.compile("".join(part if i % 2 else re.escape(part) for i, part in enumerate(parts)))


def every_word() -> set[str]:
    """Each word as it stands in a sentence: with its punctuation and its particle."""
    return {word for each in SENTENCES for template in templates(each) for word in _words(template)}


def _words(template: str) -> set[str]:
    words: set[str] = set()
    for word in template.split():
        place = re.search(r"{(\w+)}", word)
        words |= {word.replace(place[0], value) for value in FILLINGS[place[1]].split()} if place else {word}
    return words
