"""What the fixture model is taught: the product's own sentences, in voices that its measurement does not hear."""

from __future__ import annotations

import json
import random
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest

from tests.accuracy.audio import SAID
from tests.accuracy.audio import VOICES as MEASURED
from tests.accuracy.cases import read
from tests.espeak import Spoken
from tests.training import ARCHIVE, archive, export, tokens, voices, windows
from tests.training.layout import WIDTH
from tests.training.sentences import a_sentence, is_known
from tests.training.spoken import RATE, Utterance
from tests.transcripts.test_engines import ENGLISH, KOREAN
from tests.transcripts.voices import spoken
from transcripts.engines.whisper import WhisperEngine
from transcripts.fixture.make_demo import CALLS

unit = pytest.mark.unit


def an_utterance(text: str, word_s: float = 0.5, start: int = 0) -> Utterance:
    words = text.split()
    said = tuple(Spoken(word, n * word_s, (n + 1) * word_s) for n, word in enumerate(words))
    sounds = tuple((n * word_s, "a") for n in range(len(words)))
    return Utterance("ko", text, start, round(len(words) * word_s * RATE), said, sounds)


@unit
def test_what_the_product_says_to_it_is_taught() -> None:
    measured = [read(line.strip()).text for each in SAID.values() for line in each.strip().splitlines()]
    demo = [text for call in CALLS for _, text in call.turns]
    assert [text for text in (*measured, *demo, *KOREAN, *ENGLISH) if not is_known(text)] == []
    assert not is_known("안녕하세요 무엇을 도와드릴까요? 네")


@unit
def test_what_is_spoken_is_known() -> None:
    dice = random.Random(1)
    assert all(is_known(a_sentence(dice)[1]) for _ in range(300))


@unit
def test_the_voices_of_the_measurement_are_not_learnt() -> None:
    heard = {name.partition("+")[2] for each in MEASURED.values() for name in each}
    assert heard
    assert not heard & {*voices.TRAINING.split(), *voices.CHECKING}
    assert not {*voices.CHECKING} & {*voices.TRAINING.split()}


@unit
def test_a_window_says_what_is_heard_and_when() -> None:
    window = windows.Maker([], random.Random(1)).plain(an_utterance("네 알겠습니다."))
    written = [int(tokens.written()[place]) for place in window.tokens]
    assert tokens.tokenizer().decode([token for token in written if token < tokens.END]) == " 네 알겠습니다."
    assert written[:4] == [tokens.START, tokens.LANGUAGES["ko"], tokens.TRANSCRIBE, tokens.NO_TIMESTAMPS]
    first = window.times[4]
    assert first == pytest.approx((0.2, 0.2 + 0.5 / tokens.letters("네")))
    # The full stop has no sound: it stands where its word ends.
    assert window.times[-2] == pytest.approx((1.18, 1.22))
    assert window.length == pytest.approx(1.4 * RATE, abs=1)


@unit
def test_windows_of_every_kind_are_in_order_and_fit() -> None:
    utterances = [an_utterance(a_sentence(random.Random(n))[1], start=n * 1000) for n in range(60)]
    utterances += [Utterance("en", *_rest(each)) for each in utterances]
    maker = windows.Maker(utterances, random.Random(2))
    made = [maker.window(15.0) for _ in range(300)]
    assert {min(len(window.pieces), 3) for window in made} == {0, 1, 2, 3}
    for window in made:
        said = [time for time in window.times if time != windows.NO_TIME]
        assert said == sorted(said)
        assert window.length <= 15 * RATE
        assert all(piece.length > 0 <= piece.target for piece in window.pieces)
        assert all(end <= window.length / RATE + 0.1 for _, end in said)


def _rest(each: Utterance) -> tuple[str, int, int, tuple[Spoken, ...], tuple[tuple[float, str], ...]]:
    return each.text, each.start, each.length, each.words, each.sounds


@unit
def test_a_word_of_which_little_is_heard_is_not_written() -> None:
    part = windows.Part(an_utterance("하나 둘 셋."), 1.0, 0.4, 1.25)
    assert [(word, round(a, 2), round(b, 2)) for word, a, b in windows._said(part)] == [("둘", 1.1, 1.6)]


@unit
def test_a_batch_holds_every_window() -> None:
    maker = windows.Maker([], random.Random(1))
    made = [maker.plain(an_utterance(text)) for text in ("네 알겠습니다.", "해지하고 싶어요.")]
    batch = windows.batch(made, 10.0, {"a": 1})
    assert batch.pieces[:, 0].tolist() == [0, 1]
    assert [(row >= 0).sum() for row in batch.wanted] == [len(window.tokens) for window in made]
    assert batch.sounds.shape == (2, 500)
    assert np.flatnonzero(batch.sounds[0]).tolist() == list(range(10, 60))


@pytest.mark.model
def test_weights_that_are_read_and_written_again_hear_the_same(tmp_path: Path) -> None:
    """Training begins with the archive's weights and ends in an archive: nothing may be lost on either way."""
    with tarfile.open(ARCHIVE) as file:
        file.extractall(tmp_path / "old", filter="data")
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    weights = archive.weights(ARCHIVE)
    assert weights["decoder.layers.1.own.query.weight"].shape == (WIDTH, WIDTH)
    assert weights["encoder.layers.2.own.key_value.bias"].shape == (2 * WIDTH,)
    (tmp_path / "new" / "model.bin").unlink()
    export.write(weights, tmp_path / "new")
    assert json.loads((tmp_path / "new" / "config.json").read_text()) == json.loads(
        (tmp_path / "old" / "config.json").read_text()
    )
    engine = WhisperEngine(str(tmp_path / "new"), tmp_path)
    for language, text in (("ko", KOREAN[2]), ("en", ENGLISH[1])):
        assert engine.transcribe(spoken(text, language, voice="+m3"), language=language).text == text
