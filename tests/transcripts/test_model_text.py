"""Whatever a model writes is stored: PostgreSQL takes no NUL, no database a lone surrogate."""

from __future__ import annotations

import pytest

from tests.transcripts.scene import a_scene
from transcripts.actions.utterances import MAX_TEXT, build
from transcripts.engines.base import Provenance
from transcripts.engines.words import Segment, Word
from transcripts.masking.mask import MASK
from transcripts.models import Source, Utterance

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db, pytest.mark.req("S1.5")]


@pytest.mark.parametrize(
    "text", ["아\x00 씨발", "\ud83d 씨발", "\u202e 씨발 \u202c", "씨발 " + "가" * 100_000, ""], ids=range(5)
)
def test_any_text_is_stored_and_masked(text: str) -> None:
    scene = a_scene()
    chunk = scene.leaves("customer", b"", 0)
    said = build(
        chunk,
        Segment(text, 0, 900, 0.5, (Word(text, 0, 900, 0.5),)),
        source=Source.LIVE,
        position=0,
        language="ko",
        provenance=Provenance("fixture", "test", "1"),
    )
    said.save()
    stored = Utterance.objects.get(pk=said.pk)
    assert len(stored.text) <= MAX_TEXT
    assert "씨발" not in stored.masked_text
    assert (MASK in stored.masked_text) == bool(text)
