"""A finished or running call with sound on disk, for the tests of the transcripts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.conf import settings

from calls.actions import calls as call_actions
from calls.actions.recordings import register_chunk
from calls.models import Call, Chunk, Participant
from calls.models.call import ParticipantRole
from tests import cast
from tests.transcripts.voices import record, spoken
from transcripts.actions import live

PROFANE = "아 씨발 노트북 배송이 왜 이렇게 늦어."
SORRY = "불편을 드려 정말 죄송합니다."
GREETING = "안녕하세요 무엇을 도와드릴까요?"


@dataclass
class Scene:
    """alice and cara talk; `says` records one of them."""

    cara: cast.Cara

    @property
    def call(self) -> Call:
        return self.cara.call

    def party(self, role: str) -> Participant:
        return self.call.participants.get(role=role)

    def says(self, role: str, text: str, at_ms: int, language: str = "ko") -> Chunk:
        voice = "+f2" if role == ParticipantRole.AGENT else "+m3"
        return self.records(role, spoken(text, language, voice=voice, rate=48_000), at_ms)

    def records(self, role: str, samples: np.ndarray, at_ms: int, **fields: object) -> Chunk:
        participant = self.party(role)
        started = round(self.call.answered_at.timestamp() * 1000) + at_ms
        index = Chunk.objects.filter(recording__participant=participant).count()
        path = f"{self.call.pk}/{participant.pk}/{index:06d}-{started}.opus"
        length = record(settings.DATA_DIR / "recordings" / path, samples)
        return self._register(participant, path, index, started, length, **fields)

    def leaves(
        self, role: str, content: bytes, at_ms: int, suffix: str = "opus", length: int = 1000
    ) -> Chunk:
        """A chunk whose file holds exactly `content`."""
        participant = self.party(role)
        started = round(self.call.answered_at.timestamp() * 1000) + at_ms
        index = Chunk.objects.filter(recording__participant=participant).count()
        path = f"{self.call.pk}/{participant.pk}/{index:06d}-{started}.{suffix}"
        file = settings.DATA_DIR / "recordings" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return self._register(participant, path, index, started, length, codec=suffix)

    @staticmethod
    def _register(
        participant: Participant, path: str, index: int, started: int, length: int, **fields: object
    ) -> Chunk:
        chunk = register_chunk(
            participant, path=path, index=index, started_ms=started, duration_ms=length, **fields
        )
        live.add_job(chunk.pk)
        return chunk

    def ends(self) -> Call:
        call_actions.end_call(self.cara.party)
        self.call.refresh_from_db()
        return self.call


def a_scene() -> Scene:
    return Scene(cast.talking(cast.an_agent("alice")))
