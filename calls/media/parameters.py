"""A producer's RtpParameters, checked, and those that its consumers get. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from calls.media.capabilities import (
    AUDIO_LEVEL,
    CODECS,
    MID,
    REPAIRED_RID,
    RID,
    SEND_TIME,
    SEND_TIME_ID,
    TO_RECEIVERS,
    TRANSPORT_CC,
    Codec,
)
from calls.media.errors import BAD_REQUEST, UNSUPPORTED, MediaError

LARGEST_LIST = 32
MAX_ENCODINGS = 4
MAX_SCALE = 16.0
SOURCES = ("microphone", "camera", "screen", "screen-audio")


@dataclass(frozen=True)
class Encoding:
    """One of the streams of a producer: known by its ssrc, or by a rid until its first packet comes."""

    rid: str
    ssrc: int | None
    rtx_ssrc: int | None
    scale: float
    """How much smaller than the source, by width."""
    max_bps: int | None


@dataclass(frozen=True)
class ProducerStream:
    """What a producer said of its streams; encodings from the smallest picture to the largest."""

    kind: str
    codec: Codec
    payload_type: int
    rtx_payload_type: int | None
    encodings: tuple[Encoding, ...]
    mid: str
    level_extension: int | None
    mid_extension: int | None
    rid_extension: int | None
    repaired_rid_extension: int | None
    transport_cc_extension: int | None
    cname: str
    parameters: dict[str, Any]


def producer_stream(kind: object, rtp_parameters: object) -> ProducerStream:
    """Check a client's RtpParameters. Raises MediaError for what is malformed or not spoken here."""
    parameters = _object(rtp_parameters, "rtpParameters")
    codecs = _list(parameters.get("codecs"), "codecs")
    offered = _object(codecs[0], "codecs[0]")
    codec = _codec_by_mime(kind, offered.get("mimeType"))
    payload_type = _number(offered.get("payloadType"), "payloadType", 0, 127)
    rtcp = parameters.get("rtcp")
    cname = rtcp.get("cname") if isinstance(rtcp, dict) else None
    extensions = parameters.get("headerExtensions")
    mid = parameters.get("mid")
    return ProducerStream(
        kind=codec.kind,
        codec=codec,
        payload_type=payload_type,
        rtx_payload_type=_rtx_payload_type(codecs, payload_type),
        encodings=_encodings(codec.kind, parameters.get("encodings")),
        mid=mid[:64] if isinstance(mid, str) else "",
        level_extension=_extension_id(extensions, AUDIO_LEVEL),
        mid_extension=_extension_id(extensions, MID),
        rid_extension=_extension_id(extensions, RID),
        repaired_rid_extension=_extension_id(extensions, REPAIRED_RID),
        transport_cc_extension=_extension_id(extensions, TRANSPORT_CC),
        cname=cname[:64] if isinstance(cname, str) else "",
        parameters=_plain_parameters(offered.get("parameters")),
    )


def source_of(value: object) -> str | None:
    """What is produced (a camera, a screen), if it was told. Raises MediaError for anything else."""
    if value is None or value in SOURCES:
        return value if isinstance(value, str) else None
    raise MediaError(BAD_REQUEST, f"source must be one of {', '.join(SOURCES)}")


def can_consume(stream: ProducerStream, rtp_capabilities: object) -> bool:
    """Does a client's RtpCapabilities hold the stream's codec?"""
    return any(_mime(one) == stream.codec.name for one in _codecs_of(rtp_capabilities))


def takes_retransmissions(stream: ProducerStream, rtp_capabilities: object) -> bool:
    """Can the client be sent what it lost in a stream of its own (RFC 4588)?"""
    wanted = (f"{stream.kind}/rtx", stream.codec.payload_type)
    return stream.codec.rtx_payload_type is not None and any(
        (_mime(one), _apt(one)) == wanted for one in _codecs_of(rtp_capabilities)
    )


def consumer_parameters(stream: ProducerStream, ssrc: int, rtx_ssrc: int | None = None) -> dict[str, Any]:
    """RtpParameters with which a consumer gets the stream."""
    codec: dict[str, Any] = {
        "mimeType": stream.codec.mime_type,
        "payloadType": stream.codec.payload_type,
        "clockRate": stream.codec.clock_rate,
        "parameters": stream.parameters or stream.codec.parameters,
        "rtcpFeedback": list(stream.codec.feedback if stream.kind == "audio" else TO_RECEIVERS),
    }
    if stream.codec.channels is not None:
        codec["channels"] = stream.codec.channels
    codecs, encoding, extensions = [codec], {"ssrc": ssrc}, []
    if stream.kind == "video":
        extensions = [{"uri": SEND_TIME, "id": SEND_TIME_ID, "encrypt": False, "parameters": {}}]
    if rtx_ssrc is not None:
        codecs.append(_rtx(stream.codec))
        encoding = {"ssrc": ssrc, "rtx": {"ssrc": rtx_ssrc}}  # type: ignore[dict-item]  # nested as in ORTC
    return {
        "codecs": codecs,
        "headerExtensions": extensions,
        "encodings": [encoding],
        "rtcp": {"cname": stream.cname or "contact-centre", "reducedSize": True, "mux": True},
    }


def _rtx(codec: Codec) -> dict[str, Any]:
    return {
        "mimeType": f"{codec.kind}/rtx",
        "payloadType": codec.rtx_payload_type,
        "clockRate": codec.clock_rate,
        "parameters": {"apt": codec.payload_type},
        "rtcpFeedback": [],
    }


def _encodings(kind: str, value: object) -> tuple[Encoding, ...]:
    listed = _list(value, "encodings")
    if kind == "audio":
        listed = listed[:1]
    if len(listed) > MAX_ENCODINGS:
        raise MediaError(BAD_REQUEST, f"no more than {MAX_ENCODINGS} encodings")
    found = [_encoding(one, number) for number, one in enumerate(listed)]
    sources = [one for each in found for one in (each.ssrc, each.rtx_ssrc) if one is not None]
    rids = [one.rid for one in found if one.rid]
    if len(set(sources)) < len(sources) or len(set(rids)) < len(rids):
        raise MediaError(BAD_REQUEST, "encodings need different ssrcs and rids")
    return tuple(sorted(found, key=lambda one: -one.scale))


def _encoding(value: object, number: int) -> Encoding:
    name = f"encodings[{number}]"
    one = _object(value, name)
    rid, rtx, bps = one.get("rid"), one.get("rtx"), one.get("maxBitrate")
    named = isinstance(rid, str) and 0 < len(rid) <= 16 and rid.isascii() and rid.isalnum()
    ssrc = None if one.get("ssrc") is None and named else _number(one.get("ssrc"), "ssrc", 1, 0xFFFFFFFF)
    rtx_ssrc = rtx.get("ssrc") if isinstance(rtx, dict) else None
    return Encoding(
        rid=rid if named and isinstance(rid, str) else "",
        ssrc=ssrc,
        rtx_ssrc=None if rtx_ssrc is None else _number(rtx_ssrc, "rtx.ssrc", 1, 0xFFFFFFFF),
        scale=_scale(one.get("scaleResolutionDownBy")),
        max_bps=bps if isinstance(bps, int) and 0 < bps < 1 << 32 else None,
    )


def _scale(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return 1.0
    return min(max(float(value), 1.0), MAX_SCALE)


def _rtx_payload_type(codecs: list[Any], payload_type: int) -> int | None:
    for one in codecs[1:LARGEST_LIST]:
        if _mime(one).endswith("/rtx") and _apt(one) == payload_type:
            return _number(one.get("payloadType"), "payloadType", 0, 127)
    return None


def _codec_by_mime(kind: object, mime_type: object) -> Codec:
    for codec in CODECS:
        if kind == codec.kind and isinstance(mime_type, str) and mime_type.lower() == codec.name:
            return codec
    raise MediaError(UNSUPPORTED, "this codec is not carried")


def _codecs_of(rtp_capabilities: object) -> list[Any]:
    listed = _object(rtp_capabilities, "rtpCapabilities").get("codecs")
    if not isinstance(listed, list):
        raise MediaError(BAD_REQUEST, "rtpCapabilities need codecs")
    return listed


def _mime(codec: object) -> str:
    return str(codec.get("mimeType", "")).lower() if isinstance(codec, dict) else ""


def _apt(codec: Any) -> object:
    parameters = codec.get("parameters")
    return parameters.get("apt") if isinstance(parameters, dict) else None


def _extension_id(listed: object, uri: str) -> int | None:
    if not isinstance(listed, list):
        return None
    for one in listed[:LARGEST_LIST]:
        if isinstance(one, dict) and one.get("uri") == uri:
            return _number(one.get("id"), "header extension id", 1, 255)
    return None


def _plain_parameters(value: object) -> dict[str, Any]:
    """Codec parameters for the other side: short scalars only, since they go into its SDP."""
    if not isinstance(value, dict):
        return {}
    kept = list(value.items())[:LARGEST_LIST]
    return {key: one for key, one in kept if _is_word(key) and (isinstance(one, int) or _is_word(one))}


def _is_word(value: object) -> bool:
    return (
        isinstance(value, str) and 0 < len(value) <= 64 and value.replace("-", "").replace("_", "").isalnum()
    )


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MediaError(BAD_REQUEST, f"{name} must be an object")
    return value


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise MediaError(BAD_REQUEST, f"{name} must be a list with something in it")
    return value


def _number(value: object, name: str, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise MediaError(BAD_REQUEST, f"{name} must be a whole number from {low} to {high}")
    return value
