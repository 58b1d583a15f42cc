"""Messages as nobody should send them: mutations of every request of the wire, the same for a seed."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator
from typing import Any

from calls.signaling.messages import REQUESTS, wire_fields

STRANGE: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 2**53, 2**80, 1e308, float("nan"), "", " ", "x" * 5000, "가" * 300, "\x00", "\ud800", "\u202e",
    "../../etc/passwd", "'; DROP TABLE calls;--", "<script>", "{}", "00000000-0000-0000-0000-000000000000",
    [], {}, [[[[[]]]]], {"a": {"b": {"c": {}}}},
)  # fmt: skip
GARBAGE = (
    "", "null", "[]", "1", '"x"', "{", "{}", '{"type":1}', '{"type":null}', "[" * 2000, '{"a":' * 500, "\x00", "💥", "NaN",
)  # fmt: skip
LETTERS = [*map(chr, range(32, 127)), *map(chr, range(0xAC00, 0xD7A4, 97))]


def messages(seed: int, count: int, known: dict[str, Any]) -> Iterator[str]:
    """Frames. `known` are values that would be right (room and peer ids), so that some get far."""
    dice = random.Random(seed)
    for _ in range(count):
        yield _garbage(dice) if dice.random() < 0.1 else _mutated(dice, known)


def _garbage(dice: random.Random) -> str:
    if dice.random() < 0.5:
        return dice.choice(GARBAGE)
    return "".join(dice.choices(LETTERS, k=dice.randrange(200)))


def _mutated(dice: random.Random, known: dict[str, Any]) -> str:
    name = dice.choice([*REQUESTS, "", "no-such-message", "__proto__"])
    cls = REQUESTS.get(name)
    fields: dict[str, Any] = {"type": name}
    for field in wire_fields(cls) if cls else ():
        if dice.random() < 0.8:
            fields[field] = known.get(field, str(uuid.UUID(int=dice.getrandbits(128))))
    for field in [*fields, "id", "callId", "roomId"]:
        if dice.random() < 0.35:
            fields[field] = dice.choice(STRANGE)
    frame = json.dumps(fields)
    if dice.random() < 0.2:
        at = dice.randrange(len(frame))
        frame = frame[:at] + dice.choice(("", "}", "\\", "\x7f", frame)) + frame[at + dice.randrange(3) :]
    return frame
