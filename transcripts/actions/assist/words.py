"""What the assistant says of itself, in the call's language; spoken, so it is not for translators of pages."""

from __future__ import annotations

SENTENCES = {
    "ko": {
        "greeting": "안녕하세요. {place}입니다. 무엇을 도와드릴까요?",
        "automatic": "저는 자동 응답 안내입니다. 상담원을 원하시면 언제든지 말씀해 주세요.",
        "deaf": "지금은 말씀을 알아들을 수 없어 상담원을 연결해 드리겠습니다. 잠시만 기다려 주세요.",
        "wait": "잠시만요, 확인해 보겠습니다.",
        "person": "네, 상담원을 연결해 드리겠습니다. 끊지 말고 잠시만 기다려 주세요.",
        "nobody": "지금 바로 받을 수 있는 상담원이 없습니다. 끊지 않으시면 먼저 되는 상담원이 받습니다.",
        "waiting": "상담원을 연결하고 있습니다. 조금만 더 기다려 주세요.",
        "lost": "죄송합니다. 지금은 자동 응답이 되지 않아 상담원을 연결해 드리겠습니다.",
        "hold": "끊지 말고 잠시만 기다려 주세요.",
        "abuse": "듣는 사람을 지키기 위해 욕설은 가려집니다. 차분히 말씀해 주시면 도와드리겠습니다.",
        "quiet": "듣고 계신가요? 궁금한 점을 말씀해 주세요.",
        "gone": "말씀이 없으셔서 통화를 마치겠습니다. 안녕히 계세요.",
        "failed": "죄송합니다, 지금 답을 드리지 못했습니다. 상담원을 연결해 드릴까요?",
        "bye": "이용해 주셔서 감사합니다. 안녕히 계세요.",
        "name": "자동 응답",
    },
    "en": {
        "greeting": "Hello, this is {place}. How can I help you?",
        "automatic": "I am an automatic assistant. Ask for a person at any time.",
        "deaf": "I cannot understand speech at the moment, so I will connect you to a person. Please hold on.",
        "wait": "One moment, let me check.",
        "person": "Yes, I will connect you to a person. Please stay on the line.",
        "nobody": "Nobody is free to answer right now. If you stay on the line, the first one who is will answer.",
        "waiting": "I am connecting you to a person. Please hold on a little longer.",
        "lost": "I am sorry, automatic answers do not work at the moment, so I will connect you to a person.",
        "hold": "Please stay on the line.",
        "abuse": "Insults are hidden to protect people. Tell me calmly, and I will gladly help.",
        "quiet": "Are you still there? Please tell me what you would like to know.",
        "gone": "I cannot hear you, so I will end the call. Good-bye.",
        "failed": "I am sorry, I could not find an answer just now. Shall I connect you to a person?",
        "bye": "Thank you for calling. Good-bye.",
        "name": "Automatic assistant",
    },
}


def sentence(language: str, name: str, **words: str) -> str:
    return SENTENCES["en" if language == "en" else "ko"][name].format(**words)
