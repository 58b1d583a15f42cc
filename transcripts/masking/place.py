"""A hit as it stands in its sentence: what the rules of contexts look at."""

from __future__ import annotations

from dataclasses import dataclass

from transcripts.masking.hits import Hit
from transcripts.masking.normalise import Kind, Unit

NEAR = 12
GRAVE = 3

SURE_SURNAMES = "김박최강조윤임신권황송홍배백심허곽엄채변장문구민손석육옥원차한서류성남방현추설길표맹탁국"
"""Those that are no word of their own before an insult, as 이, 저 or 정 may be."""


ANIMALS = (
    "강아지|고양이|길고양이|토끼|다람쥐|제비|개구리|두꺼비|하마|기린|너구리|멧돼지|고라니|"
    "노루|사슴|두루미|까치|까마귀|참새|비둘기|오리|거위|닭|병아리|칠면조|"
    "타조|앵무새|펭귄|백조|독수리|부엉이|올빼미|매|꿩|메추리|사자|호랑이|표범|치타|늑대|여우|"
    "곰|판다|원숭이|고릴라|침팬지|코끼리|코뿔소|얼룩말|망아지|당나귀|"
    "송아지|젖소|염소|양|낙타|캥거루|코알라|햄스터|기니피그|고슴도치|족제비|수달|물개|"
    "바다사자|고래|돌고래|상어|거북|거북이|자라|악어|도마뱀|이구아나|물고기|"
    "금붕어|열대어|구피|연어|문어|오징어|꽃게|대게|가재|두더지|오소리|담비|박쥐|나무늘보|"
    "알파카|반달곰|어미|동물|짐승|새|반려견|유기견|유기묘|길냥이"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A hit as it stands: its syllables, the word before it, what touches it on its right."""

    text: str
    spaces: tuple[int, ...]
    """Before which syllables of `text` there is a space."""
    before: str
    after: str
    following: str
    """What comes after it, without spaces."""
    severity: int

    @property
    def is_split_after_first(self) -> bool:
        return 1 in self.spaces


def place_of(row: list[Unit], hit: Hit) -> Place:
    first, last = hit.first, hit.last
    letters, spaces = "", []
    for unit in row[first : last + 1]:
        if unit.kind is Kind.SPACE:
            spaces.append(len(letters))
        elif unit.kind is Kind.HANGUL:
            letters += unit.char
    following = "".join(unit.char for unit in row[last + 1 : last + NEAR] if unit.kind is not Kind.SPACE)
    before, after = _word_before(row, first), _touching(row, last)
    return Place(letters, tuple(spaces), before, after, following, hit.entry.severity)


def _word_before(row: list[Unit], first: int) -> str:
    """The word on the left, or what touches there."""
    end = first
    while end > 0 and row[end - 1].kind is Kind.SPACE:
        end -= 1
    start = end
    while start > max(0, end - NEAR) and row[start - 1].kind in (Kind.HANGUL, Kind.LATIN, Kind.DIGIT):
        start -= 1
    return "".join(unit.char for unit in row[start:end])


def _touching(row: list[Unit], last: int) -> str:
    end = last + 1
    while end < min(len(row), last + NEAR) and row[end].kind is Kind.HANGUL:
        end += 1
    return "".join(unit.char for unit in row[last + 1 : end])
