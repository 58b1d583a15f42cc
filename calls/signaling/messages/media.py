"""What is asked of the media server: S3.2's requests, and those of a consumer."""

# ruff: noqa: RUF009 - the calls declare fields, as dataclasses.field does
from __future__ import annotations

import dataclasses
import uuid
from dataclasses import dataclass
from typing import Any

from calls.signaling import fields
from calls.signaling.fields import boolean, choice, handle, identifier, integer, json_object, text
from calls.signaling.messages.base import Lane, Needs, Request, request


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRequest(Request):
    """Goes on to the media server; `room_id` is that of a room, or the call's id."""

    room_id: uuid.UUID = identifier()

    def payload(self) -> dict[str, Any]:
        """The request's own fields that were given, named as on the wire."""
        own = (field.name for field in dataclasses.fields(self))
        given = {name: getattr(self, name) for name in own if name not in {"call_id", "room_id", "user_id"}}
        return {fields.wire_name(name): value for name, value in given.items() if value is not None}


@request("join-room", needs=Needs.ROOM, lane=Lane.MEDIA, listening=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRoom(MediaRequest):
    user_id: str | None = text(64, optional=True)


@request("create-transport", lane=Lane.MEDIA, listening=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTransport(MediaRequest):
    pass


@request("connect-transport", lane=Lane.MEDIA, listening=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectTransport(MediaRequest):
    transport_id: str = handle()
    dtls_parameters: dict[str, Any] = json_object()


@request("restart-ice", lane=Lane.MEDIA, listening=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class RestartIce(MediaRequest):
    transport_id: str = handle()


@request("produce", lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class Produce(MediaRequest):
    transport_id: str = handle()
    kind: str = choice("audio", "video")
    rtp_parameters: dict[str, Any] = json_object()
    source: str | None = choice("microphone", "camera", "screen", "screen-audio", optional=True)


@request("consume", lane=Lane.MEDIA, listening=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class Consume(MediaRequest):
    transport_id: str = handle()
    producer_id: str = handle()
    rtp_capabilities: dict[str, Any] = json_object()
    paused: bool | None = boolean(optional=True)


@request("close-producer", lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class CloseProducer(MediaRequest):
    producer_id: str = handle()


@request("pause-producer", lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class PauseProducer(MediaRequest):
    producer_id: str = handle()


@request("resume-producer", lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeProducer(MediaRequest):
    producer_id: str = handle()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerRequest(MediaRequest):
    consumer_id: str = handle()


@request("pause-consumer", lane=Lane.MEDIA, listening=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class PauseConsumer(ConsumerRequest):
    pass


@request("resume-consumer", lane=Lane.MEDIA, listening=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeConsumer(ConsumerRequest):
    pass


@request("close-consumer", lane=Lane.MEDIA, listening=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class CloseConsumer(ConsumerRequest):
    pass


@request("request-key-frame", lane=Lane.MEDIA, listening=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKeyFrame(ConsumerRequest):
    pass


@request("set-preferred-layers", lane=Lane.MEDIA, listening=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class SetPreferredLayers(ConsumerRequest):
    spatial_layer: int = integer(0, 7)
    temporal_layer: int | None = integer(0, 7, optional=True)


@request("set-consumer-size", lane=Lane.MEDIA, listening=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class SetConsumerSize(ConsumerRequest):
    width: int = integer(0, 16_384)
    height: int = integer(0, 16_384)
