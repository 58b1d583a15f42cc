"""Refusals with the stable codes of docs/websocket.md."""

from __future__ import annotations


class ActionError(Exception):
    """`code` is stable and for programs; `message` is for people, in the language of the moment."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
