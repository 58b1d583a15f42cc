"""Every message that a page may send, by theme. Pure; docs/websocket.md is held to these files and to notices.py."""

from calls.signaling.messages import call, chat, desk, media, rooms
from calls.signaling.messages.base import REQUESTS, Lane, Needs, Request, parse, wire_fields

__all__ = [
    "REQUESTS",
    "Lane",
    "Needs",
    "Request",
    "call",
    "chat",
    "desk",
    "media",
    "parse",
    "rooms",
    "wire_fields",
]
