"""Masking of text against the case sets: what of the hidden words is found, and what else is hidden by mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.accuracy.cases import HALVES, SETS, Case, Hidden, load
from tests.accuracy.report import Row
from transcripts.masking.mask import Mask
from transcripts.vocabulary import masked

COVERED = 0.8
"""Share of a hidden word's characters that must be masked for it to count as found."""
OWN = 0.25
"""Share of a mask that must lie on hidden words, or it is a mistake: an idiom may go with its word, not the sentence."""

FLOORS = {"profanity": (0.97, 0.93), "personal": (0.98, 0.95)}
"""Precision and recall that the evaluation half must reach."""

Finder = Callable[[str], Sequence[Mask]]


@dataclass(slots=True)
class Score:
    """Counts over some cases. Words are the hidden stretches of the set, masks what the product laid."""

    cases: int = 0
    words: int = 0
    found: int = 0
    masks: int = 0
    mistaken: int = 0
    confused: int = 0
    misses: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return 1 - self.mistaken / self.masks if self.masks else 1.0

    @property
    def recall(self) -> float:
        return self.found / self.words if self.words else 1.0

    def add(self, case: Case, masks: Sequence[Mask]) -> None:
        wrong = [mask for mask in masks if not _belongs(mask, case)]
        missed = [word for word in case.hidden if _coverage(word, masks, case.text) < COVERED]
        self.cases += 1
        self.words += len(case.hidden)
        self.found += len(case.hidden) - len(missed)
        self.masks += len(masks)
        self.mistaken += len(wrong)
        self.confused += sum(word not in missed and not _kind_is_right(word, masks) for word in case.hidden)
        self.misses += [f"missed    {_marked(case.text, word.start, word.end)}" for word in missed]
        self.misses += [f"mistaken  {_marked(case.text, m.source.start, m.source.end)}" for m in wrong]


def score(cases: Iterable[Case], find: Finder | None = None) -> Score:
    """Score the product's masking (or `find`) on `cases`."""
    find = find or product
    total = Score()
    for case in cases:
        total.add(case, find(case.text))
    return total


def product(text: str) -> Sequence[Mask]:
    """What the product hides: the door that captions, transcripts and `manage.py mask_text` take."""
    return masked(text).masks


def by_category(cases: Sequence[Case]) -> dict[str, Score]:
    names = dict.fromkeys(case.category for case in cases)
    return {name: score(case for case in cases if case.category == name) for name in names}


def rows() -> Iterator[Row]:
    """One row of docs/accuracy.md per set and half."""
    for name in SETS:
        for half in HALVES:
            yield _row(name, half, score(load(name, half)))


def _row(name: str, half: str, result: Score) -> Row:
    return (
        f"{name}, {half}",
        str(result.cases),
        str(result.words),
        f"{result.precision:.3f}",
        f"{result.recall:.3f}",
        str(result.mistaken),
        str(result.confused) if name.startswith("personal") else "",
    )


HEAD: Row = ("set, half", "sentences", "hidden words", "precision", "recall", "masks too many", "wrong kind")


def describe(name: str, *, verbose: bool) -> Iterator[str]:
    """Figures by category of both halves; with `verbose` also the sentences of the tuning half that went wrong.

    Sentences of the evaluation half are never shown: who has seen them tunes on them.
    """
    for half in HALVES:
        yield f"{name}, {half}"
        for category, result in by_category(load(name, half)).items():
            yield (
                f"  {category:<44} {result.cases:4} sentences  precision {result.precision:.3f}"
                f"  recall {result.recall:.3f}"
            )
            if verbose and half == "tune":
                yield from (f"      {line}" for line in result.misses)


def _belongs(mask: Mask, case: Case) -> bool:
    spots = _letters(case.text, mask.source.start, mask.source.end)
    ours = set().union(*(_word_around(case.text, word) for word in case.hidden))
    return len(spots & ours) >= OWN * len(spots) and bool(spots)


def _coverage(word: Hidden, masks: Sequence[Mask], text: str) -> float:
    spots = _letters(text, word.start, word.end)
    hidden = set().union(*(range(mask.source.start, mask.source.end) for mask in masks))
    return len(spots & hidden) / len(spots)


def _kind_is_right(word: Hidden, masks: Sequence[Mask]) -> bool:
    over = [m.kind for m in masks if m.source.start < word.end and word.start < m.source.end]
    return (word.kind or "profanity") in over


def _word_around(text: str, word: Hidden) -> set[int]:
    """The characters of the words that a hidden stretch touches: particles and endings may be hidden with it."""
    start, end = word.start, word.end
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return _letters(text, start, end)


def _letters(text: str, start: int, end: int) -> set[int]:
    return {i for i in range(start, end) if not text[i].isspace()}


def _marked(text: str, start: int, end: int) -> str:
    return f"{text[:start]}{{{text[start:end]}}}{text[end:]}"
