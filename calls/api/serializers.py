"""What goes in and out of the API of calls, in the names of S2."""

# ruff: noqa: N815 - the names are those of the wire
from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import serializers

from calls.actions.calls import agent_payload
from calls.models import Call, Place
from calls.states import CallStatus


class PlaceCallSerializer(serializers.Serializer[Call]):
    """A customer's call. Only the number is needed."""

    callerNumber = serializers.CharField(max_length=120, help_text="How to reach the customer.")
    receiverNumber = serializers.CharField(
        max_length=32,
        required=False,
        help_text="The code of a place, as in its link; the default place without it.",
    )
    name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    topic = serializers.CharField(max_length=80, required=False, allow_blank=True)
    question = serializers.CharField(max_length=500, required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    consent = serializers.BooleanField(
        required=False,
        help_text="The customer has read that the call is recorded, and agrees. Your page must show it; false is refused.",
    )

    def validate_consent(self, value: bool) -> bool:
        if not value:
            raise serializers.ValidationError(_("We need your agreement to connect you."))
        return value


class ConnectSerializer(serializers.Serializer[Call]):
    path = serializers.ChoiceField(choices=("direct", "relayed"), default="direct")


class AgentSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    department = serializers.CharField()


class CallSerializer(serializers.ModelSerializer[Call]):
    sessionId = serializers.UUIDField(source="id", help_text="Joins the call's socket; the same as `id`.")
    reference = serializers.CharField(help_text="What people read to each other.")
    callerNumber = serializers.CharField(source="customer_contact")
    receiverNumber = serializers.CharField(source="place.code")
    status = serializers.ChoiceField(choices=[status.value for status in CallStatus])
    reason = serializers.CharField(source="end_reason", help_text="Why it is over; empty until then.")
    createdAt = serializers.DateTimeField(source="created_at")
    answeredAt = serializers.DateTimeField(source="answered_at", allow_null=True)
    connectedAt = serializers.DateTimeField(source="connected_at", allow_null=True)
    endedAt = serializers.DateTimeField(source="ended_at", allow_null=True)
    agent = serializers.SerializerMethodField()

    class Meta:
        model = Call
        fields = (
            "id",
            "sessionId",
            "reference",
            "callerNumber",
            "receiverNumber",
            "status",
            "reason",
            "language",
            "topic",
            "createdAt",
            "answeredAt",
            "connectedAt",
            "endedAt",
            "agent",
        )
        read_only_fields = fields

    def get_agent(self, call: Call) -> dict[str, str] | None:
        return agent_payload(call)


class IceServerSerializer(serializers.Serializer[Any]):
    urls = serializers.ListField(child=serializers.CharField())
    username = serializers.CharField(required=False)
    credential = serializers.CharField(required=False)


class RtcConfigurationSerializer(serializers.Serializer[Any]):
    iceServers = IceServerSerializer(many=True)
    iceCandidatePoolSize = serializers.IntegerField()
    iceTransportPolicy = serializers.ChoiceField(choices=("all", "relay"))
    bundlePolicy = serializers.ChoiceField(choices=("max-bundle",))
    rtcpMuxPolicy = serializers.ChoiceField(choices=("require",))


def place_for(code: str | None) -> Place | None:
    """The open place of this code, or the default one."""
    places = Place.objects.open()
    return places.filter(code=code).first() if code is not None else places.filter(is_default=True).first()
