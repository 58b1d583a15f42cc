"""What is missing while a room's media move from one way to another: looked at from within the page, fifty times a second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.e2e.browser import until
from tests.e2e.company import Colleague

# Of each sound and picture: the longest time without anything new, in ms, and how each change to another track went. A
# sound is looked at where it is played, a picture where it is shown.
WATCH_GAPS = """
() => {
  const seen = (window.__gaps = {});
  const open = () => window.__connections.filter((each) => each.connectionState !== "closed");
  const lines = () => open().flatMap((connection) => connection.getReceivers().map((receiver) => ({ connection, receiver })));
  const origin = (track) => lines().find(({ receiver }) => receiver.track === track);
  const latest = ({ receiver }) => receiver.getSynchronizationSources()[0]?.timestamp ?? 0;
  const note = (known, at) => {
    if (at <= known.last) return;
    if (known.last) known.gap = Math.max(known.gap, at - known.last);
    known.last = at;
  };
  const frames = (video, known) => video.requestVideoFrameCallback((at) => {
    note(known, at);
    frames(video, known);
  });
  const begin = (element, key, track, from) => {
    seen[key] = { last: 0, gap: 0, changes: [], track, from };
    if (element.requestVideoFrameCallback) frames(element, seen[key]);
    return seen[key];
  };
  const look = () => {
    for (const element of document.querySelectorAll("[data-sound$=' microphone'], [data-tile] video")) {
      const track = element.srcObject?.getTracks()[0];
      const from = track && origin(track);
      if (!from) continue;
      const key = element.dataset.sound ?? `${element.closest("[data-tile]").dataset.tile} camera`;
      const known = seen[key] ?? begin(element, key, track, from);
      if (known.track !== track) {
        known.changes.push({ delivers: latest(from) > 0, kept: known.from.connection.connectionState });
        Object.assign(known, { track, from });
      }
      if (element.dataset.sound) note(known, latest(from));
    }
  };
  look();
  setInterval(look, 20);
}
"""
READ_GAPS = """
() => Object.entries(window.__gaps).map(([key, { gap, changes }]) => ({ source: key.split(" ")[1], gap, changes }))
"""


@dataclass(frozen=True)
class Gaps:
    person: Colleague

    @classmethod
    async def of(cls, person: Colleague) -> Gaps:
        """Watch from now on."""
        await person.page.evaluate(WATCH_GAPS)
        return cls(person)

    async def longest(self) -> dict[str, float]:
        """The longest time without sound and without a picture, ms, of those who came another way."""
        rows = await self._rows()
        return {
            source: max(row["gap"] for row in rows if row["source"] == source and row["changes"])
            for source in ("microphone", "camera")
        }

    async def changed_over(self, *, voices: int, pictures: int) -> None:
        """So many came another way; each only when that way delivered and while the old one still stood."""

        async def all_of_them() -> bool:
            rows = [row["source"] for row in await self._rows() if row["changes"]]
            return rows.count("microphone") >= voices and rows.count("camera") >= pictures

        await until(all_of_them, f"{self.person.tab.name}: all come another way", 60)
        changes = [change for row in await self._rows() for change in row["changes"]]
        assert all(change == {"delivers": True, "kept": "connected"} for change in changes), changes

    async def _rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = await self.person.page.evaluate(READ_GAPS)
        return rows
