"""How well questions find their answer: a counter's knowledge, and what people ask there.

One question a line, the name of its answer before it; `-` where the counter has none. Rules and thresholds are chosen
on `tune`; of `eval` only figures are ever printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from transcripts.assistant.knowledge import Entry, Found, Knowledge
from transcripts.assistant.sample import sample

FOLDER = Path(__file__).parent
LANGUAGES = ("ko", "en")
HALVES = ("tune", "eval")
NONE = "-"
HEAD = (
    "language, half", "questions", "without an answer here", "top-1", "right answer given", "wrong answer given",
    "said it does not know", "answered what has no answer",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    question: str
    wanted: str
    """The name of the entry, or NONE."""


@dataclass(frozen=True, slots=True)
class Told:
    case: Case
    best: str
    """The name of what was found first, sure or not; "" for nothing."""
    likeness: float
    sure: bool

    @property
    def outcome(self) -> str:
        if not self.sure:
            return "unknown"
        return "right" if self.best == self.case.wanted else "wrong"


@dataclass(frozen=True, slots=True)
class Result:
    """Shares of the questions that have an answer; `false_answers` is the share of those that have none."""

    questions: int
    without: int
    top: float
    right: float
    wrong: float
    unknown: float
    false_answers: float


def cases(language: str, half: str) -> list[Case]:
    lines = (FOLDER / f"{language}.{half}.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t", 1) for line in lines if line)
    return [Case(question, wanted) for wanted, question in pairs]


def the_counter() -> tuple[Knowledge, dict[int, str]]:
    """Both languages in one index, as a place has them."""
    entries, names = [], {}
    for number, each in enumerate(sample(), start=1):
        entries.append(Entry(number, each.questions, each.answer))
        names[number] = each.name
    return Knowledge(entries), names


def told(language: str, half: str) -> list[Told]:
    knowledge, names = the_counter()
    return [_told(case, knowledge.find(case.question, limit=1), names) for case in cases(language, half)]


def _told(case: Case, found: list[Found], names: dict[int, str]) -> Told:
    if not found:
        return Told(case, "", 0.0, sure=False)
    return Told(case, names[found[0].entry.id], found[0].likeness, found[0].is_sure)


def judge(language: str, half: str) -> Result:
    all_told = told(language, half)
    known = [each for each in all_told if each.case.wanted != NONE]
    unknown = [each for each in all_told if each.case.wanted == NONE]
    share = {
        name: sum(each.outcome == name for each in known) / len(known)
        for name in ("right", "wrong", "unknown")
    }
    return Result(
        questions=len(all_told),
        without=len(unknown),
        top=sum(each.best == each.case.wanted for each in known) / len(known),
        false_answers=sum(each.sure for each in unknown) / len(unknown),
        **share,
    )


def rows() -> Iterator[tuple[str, ...]]:
    for language in LANGUAGES:
        for half in HALVES:
            found = judge(language, half)
            shares = (found.top, found.right, found.wrong, found.unknown, found.false_answers)
            yield (
                f"{language}, {half}",
                str(found.questions),
                str(found.without),
                *(f"{s:.2f}" for s in shares),
            )


def failures(language: str) -> Iterator[str]:
    """What went wrong on the half that may be looked at."""
    for each in told(language, "tune"):
        if (each.case.wanted == NONE) == each.sure or (each.sure and each.outcome == "wrong"):
            yield f"{each.outcome:8}{each.likeness:.2f} {each.case.wanted} -> {each.best}: {each.case.question}"
