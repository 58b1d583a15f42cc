"""The assistant that needs no key: it answers with what the house has written down, or says that it does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from transcripts.assistant.knowledge import Knowledge
from transcripts.assistant.language_model import LanguageModel, Turn, Usage

SENTENCES = {
    "ko": {
        "unknown": "그 내용은 제가 아는 안내에 없습니다. 상담원을 연결해 드릴까요?",
        "hello": "안녕하세요. 무엇을 도와드릴까요?",
        "thanks": "도움이 되었다면 다행입니다. 더 궁금한 점이 있으신가요?",
        "bye": "이용해 주셔서 감사합니다. 안녕히 계세요.",
        "person": "네, 상담원을 연결해 드리겠습니다.",
    },
    "en": {
        "unknown": "I do not have that information. Shall I connect you to a person?",
        "hello": "Hello. How can I help you?",
        "thanks": "You are welcome. Is there anything else?",
        "bye": "Thank you for calling. Good-bye.",
        "person": "Yes, I will connect you to a person.",
    },
}
_STAFF = "(?:상담\\s?원|상담\\s?사|직원|사람|담당자|책임자|매니저)"
_WANTED = "(?:연결|바꿔|바꾸|통화|불러|대화|얘기|이야기|부탁|나오)"
_SOMEBODY = "(?:one|person|human|agent|manager|operator|staff|representative)"
PATTERNS = {
    name: re.compile("|".join(ways), re.IGNORECASE)
    for name, ways in {
        "person": (
            rf"{_STAFF}\S{{0,2}}\s?(?:\S{{1,6}}\s)?{_WANTED}",
            r"(?:연결|바꿔)\s?(?:해\s?)?(?:주세요|줘|달라)",
            r"(?:a|real|human|actual)\s?(?:person|human|agent|being)",
            r"\b(?:agent|representative|operator|manager)\b.{0,12}\bplease\b",
            rf"(?:talk|speak|connect|transfer)\s(?:me\s)?(?:to|with)\s(?:a|an|the|some|your)\s?\w*\s?{_SOMEBODY}",
        ),
        "bye": (
            r"^\W*(?:네\s?)?(?:안녕히\s?계세요|수고하세요|끊을게요|끊겠습니다)\W*$",
            r"^\W*(?:good\s?bye|bye(?:\sbye)?)\W*$",
        ),
        "thanks": (
            r"^\W*(?:네\s?)?(?:정말\s|너무\s)?(?:감사합니다|감사해요|고맙습니다|고마워요)\W*$",
            r"^\W*(?:thank you(?:\s(?:so|very) much)?|thanks(?: a lot)?)\W*$",
        ),
        "hello": (r"^\W*(?:안녕하세요|여보세요|hello|hi|hello there)\W*$",),
    }.items()
}


def meaning_of(text: str) -> str:
    """`person`, `bye`, `thanks`, `hello`, or "" for a question."""
    return next((name for name, pattern in PATTERNS.items() if pattern.search(text)), "")


def language_of(text: str) -> str:
    return "ko" if any("가" <= char <= "힣" for char in text) else "en"


class EmbeddedModel(LanguageModel):
    """Gives entries word for word: it can say nothing that was not written down for it."""

    name = "embedded"

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    def reply(self, system: str, turns: Sequence[Turn], usage: Usage) -> Iterator[str]:
        asked = turns[-1].text
        sentences = SENTENCES[language_of(asked)]
        meaning, usage.sources = meaning_of(asked), []
        if meaning:
            yield sentences[meaning]
            return
        usage.sources = [found for found in self._knowledge.find(asked, limit=1) if found.is_sure]
        yield usage.sources[0].answer if usage.sources else sentences["unknown"]
