"""An answer by HTTP comes as it is made, through the real web server: nothing on the way waits for its end."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from calls.simulation.speech import SAMPLE_RATE, read_pcm
from tests import voices
from tests.e2e.people import DEMO
from tests.stack import Stack
from tests.transcripts.chat_endpoint import says
from tests.transcripts.transcription_server import Handler, serving

pytestmark = pytest.mark.e2e

BOUNDARY = "a-part-of-the-form"
NO_MORE: tuple[str, dict[str, Any]] = ("", {})
CALL = """
from tests.cast import an_agent, talking
cara = talking(an_agent("alice"))
answer = [str(cara.call.pk), cara.token]
"""


@pytest.fixture
def asked() -> threading.Event:
    """Set by the test: until then the language model keeps its answer to itself."""
    return threading.Event()


@pytest.fixture
def web(tmp_path: Path, asked: threading.Event) -> Iterator[Stack]:
    def thinks(handler: Handler) -> None:
        assert asked.wait(60)
        says("배송은 보통 이틀 걸립니다.")(handler)

    with serving(thinks) as server:
        stack = Stack(
            tmp_path,
            {
                "ASSISTANT_URL": server.url,
                "ASSISTANT_KEY": "k",
                "ASSISTANT_MODEL": "m",
                "ASSISTANT_TIMEOUT": "60",
            },
        )
        stack.start("web")
        yield stack
        asked.set()
        stack.stop()


@pytest.mark.req("S2.5", "S2.7", "S2.8")
def test_what_was_heard_is_told_before_the_answer_is_thought_up(
    web: Stack, asked: threading.Event, tmp_path: Path
) -> None:
    with answer_to(web, *web.ask(CALL), first_sentence(tmp_path / "said.wav")) as response:
        assert response.getheader("Content-Type", "").startswith("text/event-stream")
        name, heard = next_event(response)
        assert (name, bool(heard.get("userMessage"))) == ("heard", True), heard
        asked.set()
        later = list(iter(lambda: next_event(response), NO_MORE))
    assert [name for name, _ in later] == ["sentence", "audio", "done"]
    assert later[0][1]["text"] == "배송은 보통 이틀 걸립니다."
    assert later[-1][1]["success"] is True


@contextmanager
def answer_to(web: Stack, call_id: str, token: str, sound: bytes) -> Iterator[http.client.HTTPResponse]:
    fields = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="callId"\r\n\r\n{call_id}\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n"
    )
    connection = http.client.HTTPConnection("localhost", web.port, timeout=90)
    connection.request(
        "POST",
        "/api/v1/calls/conversation/process",
        fields.encode() + sound + f"\r\n--{BOUNDARY}--\r\n".encode(),
        {
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Accept": "text/event-stream",
            "Authorization": f"Call {token}",
        },
    )
    with closing(connection), connection.getresponse() as response:
        yield response


def next_event(response: http.client.HTTPResponse) -> tuple[str, dict[str, Any]]:
    name, data = response.readline().decode(), response.readline().decode()
    response.readline()
    return (
        (name.removeprefix("event: ").strip(), json.loads(data.removeprefix("data: "))) if data else NO_MORE
    )


def first_sentence(path: Path) -> bytes:
    """Of the bundled demo speech: the fixture model knows it."""
    turn = next(
        each for each in json.loads((DEMO / "script.json").read_text())["ko"] if each["side"] == "customer"
    )
    sound = read_pcm(DEMO / "ko-customer.opus")
    piece = sound[turn["start_ms"] * SAMPLE_RATE // 1000 : turn["end_ms"] * SAMPLE_RATE // 1000]
    return voices.write_wav(path, piece).read_bytes()
