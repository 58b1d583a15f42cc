"""A transcription server elsewhere that speaks OpenAI's `POST /audio/transcriptions`.

Opt-in, because every word said goes to that server. The key and what people say are never in an error's text
or in a log; an answer is read up to a limit of bytes and of time, whatever the server does.
"""

from __future__ import annotations

import http.client
import io
import json
import random
import ssl
import time
import uuid
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from transcripts.engines.answers import heard_from
from transcripts.engines.base import (
    SAMPLE_RATE,
    Capabilities,
    EngineUnavailable,
    Heard,
    Provenance,
    RecognitionError,
    Samples,
    SpeechEngine,
)

NAME = "remote"
MAX_ANSWER_BYTES = 4_000_000
ATTEMPTS = 3
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
MISCONFIGURED = frozenset({401, 403, 404})
HOW = "Set SPEECH_REMOTE_URL, SPEECH_REMOTE_MODEL and, where the server wants one, SPEECH_REMOTE_KEY"


@dataclass(frozen=True, slots=True)
class RemoteOptions:
    """`url` is the base that ends before /audio/transcriptions; `timeout` the seconds one request may take."""

    url: str
    model: str
    key: str = ""
    timeout: float = 30.0

    def __repr__(self) -> str:
        """Without the key: options end up in tracebacks."""
        return f"RemoteOptions(url={self.url!r}, model={self.model!r})"


class RemoteRefused(RecognitionError):
    """The server will not take this audio; asking again does not help."""

    code = "remote_refused"
    retry = False


class RemoteBusy(RecognitionError):
    """The server did not answer in time, or said that it cannot now, after all attempts."""

    code = "remote_busy"
    retry = True


class RemoteEngine(SpeechEngine):
    """One request per piece of speech: a server that gives no word times still places what it heard.

    Raises EngineUnavailable when no server is set, and from `transcribe` when the server does not know us.
    """

    capabilities = Capabilities(
        languages=frozenset({"ko", "en"}), word_times=True, live=True, offline=True, window_ms=0
    )

    def __init__(self, options: RemoteOptions, *, pause: Callable[[float], None] = time.sleep) -> None:
        check(options)
        self._options = options
        self._pause = pause
        self.provenance = Provenance(NAME, options.model, "1")

    def recognise(self, audio: Samples, *, language: str | None) -> Heard:
        length_ms = len(audio) * 1000 // SAMPLE_RATE
        boundary = uuid.uuid4().hex
        body = b"".join(_parts(boundary, self._fields(language), wav(audio)))
        answer = self._ask(body, f"multipart/form-data; boundary={boundary}")
        return heard_from(answer, language, length_ms)

    def _fields(self, language: str | None) -> list[tuple[str, str]]:
        fields = [
            ("model", self._options.model),
            ("response_format", "verbose_json"),
            ("timestamp_granularities[]", "word"),
            ("timestamp_granularities[]", "segment"),
            ("temperature", "0"),
        ]
        return [*fields, ("language", language)] if language else fields

    def _ask(self, body: bytes, content_type: str) -> dict[str, Any]:
        """Ask until the server answers, at most ATTEMPTS times, waiting longer each time."""
        wait = 0.0
        for attempt in range(ATTEMPTS):
            self._pause(wait)
            wait = min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
            try:
                status, asked_wait, content = self._post(body, content_type)
            except (OSError, http.client.HTTPException):
                continue
            if status not in BUSY:
                return _answer(status, content)
            wait = max(wait, asked_wait)
        raise RemoteBusy(f"no answer after {ATTEMPTS} attempts")

    def _post(self, body: bytes, content_type: str) -> tuple[int, float, bytes]:
        """Status, the seconds that the server asked us to wait, and its answer. Follows no redirect: the
        key is for one host.
        """
        deadline = time.monotonic() + self._options.timeout
        connection = _connection(self._options)
        try:
            connection.request("POST", _path(self._options.url), body, self._headers(content_type))
            response = connection.getresponse()
            content = b"".join(_limited(response, connection, deadline))
            return response.status, _seconds(response.getheader("Retry-After")), content
        finally:
            connection.close()

    def _headers(self, content_type: str) -> dict[str, str]:
        headers = {"Content-Type": content_type, "Accept": "application/json"}
        if self._options.key:
            headers["Authorization"] = f"Bearer {self._options.key}"
        return headers


def check(options: RemoteOptions) -> None:
    """Whether the settings name a server; it is not asked. Raises EngineUnavailable."""
    try:
        parts = urlsplit(options.url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        usable = usable and all(text.isascii() and text.isprintable() for text in (options.url, options.key))
    except ValueError:
        usable = False
    if not usable or not options.model:
        raise EngineUnavailable("No transcription server is set", HOW)


def wav(audio: Samples) -> bytes:
    """16-bit mono at 16 kHz, which every server takes."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes((np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()


def _parts(boundary: str, fields: list[tuple[str, str]], sound: bytes) -> Iterator[bytes]:
    for name, value in fields:
        yield f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    head = 'Content-Disposition: form-data; name="file"; filename="speech.wav"\r\nContent-Type: audio/wav'
    yield f"--{boundary}\r\n{head}\r\n\r\n".encode()
    yield sound
    yield f"\r\n--{boundary}--\r\n".encode()


def _connection(options: RemoteOptions) -> http.client.HTTPConnection:
    parts = urlsplit(options.url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, parts.port, timeout=options.timeout, context=context)
    return http.client.HTTPConnection(host, parts.port, timeout=options.timeout)


def _path(url: str) -> str:
    return f"{urlsplit(url).path.rstrip('/')}/audio/transcriptions"


def _limited(
    response: http.client.HTTPResponse, connection: http.client.HTTPConnection, deadline: float
) -> Iterator[bytes]:
    """The answer piece by piece. Raises RemoteRefused for one without end, TimeoutError for one that
    trickles.
    """
    size = 0
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:
            connection.sock.settimeout(left)
        piece = response.read1(65_536)
        if not piece:
            return
        size += len(piece)
        if size > MAX_ANSWER_BYTES:
            raise RemoteRefused("the answer is too long")
        yield piece


def _seconds(retry_after: str | None) -> float:
    try:
        return min(max(float(retry_after or 0), 0.0), LONGEST_PAUSE)
    except ValueError:  # a date: then our own pause must do
        return 0.0


def _answer(status: int, content: bytes) -> dict[str, Any]:
    if status in MISCONFIGURED:
        raise EngineUnavailable(f"The transcription server refuses us ({status})", HOW)
    if status != http.HTTPStatus.OK:
        raise RemoteRefused(f"status {status}")
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RemoteRefused("the answer is not JSON") from error
    if not isinstance(answer, dict):
        raise RemoteRefused("the answer is not an object")
    return answer
