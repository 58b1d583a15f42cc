"""Finding English profanity in units: whole words and their forms, phrases, and the usual disguises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import ahocorasick

from transcripts.masking.disguises import Disguised, letter_runs, readings, squeezed, stretches
from transcripts.masking.hits import Exceptions, Hit
from transcripts.masking.layout import Typed
from transcripts.masking.lexicon import Entry, Lexicon, Match
from transcripts.masking.normalise import Unit

TOKEN = re.compile(r"[a-z0-9@$!|*#%^&+'’_~]+")
LETTER = re.compile(r"[a-z]")
POSSESSIVE = re.compile(r"^['’]s\b")
"""What `_tokens` leaves of a word (mother's): it ends no run."""
EDGES = "'’!|+_~&^"
ENDINGS = ("", "s", "es", "ed", "er", "ers", "ing", "in", "ings", "y")
SHORT = 4


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    first: int
    last: int


class EnglishMatcher:
    def __init__(self, lexicon: Lexicon) -> None:
        masked = list(lexicon.masked("en"))
        single = [entry for entry in masked if " " not in entry.term]
        self._words = _forms(single)
        self._pieces = _automaton({e.term: e for e in single if e.match is Match.ANYWHERE})
        self._starts = tuple((e.term, e) for e in single if e.match is Match.START)
        self._phrases = _automaton({_phrase(e.term): e for e in masked if " " in e.term})
        self._disguised = Disguised({form: entry for forms in self._words.values() for form, entry in forms})
        self._typed = Typed.of(lexicon.masked("ko"))
        allowed = list(lexicon.allowed("en"))
        self._innocent = frozenset(e.term for e in allowed if " " not in e.term)
        self._exceptions = _automaton({_phrase(e.term): e for e in allowed if " " in e.term})

    def hits(self, units: list[Unit]) -> list[Hit]:
        line = "".join(unit.char for unit in units)
        tokens = list(_tokens(line))
        found = [*self._single(tokens), *self._phrased(line, tokens), *self._spelled(line)]
        harmless = ((run[0].first, run[-1].last) for run, _ in _in_phrases(self._exceptions, line, tokens))
        allowed = Exceptions(len(units), harmless)
        return [hit for hit in found if not allowed.hold(hit)]

    def _single(self, tokens: list[Token]) -> Iterator[Hit]:
        for token in tokens:
            entry = self._judge(token.text)
            if entry:
                yield Hit(token.first, token.last, entry)

    def _judge(self, word: str) -> Entry | None:
        """The entry that a word, in any of its readings, is a form of."""
        for reading in readings(word):
            if reading in self._innocent:
                return None
            found = self._as_word(reading) or self._as_part(reading)
            if found and (reading == word or len(found.term) >= SHORT):
                return found
        return self._disguised.find(word) or self._typed.find(word)

    def _as_word(self, word: str) -> Entry | None:
        for form, entry in self._words.get(squeezed(word), ()):
            if stretches(word, form):
                return entry
        return None

    def _as_part(self, word: str) -> Entry | None:
        for spelling in (word, squeezed(word)):
            found = next(_search(self._pieces, spelling), None)
            if found:
                return found[2]
            for start, entry in self._starts:
                if spelling.startswith(start):
                    return entry
        return None

    def _phrased(self, line: str, tokens: list[Token]) -> Iterator[Hit]:
        for run, entry in _in_phrases(self._phrases, line, tokens):
            yield Hit(run[0].first, run[-1].last, entry)

    def _spelled(self, line: str) -> Iterator[Hit]:
        """Letters one by one: f u c k, s.h.i.t"""
        for letters in letter_runs(line):
            joined = "".join(char for char, _ in letters)
            for form, entry in self._spellable():
                start = joined.find(form)
                if start >= 0:
                    yield Hit(letters[start][1], letters[start + len(form) - 1][1], entry)

    def _spellable(self) -> Iterator[tuple[str, Entry]]:
        return ((form, e) for forms in self._words.values() for form, e in forms if len(form) >= SHORT)


def _phrase(term: str) -> str:
    """A term of several words as it stands in a line: its words are read like those of any text (i'll, mother's)."""
    return "".join(f" {readings(token.text)[-1]}" for token in _tokens(term)) + " "


def _forms(entries: list[Entry]) -> dict[str, list[tuple[str, Entry]]]:
    """Every term with its endings, under its spelling without doubled letters."""
    forms: dict[str, list[tuple[str, Entry]]] = {}
    for entry in entries:
        for ending in ENDINGS:
            form = entry.term + ending
            forms.setdefault(squeezed(form), []).append((form, entry))
    return forms


def _automaton(pairs: dict[str, Entry]) -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    for key, value in pairs.items():
        automaton.add_word(key, (key, value))
    automaton.make_automaton()
    return automaton


def _search(automaton: ahocorasick.Automaton, line: str) -> Iterator[tuple[int, str, Entry]]:
    """(end included, term, entry) of every occurrence; an automaton without words cannot be asked."""
    if len(automaton):
        for end, (term, entry) in automaton.iter(line):
            yield end, term, entry


def _tokens(line: str) -> Iterator[Token]:
    for match in TOKEN.finditer(line):
        if not LETTER.search(match.group()):
            continue
        text = re.sub(r"['’]s$", "", match.group())
        trimmed = text.lstrip("'’_~&^*").rstrip(EDGES)
        first = match.start() + text.index(trimmed)
        if trimmed:
            yield Token(trimmed, first, first + len(trimmed) - 1)


def _in_phrases(
    automaton: ahocorasick.Automaton, line: str, tokens: list[Token]
) -> Iterator[tuple[list[Token], Entry]]:
    """Runs of tokens that make up a phrase; a sentence's end or a Korean word breaks a run."""
    for _, run in groupby(_numbered(line, tokens), key=lambda pair: pair[0]):
        words = [token for _, token in run]
        yield from _phrases_of(automaton, words)


def _numbered(line: str, tokens: list[Token]) -> Iterator[tuple[int, Token]]:
    number, previous = 0, 0
    for token in tokens:
        between = POSSESSIVE.sub("", line[previous : token.first])
        number += bool(re.search(r"[^\s,'’\"-]", between))
        previous = token.last + 1
        yield number, token


def _phrases_of(automaton: ahocorasick.Automaton, words: list[Token]) -> Iterator[tuple[list[Token], Entry]]:
    line = " "
    starts: dict[int, int] = {}
    for index, word in enumerate(words):
        starts[len(line)] = index
        line += readings(word.text)[-1] + " "
    for end, phrase, entry in _search(automaton, line):
        first = starts[end - len(phrase) + 2]
        yield words[first : first + phrase.count(" ") - 1], entry
