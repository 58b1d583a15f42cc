"""What a recogniser invents, taken out again: loops, sign-offs of broadcasters, words outside the speech."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from transcripts.engines.vad import Span
from transcripts.engines.words import Segment, Word

# A person says "네 네 네" and swears three times in a row; nobody repeats six words eight times.
MAX_REPEATS = 4
LONGEST_LOOP = 8
# "ㅋㅋㅋㅋ" and "아아아아" are how people write laughing and groaning; forty of them are a recogniser's loop.
# Digits are left alone: 00000000 may be a number that somebody said.
STUTTER = re.compile(r"([^\W\d_]{1,8}?)\1{7,}")
KEPT_STUTTERS = 3
# Shorter than any word: its time is broken, and a beep that long would hide nothing.
MIN_WORD_MS = 60
# Faster than any person speaks (about 12 syllables of Korean, 25 letters of English a second).
MAX_LETTERS_PER_SECOND = 45

# Whisper learnt from subtitles: over noise it writes what subtitles end with. Whole utterances only.
PHANTOMS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(오늘도|지금까지|끝까지)?(영상을?)?시청해주셔서(대단히)?감사합니다",
        r"(영상|방송)을?봐주셔서감사합니다",
        r"(구독|좋아요)(과|와|,)?(좋아요|구독|알림설정)?(까지)?(부탁드립니다|부탁드려요|눌러주세요)?",
        r"(한글)?자막(제공|제작|by|:).{0,40}",
        r".{0,20}(배달의민족|한효정).{0,20}자막.{0,10}",
        r"(mbc|kbs|sbs|ytn|jtbc)뉴스.{0,12}입니다",
        r"이덕영입니다",
        r"다음(영상|시간)(에서|에)(또)?(만나요|뵙겠습니다|만나뵙겠습니다)",
        r"thank(s|you)(so|very)?(much)?forwatching",
        r"(please)?(likeand)?subscribe(tomychannel)?",
        r"subtitles?by.{0,40}",
        r"(transcribed|captioned)by.{0,40}",
    )
)


def utterances(words: Iterable[Word], spans: list[Span]) -> list[Segment]:
    """Give each word to the piece of speech that it belongs to; one segment per piece that has real text."""
    per_span: list[list[Word]] = [[] for _ in spans]
    for word in words:
        per_span[_nearest(word, spans)].append(word)
    pairs = zip(per_span, spans, strict=True)
    return [segment for mine, span in pairs if (segment := _utterance(mine, span))]


def _nearest(word: Word, spans: list[Span]) -> int:
    middle = (word.start_ms + word.end_ms) / 2
    return min(range(len(spans)), key=lambda i: max(spans[i].start_ms - middle, middle - spans[i].end_ms))


def _utterance(words: list[Word], span: Span) -> Segment | None:
    words = mended(clamped(collapse_loops(collapse_stutters(words)), span), span)
    text = "".join(word.text for word in words).strip()
    if not text or is_phantom(text) or _too_fast(text, span):
        return None
    confidence = sum(word.confidence for word in words) / len(words)
    return Segment(text, span.start_ms, span.end_ms, round(confidence, 3), tuple(words))


def clamped(words: list[Word], span: Span) -> list[Word]:
    """Word times kept inside the speech and in order; recognisers place words up to 0.2 s outside."""
    kept: list[Word] = []
    floor = span.start_ms
    for word in words:
        start = min(max(word.start_ms, floor), span.end_ms)
        end = min(max(word.end_ms, start), span.end_ms)
        kept.append(replace(word, start_ms=start, end_ms=end))
        floor = start
    return kept


def mended(words: list[Word], span: Span) -> list[Word]:
    """Words of `clamped` with times that a mask can be laid on: none shorter than MIN_WORD_MS (where the
    speech has room for it), none that ends before an earlier one. Times only grow: rather too much is
    masked than too little.
    """
    kept: list[Word] = []
    latest = max(span.start_ms, span.end_ms - MIN_WORD_MS)
    ended = span.start_ms
    for word in words:
        start = min(word.start_ms, latest)
        ended = max(ended, min(max(word.end_ms, start + MIN_WORD_MS), span.end_ms))
        kept.append(replace(word, start_ms=start, end_ms=ended))
    return kept


def is_phantom(text: str) -> bool:
    """Whether the whole text is one of the sentences that recognisers invent, or has no letter at all."""
    bare = re.sub(r"[\W_]+", "", text.lower())
    return not bare or any(pattern.fullmatch(bare) for pattern in PHANTOMS)


def _too_fast(text: str, span: Span) -> bool:
    seconds = max(span.end_ms - span.start_ms, 1) / 1000
    return len(text) / seconds > MAX_LETTERS_PER_SECOND


def collapse_stutters(words: list[Word]) -> list[Word]:
    """Cut letters that repeat eight times and more inside one word; its times stay."""
    return [replace(word, text=STUTTER.sub(r"\1" * KEPT_STUTTERS, word.text)) for word in words]


def collapse_loops(words: list[Word]) -> list[Word]:
    """Cut a phrase that repeats more than MAX_REPEATS times down to two.

    The kept words of the last repetition reach to the end of the loop, so that a mask on them covers all of
    it.
    """
    out: list[Word] = []
    position = 0
    while position < len(words):
        size, repeats = _loop_at(words, position)
        if repeats > MAX_REPEATS:
            end = words[position + size * repeats - 1].end_ms
            out += words[position : position + size]
            out += _stretched(words[position + size : position + 2 * size], end)
            position += size * repeats
        else:
            out.append(words[position])
            position += 1
    return out


def _stretched(words: list[Word], end_ms: int) -> Iterator[Word]:
    return (replace(word, end_ms=max(word.end_ms, end_ms)) for word in words)


def _loop_at(words: list[Word], position: int) -> tuple[int, int]:
    """The size and count of the longest loop that starts here; (1, 1) when there is none."""
    best = (1, 1)
    for size in range(1, LONGEST_LOOP + 1):
        repeats = _count_repeats(words, position, size)
        if repeats > MAX_REPEATS and size * repeats > best[0] * best[1]:
            best = (size, repeats)
    return best


def _count_repeats(words: list[Word], position: int, size: int) -> int:
    phrase = [_bare(word) for word in words[position : position + size]]
    repeats = 1
    while phrase == [_bare(w) for w in words[position + repeats * size : position + (repeats + 1) * size]]:
        repeats += 1
    return repeats


def _bare(word: Word) -> str:
    return re.sub(r"[\W_]+", "", word.text.lower())
