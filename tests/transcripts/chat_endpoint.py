"""Answers of an endpoint that speaks OpenAI's chat protocol, for transcription_server.serving: good ones and bad ones."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from tests.transcripts.transcription_server import Handler


def says(*pieces: str, usage: tuple[int, int] = (50, 9), finish: str = "stop") -> Callable[[Handler], None]:
    """A streamed answer in OpenAI's protocol."""

    def reply(handler: Handler) -> None:
        chunks = [
            {"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]}
            for piece in pieces
        ]
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        chunks.append(
            {
                "choices": [],
                "usage": {
                    "prompt_tokens": usage[0],
                    "completion_tokens": usage[1],
                    "total_tokens": sum(usage),
                },
            }
        )
        head = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        body = "".join(f"data: {json.dumps(head | chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
        handler.say(200, body.encode(), {"Content-Type": "text/event-stream"})

    return reply


def fails(status: int, code: str = "x") -> Callable[[Handler], None]:
    body = json.dumps({"error": {"message": "no", "type": code, "code": code}}).encode()
    return lambda handler: handler.say(status, body, {"Content-Type": "application/json"})


def sends(body: bytes, kind: str = "text/event-stream") -> Callable[[Handler], None]:
    return lambda handler: handler.say(200, body, {"Content-Type": kind})


def waits(seconds: float) -> Callable[[Handler], None]:
    def reply(handler: Handler) -> None:
        time.sleep(seconds)
        handler.say(200, b"")

    return reply
