"""Beeps on profane words: calls of synthetic speech through the product's offline path, word by word.

The recogniser is the bundled fixture model, on its own sentences in voices that it was not trained on: this measures
times, padding, voice activity and the splice, not recognition.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calls.media.ogg import read_packets
from calls.media.opus import SAMPLE_RATE
from tests.accuracy.cases import Case, read
from tests.accuracy.channel import CODECS, Samples, stored, with_noise
from tests.accuracy.report import Row
from tests.accuracy.speech import say
from tests.espeak import Spoken
from transcripts.engines.base import SpeechEngine
from transcripts.engines.decode import decode
from transcripts.engines.fixture import FixtureEngine
from transcripts.engines.words import Segment
from transcripts.masking.audio import PAD_MS, Piece, TimeSpan, padded, splice, word_times
from transcripts.vocabulary import masked

HEAD: Row = (
    "voice through",
    "calls, minutes",
    "profane words",
    "not recognised",
    "fully beeped",
    "of all",
    "of the recognised",
    "beep beside them, s/min",
)
NOTE = "Fixture model, its own sentences: no figure of recognition."

NOISES: dict[str, float | None] = {"clean": None, "noise at 10 dB": 10.0}
CALLS = 5
SENTENCES = 20
PROFANE_SHARE = 0.3
PAUSES_S = (0.8, 3.0)
PACKET_MS = 20

VOICES = {
    "ko": ("ko+f5", "ko+m6", "ko+Annie", "ko+robert", "ko+edward", "ko+Mario"),
    "en": ("en-us+f5", "en-us+m6", "en+Annie", "en-us+robert", "en+edward", "en-us+Mario"),
}

# Of the sentences that the model knows, those without digits: digits are personal data, and beeped on their own account.
SAID = {
    "ko": """
        안녕하세요 무엇을 도와드릴까요?
        고객님 성함이 어떻게 되세요?
        주문 번호를 말씀해 주세요.
        노트북 환불하고 싶어요.
        배송이 너무 늦어요.
        잠시만 기다려 주세요.
        확인해 보겠습니다.
        네 알겠습니다.
        카드로 결제했어요.
        비밀번호를 잊어버렸어요.
        주소를 변경하고 싶어요.
        불편을 드려 정말 죄송합니다.
        새끼손가락을 다쳤어요.
        시발역에서 출발합니다.
        팀장 바꿔 주세요.
        해지하고 싶어요.
        야 이 {개새끼}야 당장 환불해.
        {씨발} 이게 뭐야.
        이 {병신}아 전화 끊어.
        """,
    "en": """
        Hello, how can I help you today?
        May I have your name please?
        My laptop is broken.
        The printer does not work.
        The delivery is too late.
        Let me check that for you.
        Yes, that is correct.
        Have a nice day.
        I paid by credit card.
        I forgot my password.
        My account is locked.
        I want to speak to your manager.
        My bill is too high.
        Cancel my account right now.
        This is {fucking} ridiculous.
        What the {fuck} is going on?
        You are a stupid {asshole}.
        This is {bullshit}, cancel my order.
        """,
}


@dataclass(frozen=True, slots=True)
class Talk:
    """One side of a call: 48 kHz samples, its language, and when its profane words sound."""

    language: str
    samples: Samples
    profane: tuple[TimeSpan, ...]


@dataclass(slots=True)
class Coverage:
    """Sums over calls. `missed` counts words on which nothing was beeped: they were not recognised, or as another word.
    `beside_ms` is beep outside the true words and their padding.
    """

    calls: int = 0
    minutes: float = 0.0
    words: int = 0
    missed: int = 0
    covered: int = 0
    beside_ms: int = 0

    @property
    def share(self) -> float:
        return self.covered / self.words

    @property
    def share_of_recognised(self) -> float:
        return self.covered / max(1, self.words - self.missed)

    @property
    def beside(self) -> float:
        """Seconds per minute of sound."""
        return self.beside_ms / 1000 / self.minutes

    def add(self, talk: Talk, beeped: list[TimeSpan]) -> None:
        length_ms = len(talk.samples) * 1000 // SAMPLE_RATE
        heard, allowed = _line(beeped, length_ms), _line(padded(talk.profane), length_ms)
        self.calls += 1
        self.minutes += length_ms / 60_000
        self.words += len(talk.profane)
        self.missed += sum(not heard[w.start_ms : w.end_ms].any() for w in talk.profane)
        self.covered += sum(bool(heard[w.start_ms : w.end_ms].all()) for w in talk.profane)
        self.beside_ms += int((heard & ~allowed).sum())


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        talks = [a_talk(language, number) for language in SAID for number in range(CALLS)]
        engine = FixtureEngine(Path(folder), allow_fixture=True)
        for noise in NOISES:
            for codec in CODECS:
                yield _row(f"{codec}, {noise}", measure(talks, codec, noise, engine, Path(folder)))


def _row(name: str, result: Coverage) -> Row:
    return (
        name,
        f"{result.calls}, {result.minutes:.1f}",
        str(result.words),
        str(result.missed),
        str(result.covered),
        f"{result.share:.3f}",
        f"{result.share_of_recognised:.3f}",
        f"{result.beside:.2f}",
    )


def measure(talks: list[Talk], codec: str, noise: str, engine: SpeechEngine, folder: Path) -> Coverage:
    """Send each talk through the channel and the offline path; count what is beeped."""
    result = Coverage()
    for number, talk in enumerate(talks):
        decibels = NOISES[noise]
        sound = talk.samples if decibels is None else with_noise(talk.samples, decibels, number)
        chunk = stored(folder / "chunk.opus", CODECS[codec](sound))
        result.add(talk, beeps(chunk, talk.language, engine, folder))
    return result


def beeps(chunk: Path, language: str, engine: SpeechEngine, folder: Path) -> list[TimeSpan]:
    """What the product beeps in a stored chunk, read off the masked file: the packets that are not the original's."""
    heard = engine.hearings(decode(chunk), language=language)
    spans = padded(span for each in heard for segment in each.segments for span in _hidden(segment))
    whole, hidden = folder / "whole.opus", folder / "masked.opus"
    splice([Piece(0, chunk)], whole, hidden, spans)
    with whole.open("rb") as a, hidden.open("rb") as b:
        pairs = list(zip(read_packets(a), read_packets(b), strict=True))
    return [
        TimeSpan(i * PACKET_MS, (i + 1) * PACKET_MS) for i, (plain, beep) in enumerate(pairs) if plain != beep
    ]


def _hidden(segment: Segment) -> Iterator[TimeSpan]:
    for mask in masked(segment.text).masks:
        spoken = word_times(segment.text, segment.words, mask.source, segment.end_ms)
        yield spoken or TimeSpan(segment.start_ms, segment.end_ms)


def a_talk(language: str, seed: int, sentences: int = SENTENCES) -> Talk:
    """One side of a call, always the same for a seed: pauses, and sentences in changing voices."""
    dice = random.Random(f"{language} {seed}")
    parts: list[Samples] = []
    profane: list[TimeSpan] = []
    length = 0
    for case in _script(language, sentences, dice):
        pause = int(dice.uniform(*PAUSES_S) * SAMPLE_RATE)
        sound, words = _said(case, language, dice)
        begin = (length + pause) / SAMPLE_RATE
        profane += [TimeSpan(round((begin + w.start) * 1000), round((begin + w.end) * 1000)) for w in words]
        parts += [np.zeros(pause, np.float32), sound]
        length += pause + len(sound)
    parts.append(np.zeros(SAMPLE_RATE, np.float32))
    return Talk(language, np.concatenate(parts), tuple(profane))


def _script(language: str, sentences: int, dice: random.Random) -> list[Case]:
    cases = [read(line.strip()) for line in SAID[language].strip().splitlines()]
    pools = [[c for c in cases if not c.hidden], [c for c in cases if c.hidden]]
    return [dice.choice(pools[dice.random() < PROFANE_SHARE]) for _ in range(sentences)]


def _said(case: Case, language: str, dice: random.Random) -> tuple[Samples, list[Spoken]]:
    """The sentence in some voice, and its profane words."""
    sound, words = say(case.text, dice.choice(VOICES[language]), dice.randint(130, 200), dice.randint(25, 75))
    return sound, _profane(case, words)


def _profane(case: Case, words: list[Spoken]) -> list[Spoken]:
    found, place = [], 0
    for word in words:
        place = case.text.index(word.text, place)
        if any(h.start < place + len(word.text) and place < h.end for h in case.hidden):
            found.append(word)
        place += len(word.text)
    return found


def _line(spans: list[TimeSpan], length_ms: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """A mark for each millisecond."""
    line = np.zeros(length_ms + PAD_MS, np.bool_)
    for span in spans:
        line[span.start_ms : span.end_ms] = True
    return line
