"""The messages that a page gets. Pure; docs/websocket.md is held to these names."""

from __future__ import annotations

NOTICES: dict[str, str] = {
    "ack": "id data",
    "error": "id? code message field? retryAfter?",
    "authenticated": "id? userId role name expiresAt",
    "joined": "id? callId sessionId peerId role seq graceSeconds call participants rtc captions events",
    "joined-session": "id? callId sessionId peerId role seq graceSeconds call participants rtc captions events",
    "peer-joined": "peerId role name",
    "peer-left": "peerId role",
    "peer-disconnected": "peerId",
    "peer-reconnected": "peerId",
    "call-state": "status reason answeredAt connectedAt endedAt agent",
    "queue-position": "position estimateSeconds agentsOnDuty",
    "path-changed": "path",
    "caption": "utteranceId peerId role text masks startMs endMs language source",
    "caption-partial": "peerId role text masks startMs language",
    "caption-gap": "peerId role startMs endMs reason",
    "captions-state": "available reason delayed rough?",
    "recording-state": "state peerId?",
    "transcript-ready": "",
    "offer": "from sdp",
    "answer": "from sdp",
    "ice-candidate": "from candidate",
    "peer-audio-changed": "peerId muted",
    "new-producer": "peerId producerId kind",
    "producer-closed": "peerId producerId kind?",
    "transport-state": "peerId transportId state",
    "media-lost": "",
    "desk-state": "state since onCall",
    "waiting": "calls",
    "colleagues": "agents",
    "offer-ringing": "offer",
    "offer-ended": "offerId reason",
}
"""Type -> its fields; `?` marks one that may be missing. `callId`, and of an event `seq` and `at`, are not listed."""

EVENTS = frozenset(
    {
        "peer-joined",
        "peer-left",
        "call-state",
        "path-changed",
        "caption",
        "caption-gap",
        "captions-state",
        "recording-state",
        "transcript-ready",
    }
)
"""Notices that are stored and numbered."""
