"""Documents of the house: taken in as files or as text, and given to the assistant as passages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from calls.models import Place
from transcripts.assistant.documents import DocumentRefused, Kind, kind_of, text_of
from transcripts.assistant.knowledge import Entry
from transcripts.assistant.passages import HEADING, passages
from transcripts.models import KnowledgeDocument

MOST_DOCUMENTS = 50
"""Of one place, and of everywhere."""
TOO_MANY = "too_many"
LONGEST_TITLE = 120


def add_file(place: Place | None, name: str, data: bytes, *, title: str, language: str) -> KnowledgeDocument:
    """Raises DocumentRefused: too_large, unreadable, empty or too_many."""
    kind = kind_of(name, data)
    return _add(place, text_of(data, kind), kind, title=title or _title(name, data, kind), language=language)


def add_text(place: Place | None, text: str, *, title: str, language: str) -> KnowledgeDocument:
    """What was pasted is read as Markdown, which plain text is too. Raises DocumentRefused."""
    plain = text_of(text.encode(), Kind.MARKDOWN)
    return _add(place, plain, Kind.TEXT, title=title or _first_line(plain), language=language)


def _add(place: Place | None, text: str, kind: Kind, *, title: str, language: str) -> KnowledgeDocument:
    if KnowledgeDocument.objects.filter(place=place).count() >= MOST_DOCUMENTS:
        raise DocumentRefused(TOO_MANY)
    return KnowledgeDocument.objects.create(
        place=place, title=title[:LONGEST_TITLE], kind=kind.value, text=text, language=language
    )


def _title(name: str, data: bytes, kind: Kind) -> str:
    return PurePath(name).stem.strip() or _first_line(text_of(data, kind))


def _first_line(text: str) -> str:
    line = next((line for line in text.splitlines() if line.strip()), "")
    found = HEADING.match(line)
    return found[2] if found else line


def as_entries(document: KnowledgeDocument) -> Iterator[Entry]:
    """Its passages, numbered from 1, as the assistant finds them."""
    for number, passage in enumerate(passages(document.text), start=1):
        under = " · ".join(filter(None, (document.title, passage.heading)))
        yield Entry(document.pk, under, passage.text, passage.sentences, document.title, number)
