"""What tests of the sound's ways look at: the frames on the socket, the packets, where they go; and how networks fail."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.async_api import Page, WebSocket

from calls.simulation.speech import SAMPLE_RATE, read_pcm
from tests import voices
from tests.e2e.browser import READ_STATS, audio_received, until
from tests.e2e.people import DEMO, Alice, Cara, Person, Scene
from tests.stack import Stack

# The homes of two browsers that cannot reach each other: no candidate of the other side is ever learnt. The media server
# (ICE-lite) is not concerned.
DIRECT_BLOCKED = """
(() => {
  const { setRemoteDescription } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.addIceCandidate = async () => undefined;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    if (description.sdp.includes("a=ice-lite")) return setRemoteDescription.call(this, description);
    const sdp = description.sdp.replace(/^a=candidate:.*\\r\\n/gm, "");
    return setRemoteDescription.call(this, { type: description.type, sdp });
  };
})();
"""

# Sockets that a test can cut, and keep cut while `__cut` is set.
CUTTABLE = """
(() => {
  const Native = WebSocket;
  window.__sockets = [];
  window.WebSocket = class extends Native {
    constructor(url) {
      super(window.__cut ? "ws://127.0.0.1:9/" : url);
      window.__sockets.push(this);
    }
  };
})();
"""
CUT = "() => { window.__cut = true; for (const socket of window.__sockets) socket.close(); }"
MEND = "() => { window.__cut = false; dispatchEvent(new Event('online')); }"


class Frames:
    """Every message of a page's sockets, in order, over reloads and reconnects. Sound is left out: only its size is kept."""

    def __init__(self, page: Page) -> None:
        self.sent: list[dict[str, Any]] = []
        self.heard: list[dict[str, Any]] = []
        page.on("websocket", self._attach)

    def asked(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.sent if message["type"] == kind]

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.heard if message["type"] == kind]

    def acknowledged(self, kind: str) -> list[dict[str, Any]]:
        """Requests of a kind that were answered by an ack."""
        acks = {message["id"] for message in self.told("ack")}
        return [message for message in self.asked(kind) if message.get("id") in acks]

    def _attach(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda text: self._note(self.sent, text))
        socket.on("framereceived", lambda text: self._note(self.heard, text))

    def _note(self, target: list[dict[str, Any]], text: str | bytes) -> None:
        message = json.loads(text)
        if "audioData" in message:
            message["audioData"] = len(message["audioData"])
        target.append(message)


@dataclass
class Talk:
    """A call between alice and cara, and what went over their sockets."""

    alice: Alice
    cara: Cara
    frames: dict[str, Frames]

    @property
    def both(self) -> tuple[Person, Person]:
        return self.alice, self.cara

    def of(self, person: Person) -> Frames:
        return self.frames[person.tab.name]

    @property
    def call_id(self) -> str:
        return str(self.frames["cara"].told("joined")[0]["callId"])

    def peer_id(self, person: Person) -> str:
        return str(self.of(person).told("joined")[0]["peerId"])

    async def everyone(self, kind: str, within: float = 25.0, **wanted: Any) -> list[dict[str, Any]]:
        """Wait until both pages were told a message of this kind with these fields; gives one of each."""
        return [await self.told(person, kind, within, **wanted) for person in self.both]

    async def told(self, person: Person, kind: str, within: float = 25.0, **wanted: Any) -> dict[str, Any]:
        async def found() -> dict[str, Any] | None:
            matching = (m for m in self.of(person).told(kind) if wanted.items() <= m.items())
            return next(matching, None)

        message = await until(found, f"{person.tab.name} is told {kind} {wanted}", within)
        assert message is not None
        return message


async def two_people(scene: Scene, *scripts: str, babble: bool = False) -> Talk:
    """alice on duty and cara, with the scripts on both pages. `babble`: they speak without a pause."""
    voice = {name: _babble(scene.folder, name) if babble else None for name in ("alice", "cara")}
    alice, cara = await scene.agent(voice=voice["alice"]), await scene.cara(voice=voice["cara"])
    frames = {person.tab.name: Frames(person.page) for person in (alice, cara)}
    for person in (alice, cara):
        for script in scripts:
            await person.page.add_init_script(script)
    await alice.goes_on_duty()
    return Talk(alice, cara, frames)


async def in_a_call(scene: Scene, *scripts: str, babble: bool = False) -> Talk:
    """cara has called, alice has answered, and each hears the other."""
    talk = await two_people(scene, *scripts, babble=babble)
    await talk.cara.calls()
    await talk.alice.answers()
    for person in talk.both:
        await person.becomes("callStatus", "IN_PROGRESS", within=40)
        await person.hears(within=40)
    return talk


async def keeps_hearing(person: Person, packets: int = 100, within: float = 30.0) -> None:
    """Wait until that many more packets have come, with audible sound in them, over whichever connection."""
    start = await _heard(person.page)

    async def more() -> bool:
        nonlocal start
        now = await _heard(person.page)
        if now[0] < start[0]:  # a connection was closed, and its count with it
            start = now
        return now[0] - start[0] >= packets and now[1] - start[1] > 0.0005

    await until(more, f"{person.tab.name} goes on hearing the other side", within)


async def _heard(page: Page) -> tuple[int, float]:
    rows = await audio_received(page)
    return sum(row["packetsReceived"] for row in rows), sum(row.get("totalAudioEnergy", 0) for row in rows)


async def remote_ports(page: Page) -> set[int]:
    """The ports of everyone that a page's connections have ever tried to reach."""
    rows: list[dict[str, Any]] = await page.evaluate(READ_STATS)
    return {row["port"] for row in rows if row["type"] == "remote-candidate"}


def media_port(stack: Stack) -> int:
    """The UDP port of the media server that runs now."""
    log = (stack.folder / "media.log").read_text()
    return int(re.findall(r"on UDP (\d+)", log)[-1])


def recorded(stack: Stack, call_id: str, peer_id: str) -> list[Path]:
    """The closed files of the media server's recorder for one side, in order."""
    return sorted((stack.data_dir / "recordings" / call_id / peer_id).glob("*.opus"))


def _babble(folder: Path, name: str) -> Path:
    """Two readings of the same side over each other, pauses cut out: never quiet for as long as an utterance's end."""
    sound = read_pcm(DEMO / f"ko-{'agent' if name == 'alice' else 'customer'}.opus").astype(np.int32)
    frame = SAMPLE_RATE // 50
    frames = sound[: len(sound) // frame * frame].reshape(-1, frame)
    loud = frames[np.abs(frames).mean(axis=1) > 300].reshape(-1)
    both = (loud + np.roll(loud, len(loud) // 2)).clip(-32_768, 32_767)
    return voices.write_wav(folder / f"{name}-babble.wav", both.astype(np.int16))
