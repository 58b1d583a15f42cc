"""A transcription server on a real socket that speaks OpenAI's protocol, and misbehaves on request."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar


class Asked:
    """One request as it came: its path, headers and form."""

    def __init__(self, path: str, headers: Any, body: bytes) -> None:
        self.path = path
        self.key = headers.get("Authorization", "")
        self.body = body
        form = message_from_bytes(b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + body)
        self.parts: list[Message] = list(form.get_payload())  # type: ignore[arg-type]

    def all(self, name: str) -> list[bytes]:
        return [
            part.get_payload(decode=True)  # type: ignore[misc]
            for part in self.parts
            if part.get_param("name", header="content-disposition") == name
        ]


Reply = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    replies: ClassVar[deque[Reply]]
    asked: ClassVar[list[Asked]]
    finished: ClassVar[threading.Event]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(Asked(self.path, self.headers, body))
        reply = self.replies.popleft() if len(self.replies) > 1 else self.replies[0]
        try:
            reply(self)
        except OSError:  # the other side had enough
            self.close_connection = True

    def say(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Quiet."""


class Server:
    def __init__(self, url: str, asked: list[Asked]) -> None:
        self.url = url
        self.asked = asked


@contextmanager
def serving(*replies: Reply) -> Iterator[Server]:
    """A server that gives these replies in turn, the last one for ever."""
    asked: list[Asked] = []
    finished = threading.Event()
    handler = type("Once", (Handler,), {"replies": deque(replies), "asked": asked, "finished": finished})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Server(f"http://127.0.0.1:{server.server_address[1]}/v1", asked)
    finally:
        finished.set()
        server.shutdown()
        thread.join()
        server.server_close()


def answer(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return lambda handler: handler.say(status, body, headers)


def endless(handler: Handler) -> None:
    """An answer that never ends, as fast as it goes."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.finished.is_set():
        handler.wfile.write(b" " * 65_536)


def trickling(handler: Handler) -> None:
    """One byte now and then: no single wait is long enough for a socket's timeout."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.finished.wait(0.02):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def silent(handler: Handler) -> None:
    handler.finished.wait()


def hanging_up(handler: Handler) -> None:
    handler.close_connection = True
