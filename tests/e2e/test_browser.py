"""The tools of the browser tests themselves: a voice really leaves the fake microphone, axe really finds things."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests import voices
from tests.e2e.browser import (
    WATCH_CONNECTIONS,
    Browsers,
    audio_received,
    axe_violations,
    selected_candidates,
    until,
)

pytestmark = [pytest.mark.e2e, pytest.mark.long]

LEVEL = """
async () => {
  const stream = await navigator.mediaDevices.getUserMedia({audio: {echoCancellation: false, noiseSuppression: false,
    autoGainControl: false}});
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.smoothingTimeConstant = 0;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  for (let tries = 0; tries < 200; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    analyser.getFloatTimeDomainData(samples);
    if (Math.max(...samples) > 0.05) return true;
  }
  return false;
}
"""

CALL_ONESELF = """
async () => {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true});
  const [one, other] = [new RTCPeerConnection(), new RTCPeerConnection()];
  one.onicecandidate = ({candidate}) => other.addIceCandidate(candidate);
  other.onicecandidate = ({candidate}) => one.addIceCandidate(candidate);
  stream.getTracks().forEach((track) => one.addTrack(track, stream));
  await one.setLocalDescription();
  await other.setRemoteDescription(one.localDescription);
  await other.setLocalDescription();
  await one.setRemoteDescription(other.localDescription);
}
"""


class Page(BaseHTTPRequestHandler):
    """A page with a picture that says nothing."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(
            b"<!doctype html><html lang=en><title>t</title><main><h1>t</h1><img src=/x.png></main>"
        )

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def address() -> Any:
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()
        thread.join()


async def test_a_voice_leaves_the_fake_microphone(
    open_browsers: Browsers, address: str, tmp_path: Path
) -> None:
    voice = voices.say("안녕하세요. 상담원 연결을 부탁합니다.", tmp_path / "cara.wav")
    cara = await open_browsers.open("cara", voice=voice, phone=True)
    await cara.page.goto(address)
    assert await cara.page.evaluate(LEVEL)


async def test_silence_is_silent(open_browsers: Browsers, address: str, tmp_path: Path) -> None:
    cara = await open_browsers.open("cara", voice=voices.silence(tmp_path / "cara.wav"))
    await cara.page.goto(address)
    assert not await cara.page.evaluate(LEVEL)


async def test_a_refused_microphone_is_refused(open_browsers: Browsers, address: str) -> None:
    cara = await open_browsers.open("cara", microphone=False)
    await cara.page.goto(address)
    told = await cara.page.evaluate(
        "() => navigator.mediaDevices.getUserMedia({audio: true}).catch((e) => e.name)"
    )
    assert told == "NotAllowedError"


async def test_received_audio_is_counted(open_browsers: Browsers, address: str, tmp_path: Path) -> None:
    voice = voices.human("hello-world", tmp_path / "alice.wav")
    alice = await open_browsers.open("alice", voice=voice)
    await alice.page.add_init_script(WATCH_CONNECTIONS)
    await alice.page.goto(address)
    await alice.page.evaluate(CALL_ONESELF)

    async def heard() -> bool:
        return any(row["packetsReceived"] > 20 for row in await audio_received(alice.page))

    await until(heard, "twenty packets of audio")
    assert {local for local, _ in await selected_candidates(alice.page)} <= {"host", "prflx"}
    assert await selected_candidates(alice.page)


async def test_axe_finds_a_picture_without_words(open_browsers: Browsers, address: str) -> None:
    alice = await open_browsers.open("alice")
    await alice.page.goto(address)
    assert any(found.startswith("image-alt (critical)") for found in await axe_violations(alice.page))
