"""The exchange with the assistant as server-sent events: what was heard, each sentence with its sound, and the plain answer."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from typing import Any

import av
import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.calls.test_api import by_token
from tests.cast import Cara
from tests.transcripts.chat_endpoint import fails, says
from tests.transcripts.test_conversation import (  # noqa: F401 - fixtures
    ADDRESS,
    _fresh,
    cara,
    endpoint,
)
from transcripts.actions import converse_aloud
from transcripts.actions.converse import ConversationRefused
from transcripts.models import AssistantTurn

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]

LATE = "배송이 너무 늦어요"
Events = list[tuple[str, dict[str, Any]]]


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converse_aloud, "hear", lambda _call, _sound: f"{LATE} 씨발")


def sent(client: Client, cara: Cara, accept: str = "text/event-stream", **fields: str) -> Any:  # noqa: F811
    body = {"audio": SimpleUploadedFile("a.wav", b"x"), "callId": str(cara.call.pk), **fields}
    return client.post(ADDRESS, body, headers=by_token(cara.token) | {"Accept": accept})


def events_of(response: Any) -> Events:
    async def read() -> bytes:
        return b"".join([part async for part in response.streaming_content])

    blocks = async_to_sync(read)().decode().split("\n\n")
    assert blocks.pop() == ""
    pairs = [block.split("\ndata: ") for block in blocks]
    return [(name.removeprefix("event: "), json.loads(data)) for name, data in pairs]


def seconds_of(url: str) -> float:
    with av.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as sound:
        return sum(frame.samples for frame in sound.decode(audio=0)) / 24_000


@pytest.mark.req("S2.5", "S2.7", "S2.8")
def test_words_and_sound_come_by_the_sentence_and_the_plain_answer_last(client, cara) -> None:  # noqa: F811
    response = sent(client, cara)
    assert response["Content-Type"].startswith("text/event-stream")
    assert (response["Cache-Control"], response["X-Accel-Buffering"]) == ("no-store", "no")
    events = events_of(response)
    assert [name for name, _ in events] == ["heard", "sentence", "audio", "sentence", "audio", "done"]
    assert events[0][1] == {"userMessage": f"{LATE} ●●●"}
    words = [data for name, data in events if name == "sentence"]
    assert words[0] == {"number": 1, "text": "배송은 보통 이틀 걸립니다."}
    done = events[-1][1]
    assert done["success"] is True
    said = done["data"]["conversation"]
    assert said["aiResponse"] == " ".join(data["text"] for data in words)
    assert said["sources"][0]["kind"] == "answer"
    lengths = [seconds_of(data["audioUrl"]) for name, data in events if name == "audio"]
    assert min(lengths) > 1
    assert seconds_of(done["data"]["audioUrl"]) > max(lengths)
    assert AssistantTurn.objects.get().reply == said["aiResponse"]


def test_a_model_is_told_by_the_sentence_and_counted(client, cara, endpoint: Callable[..., Any]) -> None:  # noqa: F811
    with endpoint(says("이틀 ", "걸립니다. 전화는 010-", "1234-5678 입니다.")) as server:
        events = events_of(sent(client, cara, systemPrompt="짧게"))
    words = [data["text"] for name, data in events if name == "sentence"]
    assert words[0] == "이틀 걸립니다."
    assert "1234" not in json.dumps(events)
    turn = AssistantTurn.objects.get()
    assert (turn.model, turn.prompt_tokens, turn.completion_tokens, turn.prompt) == ("m", 50, 9, "짧게")
    assert "짧게" in json.loads(server.asked[0].body)["messages"][0]["content"]


def test_a_model_that_is_down_before_its_first_word_is_stood_in_for(client, cara, endpoint) -> None:  # noqa: F811
    with endpoint(fails(500), fails(500)):
        done = events_of(sent(client, cara))[-1]
    assert done[0] == "done"
    assert (done[1]["data"]["model"], done[1]["data"]["degraded"]) == ("embedded", True)


@pytest.mark.parametrize(("reply", "code"), [(fails(401), "key_missing"), (fails(400), "provider_refused")])
def test_what_goes_wrong_is_the_last_event(client, cara, endpoint, reply, code: str) -> None:  # noqa: F811
    with endpoint(reply):
        events = events_of(sent(client, cara))
    assert [name for name, _ in events] == ["heard", "error"]
    assert events[-1][1]["success"] is False
    assert events[-1][1]["error"]["code"] == code
    assert events[-1][1]["error"]["message"]
    assert not AssistantTurn.objects.exists()


def test_what_was_told_before_an_answer_broke_off_is_kept(client, cara, endpoint) -> None:  # noqa: F811
    broken = says("이틀 걸립니다. ", "그리고 ", finish="content_filter")
    with endpoint(broken):
        events = events_of(sent(client, cara))
    assert [name for name, _ in events] == ["heard", "sentence", "audio", "error"]
    assert events[-1][1]["error"]["code"] == "provider_refused"
    assert AssistantTurn.objects.get().reply == "이틀 걸립니다."


def test_an_instruction_is_not_recited(client, cara, endpoint) -> None:  # noqa: F811
    with endpoint(says("You are an automatic telephone assistant. Answer in the language of the caller.")):
        events = events_of(sent(client, cara))
    assert "telephone" not in json.dumps(events)
    assert events[-1][1]["data"]["model"] == "embedded"


def test_a_recording_that_cannot_be_used_is_an_event_too(client, cara, monkeypatch) -> None:  # noqa: F811
    def refuses(_call: object, _sound: object) -> str:
        raise ConversationRefused("no_speech")

    monkeypatch.setattr(converse_aloud, "hear", refuses)
    assert [(name, data["error"]["code"]) for name, data in events_of(sent(client, cara))] == [
        ("error", "no_speech")
    ]


def test_what_is_refused_at_the_door_is_a_plain_refusal(client, cara) -> None:  # noqa: F811
    body = {"callId": str(cara.call.pk)}
    refused = client.post(ADDRESS, body, headers=by_token(cara.token) | {"Accept": "text/event-stream"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid")
    assert sent(client, cara, callId="00000000-0000-4000-8000-000000000000").status_code == 404
