"""Who speaks in a room, by the loudness that the clients measure themselves. Pure; levels in -dBov (0 is the loudest)."""

from __future__ import annotations

QUIETEST = 50
MARGIN = 6
"""Somebody else has to be this much louder to be heard as the speaker while the speaker goes on."""
SMOOTHING = 0.5
TURNS_TO_TAKE = 2
TURNS_TO_YIELD = 4
"""A pause between words is no end."""
SILENCE = 127.0


class Speakers:
    """`decide` about three times a second with the loudest level of each party since the last time."""

    def __init__(self) -> None:
        self.speaker: str | None = None
        self._levels: dict[str, float] = {}
        self._ahead: tuple[str, int] | None = None
        self._quiet = 0

    def level(self, peer: str) -> int:
        return round(self._levels.get(peer, SILENCE))

    def decide(self, loudest: dict[str, int | None]) -> str | None:
        """The new speaker, or None where nothing changed."""
        self._follow(loudest)
        self._quiet = 0 if self._speaks(self.speaker) else self._quiet + 1
        if self.speaker not in self._levels or self._quiet > TURNS_TO_YIELD:
            self.speaker = None
        challenger = self._challenger()
        if challenger is None:
            self._ahead = None
            return None
        turns = self._ahead[1] + 1 if self._ahead is not None and self._ahead[0] == challenger else 1
        self._ahead = (challenger, turns)
        if turns < TURNS_TO_TAKE:
            return None
        self.speaker, self._ahead, self._quiet = challenger, None, 0
        return challenger

    def _follow(self, loudest: dict[str, int | None]) -> None:
        followed = {}
        for peer, level in loudest.items():
            fresh = SILENCE if level is None else float(level)
            before = self._levels.get(peer, SILENCE)
            # Loud at once, quiet slowly: the beginning of a word counts, its end does not.
            followed[peer] = fresh if fresh < before else before + SMOOTHING * (fresh - before)
        self._levels = followed

    def _speaks(self, peer: str | None) -> bool:
        return peer is not None and self._levels.get(peer, SILENCE) <= QUIETEST

    def _challenger(self) -> str | None:
        """The loudest besides the speaker, if that is loud enough to take over."""
        others = [peer for peer in self._levels if peer != self.speaker and self._speaks(peer)]
        if not others:
            return None
        best = min(others, key=lambda peer: self._levels[peer])
        if self._speaks(self.speaker) and self.speaker is not None:
            return best if self._levels[best] <= self._levels[self.speaker] - MARGIN else None
        return best
