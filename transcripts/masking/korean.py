"""Finding Korean profanity in units: syllable by syllable, whatever was put between the syllables.

The text is read as several streams (as written, without digits, without stray letters, with drawn-out
vowels closed, with typed letters composed). A hit in any stream is judged by how it stands there: at the
start of a word, alone, or across gaps; then exceptions are taken out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import ahocorasick

from transcripts.masking import sayings, suffixes, syllables
from transcripts.masking.contexts import harmless
from transcripts.masking.endings import with_company
from transcripts.masking.hits import Exceptions, Hit
from transcripts.masking.lexicon import Entry, Lexicon, Match
from transcripts.masking.normalise import Unit
from transcripts.masking.place import GRAVE
from transcripts.masking.streams import Gap, Stream, streams

# What may stand before a term in the same word.
PREFIXES = re.compile(
    "이|그|저|요|고|야|아|어|오|와|개|쌩|쌍|왕|생|핵|진짜|존나|졸라|너|니|네|내|이런|저런|그런|뭔|뭐|왜|참|에이|어휴|하|"
    "아니|저이|미친|더러운|나쁜|늙은|어린|못된|또|씨"
)
WORSE = frozenset({"개", "상", "왕", "핵", "쌩", "생", "쌍", "씹", "좆", "개씹", "개좆"})
"""[개]등신, [왕]찐따."""
# What may follow a term in the same word: particles, endings, forms of address, laughter, more of the same.
TAILS = re.compile(
    r"아|야|이|가(?!락)|은|는|를|을|도|들|의|에|와|과|랑|하(?!게)|한|만|인|임|입|네|냐|니|요|지(?!점)|죠|라|란|로|처럼|같|때문|"
    r"놈|년(?!생|도)|새|것|거|련|롬|럼|왜|뭐|뭔|진짜|존|좆|개|ㅋ|ㅎ|ㅠ|ㅜ|ㅡ|다(?!시)|대|ㄴ|ㅈ|아니|너|니|당|장난|환불|제발|빨리|미친|"
    r"해|했|할|합|함|떨|짓|데|던|든|까지|부터|보다|나|고|면|서|자|좀|씨|시"
)
# After a term that is spread over words only clear continuations count: 시 발아, 존 나게, but not 시 발송.
TORN_TAILS = re.compile(rf"{TAILS.pattern}|게")
"""After one with signs in it, which nobody does to a harmless word: 병@신이네, 존.나게."""
JOINED_TAILS = re.compile(r"놈|년|새|아(?![파율기되하가])|야|들|것|롬|럼|련|같|하(?!는|고|며)|게")
LAUGHTER = re.compile(r"[ㅋㅎㅠㅜㅡ]$")
# After one whose last syllable stands apart: 급식 충이, but not 급식 충당금.
SPLIT_TAILS = re.compile(
    rf"{JOINED_TAILS.pattern}|(?:[이가은는을를도의로만냐네라임]|인데|이[야냐네])(?:[ㅋㅎㅠㅜ요]|$)"
)
TORN = frozenset({"병신", "등신", "지랄", "염병", "염뱅", "옘병"})
APART_TAILS = re.compile(rf"{SPLIT_TAILS.pattern}|한테|이[라지나네]|인가|하[네고지]|떨|처럼|아니")
"""After those of `TORN`, whose second syllable begins no word: 등 신을, 염 병 떨고, 지 랄하네."""
LONG_TERM = 3
UNMISTAKABLE = 4
"""Syllables of a term that says enough, however its last word ends: 너 같은 건 죽|어야."""
CALLING = "아야이"
MILD = 2
# What is written apart, or is commonly torn: 이 년아, 입 닥쳐, 엿 먹어, 쌍 것, 새 끼, 등 신, 꺼 져라, 염 병.
APART = "닥이저그요네너니입엿개쌍똥쳐처좀썩당야돌천촌늙새등꺼염옘찐창짱젠좋좁졷빡빙뱅"


class KoreanMatcher:
    def __init__(self, lexicon: Lexicon) -> None:
        masked = list(lexicon.masked("ko"))
        self._exact = _automaton((entry.term, entry) for entry in masked)
        self._similar = _automaton(_similar_keys(entry for entry in masked if entry.sound_alikes))
        self._allowed = _automaton((entry.term, entry) for entry in lexicon.allowed("ko"))

    def hits(self, units: list[Unit]) -> list[Hit]:
        views = streams(units)
        found = {hit for view in views for hit in self._in_stream(view)} | set(sayings.hits(units))
        if not found:
            return []
        ranges = _without_broken(self._exceptions(views[0]), found)
        allowed = Exceptions(len(units), ((first, last) for first, last, _ in ranges))
        firm = Exceptions(len(units), ((first, last) for first, last, whole in ranges if whole))
        return [
            with_company(units, hit)
            for hit in found
            if not (
                (firm if hit.entry.severity >= GRAVE else allowed).hold(hit)
                or allowed.run_into(hit)
                or harmless(units, hit)
            )
        ]

    def _in_stream(self, stream: Stream) -> Iterator[Hit]:
        candidates = list(_search(self._exact, stream.chars))
        candidates += _search(self._similar, _folded(stream.chars))
        ends: set[int] = set()
        for start, end, entry in sorted(candidates, key=lambda c: (c[0], -c[1])):
            if _stands(stream, start, end, entry, ends):
                ends.add(end)
                yield Hit(stream.first[start - _noun(stream, start, end, entry)], stream.last[end], entry)

    def _exceptions(self, stream: Stream) -> list[tuple[int, int, bool]]:
        """(first, last, whether it ends with a word) of each."""
        found = _search(self._allowed, stream.chars)
        return [(stream.first[s], stream.last[e], not _breaks_off(stream, e)) for s, e, _ in found]


def _without_broken(ranges: list[tuple[int, int, bool]], found: set[Hit]) -> list[tuple[int, int, bool]]:
    """An exception that breaks off after a grave term is none, nor for the word that it breaks into: 씨발병 in 씨발 병신."""
    grave = [hit for hit in found if hit.entry.severity >= GRAVE]
    return [
        (first, last, whole)
        for first, last, whole in ranges
        if whole or not any(first <= hit.first and hit.last <= last for hit in grave)
    ]


def _automaton(pairs: Iterable[tuple[str, Entry]]) -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    for key, entry in pairs:
        automaton.add_word(key.replace(" ", ""), (len(key.replace(" ", "")), entry))
    automaton.make_automaton()
    return automaton


def _similar_keys(entries: Iterable[Entry]) -> Iterator[tuple[str, Entry]]:
    return ((_folded(entry.term), entry) for entry in entries)


def _folded(chars: str) -> str:
    return "".join(map(_as_heard, chars))


@lru_cache(maxsize=4096)
def _as_heard(char: str) -> str:
    return syllables.plain_vowel(syllables.soft(char))


def _search(automaton: ahocorasick.Automaton, chars: str) -> Iterator[tuple[int, int, Entry]]:
    """(start, end included, entry) of every occurrence."""
    if not len(automaton):
        return
    for end, (length, entry) in automaton.iter(chars):
        yield end - length + 1, end, entry


def _stands(stream: Stream, start: int, end: int, entry: Entry, ends: set[int]) -> bool:
    """Whether an occurrence stands freely enough for its entry."""
    inner = stream.gaps[start + 1 : end + 1]
    if Gap.HARD in inner:
        return False
    if inner and inner[0] is Gap.SPACE and not _may_be_split(entry):
        return False
    if any(gap is not Gap.NONE for gap in inner) or stream.is_altered(start, end):
        return _begins_piece(stream, start) and _ends_piece(stream, start, end, entry)
    if entry.match is Match.ANYWHERE:
        return True
    if not (_begins_word(stream, start) or start - 1 in ends or _is_suffix(stream, start, end, entry)):
        return False
    return entry.match is Match.START or _ends_word(stream, end)


def _may_be_split(entry: Entry) -> bool:
    """Whether who writes the first syllable apart hides this term, or only says two words: 새 끼, but 제 길, 정 박아."""
    return (
        entry.severity > MILD or entry.sound_alikes or entry.match is not Match.WORD or entry.term[0] in APART
    )


def _breaks_off(stream: Stream, end: int) -> bool:
    """Whether an exception ends with the first syllable of a longer word: 씨발사 is none in 씨발 사람."""
    return stream.gaps[end] is Gap.SPACE and end + 1 < len(stream.chars) and stream.gaps[end + 1] is Gap.NONE


def _begins_piece(stream: Stream, start: int) -> bool:
    return stream.gaps[start] is not Gap.NONE and not stream.after_digit[start]


def _begins_word(stream: Stream, start: int) -> bool:
    if stream.gaps[start] is not Gap.NONE:
        return not stream.after_digit[start]
    before = stream.piece_before(start)
    return bool(PREFIXES.fullmatch(before) or LAUGHTER.search(before) or _turns_to_letters(stream, start))


def _is_suffix(stream: Stream, start: int, end: int, entry: Entry) -> bool:
    touches = stream.gaps[start] is Gap.NONE
    return touches and suffixes.is_one(entry.term, stream.piece_before(start), stream.piece_after(end))


def _noun(stream: Stream, start: int, end: int, entry: Entry) -> int:
    """How many syllables on the left are hidden with it: what makes it worse, or what it is a suffix of."""
    if stream.gaps[start] is Gap.NONE and stream.piece_before(start) in WORSE:
        return len(stream.piece_before(start))
    if not _is_suffix(stream, start, end, entry):
        return 0
    return suffixes.goes_with(entry.term, stream.piece_before(start))


def _turns_to_letters(stream: Stream, start: int) -> bool:
    """감사합니다ㅅㅂ: typed letters after a syllable begin something new."""
    return not syllables.is_syllable(stream.chars[start]) and syllables.is_syllable(stream.chars[start - 1])


def _ends_word(stream: Stream, end: int) -> bool:
    rest = stream.piece_after(end)
    return not rest or TAILS.match(rest) is not None


def _ends_piece(stream: Stream, start: int, end: int, entry: Entry) -> bool:
    rest = stream.piece_after(end)
    length = end - start + 1
    if rest and _calls_apart(stream, end, entry):
        return False
    if not rest or (
        entry.match is Match.START and length >= UNMISTAKABLE and entry.term[-2:] not in suffixes.OFFSPRING
    ):
        return True
    if Gap.SPACE not in stream.gaps[start + 1 : end + 1]:
        return TORN_TAILS.match(rest) is not None
    if length >= LONG_TERM and (stream.gaps[end] is not Gap.SPACE or entry.severity >= GRAVE):
        return TAILS.match(rest) is not None
    if entry.term in TORN:
        return APART_TAILS.match(rest) is not None
    return (JOINED_TAILS if length < LONG_TERM else SPLIT_TAILS).match(rest) is not None


def _calls_apart(stream: Stream, end: int, entry: Entry) -> bool:
    """Whether the last syllable calls somebody, but stands apart and may begin another word: 18년 아파트."""
    return entry.term[-1] in CALLING and stream.gaps[end] is Gap.SPACE
