"""The knowledge of a sample counter, in Korean and English: what a first run shows and what retrieval is measured on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "fixture" / "knowledge.json"


@dataclass(frozen=True, slots=True)
class Sample:
    """`name` is the same for both languages."""

    name: str
    language: str
    questions: str
    answer: str


def sample() -> list[Sample]:
    return [
        Sample(entry["name"], language, "\n".join(entry[language]["questions"]), entry[language]["answer"])
        for entry in json.loads(FILE.read_text(encoding="utf-8"))
        for language in ("ko", "en")
    ]
