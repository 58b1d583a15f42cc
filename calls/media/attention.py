"""Whether a party speaks over the assistant, and what that means for it. Pure; time in ms, counted in ticks of a voice.

A sound of a quarter of a second holds the assistant's voice. What it was is known when it is over: a short one ("mm-hm") lets
the voice go on; for a long one somebody who understands words decides, and if nobody does for a while, it was a noise.
"""

from __future__ import annotations

from collections import deque
from enum import Enum

TICK_MS = 20
WINDOW_MS = 320
HOLD_MS = 220
"""So much voice within the window holds the assistant: with the window's holes and the way here it is quiet within 300 ms."""
SHORT_MS = 600
"""A sound with less voice than this, followed by quiet, is a back-channel: nobody wanted the word."""
QUIET_MS = 400
UNDECIDED_MS = 2_500
"""Quiet for so long after a long sound, and nobody has said what it was: it was a noise."""


class Verdict(Enum):
    HOLD = "hold"
    GO_ON = "go-on"


class Attention:
    """Fed once a tick with whether somebody's voice is heard; tells when to hold and when to go on."""

    def __init__(self) -> None:
        self.held = False
        self.speaking = False
        """Somebody is in the middle of a sound."""
        self._recent: deque[bool] = deque(maxlen=WINDOW_MS // TICK_MS)
        self._voice_ms = 0
        self._quiet_ms = 0

    def tick(self, voiced: bool) -> Verdict | None:
        self._recent.append(voiced)
        self._quiet_ms = 0 if voiced else self._quiet_ms + TICK_MS
        if self.speaking and self._quiet_ms >= QUIET_MS:
            self.speaking = False
        if not self.held:
            if sum(self._recent) * TICK_MS < HOLD_MS:
                return None
            self.held = self.speaking = True
            self._voice_ms = sum(self._recent) * TICK_MS
            return Verdict.HOLD
        if voiced:
            self.speaking = True
            self._voice_ms += TICK_MS
        patience = QUIET_MS if self._voice_ms < SHORT_MS else UNDECIDED_MS
        return self.release() if self._quiet_ms >= patience else None

    def release(self) -> Verdict | None:
        """Somebody has decided: the sound was nothing, or what was to be said is dropped."""
        if not self.held:
            return None
        self.held = False
        self._voice_ms = 0
        self._recent.clear()
        return Verdict.GO_ON
