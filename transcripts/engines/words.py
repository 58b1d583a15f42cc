"""What a recogniser heard: words, segments and the whole. Times are integer milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Word:
    """One word as written, with its leading space (Whisper's habit), so that joining words gives the text."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float

    def shifted(self, offset_ms: int) -> Word:
        return replace(self, start_ms=self.start_ms + offset_ms, end_ms=self.end_ms + offset_ms)


@dataclass(frozen=True, slots=True)
class Segment:
    """One utterance. Its edges are those of the speech that was found, not those of its words."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float
    words: tuple[Word, ...] = ()

    def shifted(self, offset_ms: int) -> Segment:
        return replace(
            self,
            start_ms=self.start_ms + offset_ms,
            end_ms=self.end_ms + offset_ms,
            words=tuple(word.shifted(offset_ms) for word in self.words),
        )


@dataclass(frozen=True, slots=True)
class Transcription:
    """Everything heard in one piece of audio; `language` is "" when nothing was said."""

    language: str
    segments: tuple[Segment, ...]

    @property
    def text(self) -> str:
        return " ".join(segment.text for segment in self.segments)
