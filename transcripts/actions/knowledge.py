"""What the assistant knows: the answers of the house, kept in the database."""

from __future__ import annotations

from transcripts.assistant.knowledge import Entry, Knowledge
from transcripts.assistant.sample import sample
from transcripts.models import KnowledgeEntry


def add_sample() -> int:
    """The sample counter's answers, everywhere, where nobody has written any; how many were added."""
    if KnowledgeEntry.objects.exists():
        return 0
    rows = [
        KnowledgeEntry(questions=each.questions, answer=each.answer, language=each.language)
        for each in sample()
    ]
    return len(KnowledgeEntry.objects.bulk_create(rows))


def load_knowledge() -> None:
    """What finds answers is large: a worker loads it before anybody asks."""
    Knowledge([Entry(0, "a question", "an answer")]).find("a question")
