"""What this SFU speaks, in the vocabulary of the mediasoup client. Pure.

Producers send with their own payload types and extension ids; consumers get the router's. A second kind
of media is a second entry in CODECS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from calls.media.errors import BAD_REQUEST, UNSUPPORTED, MediaError

AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
NACK = {"type": "nack", "parameter": ""}
LARGEST_PARAMETERS = 32


@dataclass(frozen=True)
class Codec:
    kind: str
    mime_type: str
    payload_type: int
    clock_rate: int
    channels: int | None
    parameters: dict[str, Any]
    feedback: tuple[dict[str, str], ...]


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
)

_EXTENSIONS = (("audio", MID, 1), ("audio", AUDIO_LEVEL, 10))


@dataclass(frozen=True)
class ProducerStream:
    """What a producer said of its stream, checked."""

    kind: str
    codec: Codec
    ssrc: int
    payload_type: int
    level_extension: int | None
    cname: str
    parameters: dict[str, Any]


def router_capabilities() -> dict[str, Any]:
    """RtpCapabilities of the router."""
    return {
        "codecs": [_codec_capability(codec) for codec in CODECS],
        "headerExtensions": [
            {
                "kind": kind,
                "uri": uri,
                "preferredId": number,
                "preferredEncrypt": False,
                "direction": "sendrecv",
            }
            for kind, uri, number in _EXTENSIONS
        ],
    }


def producer_stream(kind: object, rtp_parameters: object) -> ProducerStream:
    """Check a client's RtpParameters. Raises MediaError for what is malformed or not spoken here."""
    parameters = _object(rtp_parameters, "rtpParameters")
    offered = _object(_first(parameters.get("codecs"), "codecs"), "codecs[0]")
    codec = _codec_by_mime(kind, offered.get("mimeType"))
    encoding = _object(_first(parameters.get("encodings"), "encodings"), "encodings[0]")
    rtcp = parameters.get("rtcp")
    cname = rtcp.get("cname") if isinstance(rtcp, dict) else None
    return ProducerStream(
        kind=codec.kind,
        codec=codec,
        ssrc=_number(encoding.get("ssrc"), "ssrc", 1, 0xFFFFFFFF),
        payload_type=_number(offered.get("payloadType"), "payloadType", 0, 127),
        level_extension=_extension_id(parameters.get("headerExtensions"), AUDIO_LEVEL),
        cname=cname[:64] if isinstance(cname, str) else "",
        parameters=_plain_parameters(offered.get("parameters")),
    )


def can_consume(stream: ProducerStream, rtp_capabilities: object) -> bool:
    """Does a client's RtpCapabilities hold the stream's codec?"""
    capabilities = _object(rtp_capabilities, "rtpCapabilities")
    listed = capabilities.get("codecs")
    if not isinstance(listed, list):
        raise MediaError(BAD_REQUEST, "rtpCapabilities need codecs")
    return any(
        isinstance(one, dict) and str(one.get("mimeType", "")).lower() == stream.codec.mime_type
        for one in listed
    )


def consumer_parameters(stream: ProducerStream, ssrc: int) -> dict[str, Any]:
    """RtpParameters with which a consumer gets the stream."""
    codec: dict[str, Any] = {
        "mimeType": stream.codec.mime_type,
        "payloadType": stream.codec.payload_type,
        "clockRate": stream.codec.clock_rate,
        "parameters": stream.parameters or stream.codec.parameters,
        "rtcpFeedback": list(stream.codec.feedback),
    }
    if stream.codec.channels is not None:
        codec["channels"] = stream.codec.channels
    return {
        "codecs": [codec],
        "headerExtensions": [],
        "encodings": [{"ssrc": ssrc}],
        "rtcp": {"cname": stream.cname or "contact-centre", "reducedSize": True, "mux": True},
    }


def _codec_capability(codec: Codec) -> dict[str, Any]:
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
    return capability


def _codec_by_mime(kind: object, mime_type: object) -> Codec:
    for codec in CODECS:
        if kind == codec.kind and isinstance(mime_type, str) and mime_type.lower() == codec.mime_type:
            return codec
    raise MediaError(UNSUPPORTED, "only Opus audio is carried")


def _extension_id(listed: object, uri: str) -> int | None:
    if not isinstance(listed, list):
        return None
    for one in listed[:LARGEST_PARAMETERS]:
        if isinstance(one, dict) and one.get("uri") == uri:
            return _number(one.get("id"), "header extension id", 1, 255)
    return None


def _plain_parameters(value: object) -> dict[str, Any]:
    """Codec parameters for the other side: short scalars only, since they go into its SDP."""
    if not isinstance(value, dict):
        return {}
    kept = list(value.items())[:LARGEST_PARAMETERS]
    return {key: one for key, one in kept if _is_word(key) and (isinstance(one, int) or _is_word(one))}


def _is_word(value: object) -> bool:
    return (
        isinstance(value, str) and 0 < len(value) <= 64 and value.replace("-", "").replace("_", "").isalnum()
    )


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MediaError(BAD_REQUEST, f"{name} must be an object")
    return value


def _first(value: object, name: str) -> object:
    if not isinstance(value, list) or not value:
        raise MediaError(BAD_REQUEST, f"{name} must be a list with something in it")
    return value[0]


def _number(value: object, name: str, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise MediaError(BAD_REQUEST, f"{name} must be a whole number from {low} to {high}")
    return value
