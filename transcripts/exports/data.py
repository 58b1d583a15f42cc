"""JSON for programs. `version` changes when a field goes or changes its meaning; new fields may come."""

from __future__ import annotations

import json
from typing import Any

from transcripts.exports.content import Content, Line

VERSION = 1


def payload(content: Content) -> dict[str, Any]:
    """Times in ms since the agent answered; personal data as [KIND], abusive words as three dots."""
    return {
        "version": VERSION,
        "reference": content.reference,
        "organisation": content.organisation,
        "place": content.place,
        "began": content.began.isoformat(),
        "durationMs": content.duration_ms,
        "language": content.language,
        "state": content.state,
        "final": content.is_final,
        "demo": content.is_demo,
        "engine": content.engine,
        "model": content.model,
        "utterances": [_utterance(line) for line in content.lines if not line.reason],
        "missing": [_gap(line) for line in content.lines if line.reason],
    }


def render(content: Content) -> bytes:
    return json.dumps(payload(content), ensure_ascii=False, indent=1).encode()


def _utterance(line: Line) -> dict[str, Any]:
    return {
        "startMs": line.start_ms,
        "endMs": line.end_ms,
        "role": line.role,
        "speaker": line.speaker,
        "text": line.coded,
        "masked": list(line.kinds),
    }


def _gap(line: Line) -> dict[str, Any]:
    return {"startMs": line.start_ms, "endMs": line.end_ms, "role": line.role, "reason": line.reason}
