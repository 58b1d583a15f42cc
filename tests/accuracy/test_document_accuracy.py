"""Questions to a document that nobody has turned into answers: the sentence that answers it, or silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from transcripts.assistant.knowledge import Entry, Knowledge
from transcripts.assistant.passages import passages

pytestmark = pytest.mark.unit

CASES = json.loads(Path(__file__).with_name("documents.json").read_text(encoding="utf-8"))
"""By language a document, and questions with a piece of the sentence that answers them: "" where it has no answer."""
FLOORS = {"ko": (0.73, 0.07, 0.0), "en": (0.93, 0.07, 0.0)}
"""Right at least; wrong and needless answers at most, of those with and of those without an answer."""


def told(language: str) -> list[tuple[str, str, str]]:
    entries = [
        Entry(1, passage.heading, passage.text, passage.sentences, "guide", number)
        for number, passage in enumerate(passages("\n".join(CASES[language]["document"])), start=1)
    ]
    knowledge = Knowledge(entries)
    answers = []
    for question, wanted in CASES[language]["questions"]:
        found = knowledge.find(question, limit=1)
        answers.append((question, wanted, found[0].answer if found and found[0].is_sure else ""))
    return answers


@pytest.mark.req("S2.6")
@pytest.mark.parametrize("language", ["ko", "en"])
def test_questions_find_their_sentence_or_none(language: str) -> None:
    answers = told(language)
    with_answer = [(wanted, said) for _, wanted, said in answers if wanted]
    right = sum(bool(said) and wanted in said for wanted, said in with_answer) / len(with_answer)
    wrong = sum(bool(said) and wanted not in said for wanted, said in with_answer) / len(with_answer)
    without = [said for _, wanted, said in answers if not wanted]
    needless = sum(bool(said) for said in without) / len(without)
    least, most_wrong, most_needless = FLOORS[language]
    assert (right >= least, wrong <= most_wrong, needless <= most_needless) == (True,) * 3, (
        f"right {right:.2f}, wrong {wrong:.2f}, needless {needless:.2f}"
    )
