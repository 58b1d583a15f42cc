"""REST: an exchange with the assistant as server-sent events, each as soon as it is known."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.utils import translation
from rest_framework.renderers import JSONRenderer

from transcripts.actions.converse import ConversationRefused, Exchange, Heard
from transcripts.actions.converse_aloud import Sentence

MEDIA_TYPE = "text/event-stream"
Said = Heard | Sentence | Exchange


class EventStreamRenderer(JSONRenderer):
    """Lets a client ask for the stream. What is refused before it begins is JSON all the same."""

    media_type = MEDIA_TYPE
    format = "events"


def streamed(
    said: Iterator[Said],
    payload: Callable[[Exchange], dict[str, Any]],
    refused: Callable[[ConversationRefused], dict[str, Any]],
) -> StreamingHttpResponse:
    """`payload` gives the data of the plain answer, `refused` the error of a plain refusal."""
    response = StreamingHttpResponse(
        _in_turn(_events(said, payload, refused)), content_type=f"{MEDIA_TYPE}; charset=utf-8"
    )
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # a proxy must not wait for the end
    return response


def _events(
    said: Iterator[Said],
    payload: Callable[[Exchange], dict[str, Any]],
    refused: Callable[[ConversationRefused], dict[str, Any]],
) -> Iterator[bytes]:
    try:
        for each in said:
            if isinstance(each, Heard):
                yield _event("heard", {"userMessage": each.text})
            elif isinstance(each, Exchange):
                yield _event("done", {"success": True, "data": payload(each)})
            elif each.audio is None:
                yield _event("sentence", {"number": each.number, "text": each.text})
            elif each.audio:
                yield _event("audio", {"number": each.number, "audioUrl": audio_url(each.audio)})
    except ConversationRefused as error:
        yield _event("error", {"success": False, "error": refused(error)})


def audio_url(sound: bytes) -> str:
    return f"data:audio/mp3;base64,{base64.b64encode(sound).decode()}" if sound else ""


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


async def _in_turn(events: Iterator[bytes]) -> AsyncIterator[bytes]:
    """One after the other in the request's own thread: an iterator that blocks would be read to its end first."""
    language = translation.get_language()

    def step() -> bytes:
        with translation.override(language):
            return next(events, b"")

    while event := await sync_to_async(step)():
        yield event
