"""What this SFU speaks, in the vocabulary of the mediasoup client. Pure.

Producers send with their own payload types and extension ids; consumers get the router's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

NACK = {"type": "nack", "parameter": ""}
REMB = {"type": "goog-remb", "parameter": ""}
TO_RECEIVERS = (NACK, {"type": "nack", "parameter": "pli"}, {"type": "ccm", "parameter": "fir"}, REMB)
"""Feedback about video that consumers may send."""
FROM_SENDERS = (*TO_RECEIVERS, {"type": "transport-cc", "parameter": ""})
SEND_TIME_ID = 4


@dataclass(frozen=True)
class Codec:
    kind: str
    mime_type: str
    payload_type: int
    clock_rate: int
    channels: int | None
    parameters: dict[str, Any]
    feedback: tuple[dict[str, str], ...]
    rtx_payload_type: int | None = None

    @property
    def name(self) -> str:
        return self.mime_type.lower()


def _video(name: str, payload_type: int, parameters: dict[str, Any]) -> Codec:
    return Codec(
        kind="video",
        mime_type=f"video/{name}",
        payload_type=payload_type,
        clock_rate=90_000,
        channels=None,
        parameters=parameters,
        feedback=FROM_SENDERS,
        rtx_payload_type=payload_type + 1,
    )


CODECS = (
    Codec(
        kind="audio",
        mime_type="audio/opus",
        payload_type=100,
        clock_rate=48_000,
        channels=2,
        parameters={"minptime": 10, "useinbandfec": 1},
        # Generic NACK is off for audio in browsers unless both sides ask for it; a recording needs every
        # packet.
        feedback=(NACK,),
    ),
    _video("VP8", 101, {}),
    _video(
        "H264", 103, {"packetization-mode": 1, "level-asymmetry-allowed": 1, "profile-level-id": "42e01f"}
    ),
    _video("VP9", 105, {"profile-id": 0}),
    _video("AV1", 107, {}),
)

# Direction as the router sees it: what it only reads is "recvonly".
_EXTENSIONS = (
    ("audio", MID, 1, "sendrecv"),
    ("video", MID, 1, "sendrecv"),
    ("video", RID, 2, "recvonly"),
    ("video", REPAIRED_RID, 3, "recvonly"),
    ("video", SEND_TIME, SEND_TIME_ID, "sendrecv"),
    ("video", TRANSPORT_CC, 5, "recvonly"),
    ("audio", AUDIO_LEVEL, 10, "sendrecv"),
)


def router_capabilities() -> dict[str, Any]:
    """RtpCapabilities of the router."""
    return {
        "codecs": [one for codec in CODECS for one in _codec_capabilities(codec)],
        "headerExtensions": [
            {
                "kind": kind,
                "uri": uri,
                "preferredId": number,
                "preferredEncrypt": False,
                "direction": direction,
            }
            for kind, uri, number, direction in _EXTENSIONS
        ],
    }


def _codec_capabilities(codec: Codec) -> list[dict[str, Any]]:
    capability: dict[str, Any] = {
        "kind": codec.kind,
        "mimeType": codec.mime_type,
        "preferredPayloadType": codec.payload_type,
        "clockRate": codec.clock_rate,
        "parameters": codec.parameters,
        "rtcpFeedback": list(codec.feedback),
    }
    if codec.channels is not None:
        capability["channels"] = codec.channels
    if codec.rtx_payload_type is None:
        return [capability]
    rtx = {
        "kind": codec.kind,
        "mimeType": f"{codec.kind}/rtx",
        "preferredPayloadType": codec.rtx_payload_type,
        "clockRate": codec.clock_rate,
        "parameters": {"apt": codec.payload_type},
        "rtcpFeedback": [],
    }
    return [capability, rtx]
