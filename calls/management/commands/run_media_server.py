"""The media process: the SFU and the recorder, on uvloop."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from redis.exceptions import RedisError

from calls.media import garbage
from calls.media.config import MediaConfig
from calls.media.node import MediaNode
from calls.media.recorder import GROWING
from calls.media.recordings import Segment
from calls.media.voice import TOLD


class Command(BaseCommand):
    help = "Run one media node: forwards and records the audio of calls until it is told to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, help="UDP port, instead of MEDIA_PORT")
        parser.add_argument("--node", default="", help="name of this node among several; made up if left out")

    def handle(self, *args: Any, **options: Any) -> None:
        config = MediaConfig(
            listen_host=settings.MEDIA_LISTEN_HOST,
            port=options["port"] if options["port"] is not None else settings.MEDIA_PORT,
            announced_address=settings.MEDIA_ANNOUNCED_ADDRESS,
            recordings_dir=settings.DATA_DIR / "recordings",
        )
        try:
            uvloop.run(self._run(config, options["node"]))
        except OSError as error:
            raise CommandError(
                f"UDP {config.listen_host}:{config.port} cannot be used: {error.strerror or error}"
            ) from error
        except RedisError as error:
            raise CommandError(f"Redis cannot be reached: {type(error).__name__}") from error

    async def _run(self, config: MediaConfig, name: str) -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        node = MediaNode(config, settings.REDIS_URL, name=name, register=_register, relay=_relay)
        await node.start()
        garbage.settle()
        self.stdout.write(
            f"media node {node.name} on UDP {node.port}, announced as {config.announced_address}"
        )
        try:
            await stopped.wait()
        finally:
            await node.stop()


def _register(segment: Segment) -> None:
    """In a worker thread, which outlives any database connection: none is kept."""
    from calls.actions.recordings import register_segment

    try:
        register_segment(segment)
    finally:
        connections.close_all()


async def _relay(event: dict[str, Any]) -> None:
    from calls.events import relay_media_event

    if event["type"] == GROWING:
        await asyncio.to_thread(_grows, event)
    elif event["type"] in TOLD:
        await asyncio.to_thread(_said, event)
    else:
        await relay_media_event(event)


def _said(event: dict[str, Any]) -> None:
    from calls.actions.recordings import voice_said

    try:
        voice_said(event["roomId"], event["peerId"], event)
    finally:
        connections.close_all()


def _grows(event: dict[str, Any]) -> None:
    from calls.actions.recordings import segment_grows

    try:
        segment_grows(event["roomId"], event["peerId"], event["path"], event["startedMs"])
    finally:
        connections.close_all()
