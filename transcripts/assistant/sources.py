"""Where an answer comes from, as a turn keeps it and pages show it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from transcripts.assistant.knowledge import Found


class Source(TypedDict):
    """`kind` is "answer" or "document"; `passage` counts from 1 within a document and is 0 for an answer of the house."""

    kind: str
    id: int
    title: str
    passage: int


def sources_of(found: Iterable[Found]) -> list[Source]:
    return [
        {
            "kind": "document" if each.entry.document else "answer",
            "id": each.entry.id,
            "title": each.entry.title,
            "passage": each.entry.passage,
        }
        for each in found
    ]


def document_of(sources: Iterable[Source]) -> str:
    """The title of the first document among them; "" without one: an answer of the house needs no reference."""
    return next((each["title"] for each in sources if each["kind"] == "document"), "")
