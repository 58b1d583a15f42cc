"""Rooms at the API: made, started, joined, left, changed."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.authentication import JWTAuthentication

from accounts.models import User
from calls.access import room_party
from calls.actions import room_hosts, rooms
from calls.actions.calls import unix_ms
from calls.actions.errors import ActionError
from calls.actions.presence_leases import people_payload
from calls.actions.room_telling import people, room_state
from calls.api.authentication import CallTokenAsBearer
from calls.api.schema import answers, enveloped
from calls.api.views import CallsView
from calls.models import Participation, Room, RoomSession
from calls.models.room import RoomKind, check_networks
from config.helpers.addresses import client_ip
from config.helpers.envelope import ApiError, success

STATUS_OF = {
    "not_member": status.HTTP_403_FORBIDDEN,
    "room_locked": status.HTTP_403_FORBIDDEN,
    "ip_refused": status.HTTP_403_FORBIDDEN,
    "room_full": status.HTTP_409_CONFLICT,
    "too_large": status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    "type_refused": status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
    "infected": status.HTTP_422_UNPROCESSABLE_ENTITY,
    "storage_failed": status.HTTP_503_SERVICE_UNAVAILABLE,
}


class RoomSerializer(serializers.ModelSerializer[Room]):
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815 - the names are those of the wire

    class Meta:
        model = Room
        fields = ("id", "kind", "name", "locked", "createdAt")
        read_only_fields = fields


class WholeRoomSerializer(RoomSerializer):
    maxPeople = serializers.IntegerField(source="max_people")  # noqa: N815
    ipAllow = serializers.ListField(source="ip_allow", child=serializers.CharField())  # noqa: N815
    permissions = serializers.DictField(child=serializers.ChoiceField(("all", "host")))
    members = serializers.SerializerMethodField()

    class Meta:
        model = Room
        fields = (*RoomSerializer.Meta.fields, "maxPeople", "ipAllow", "permissions", "members")
        read_only_fields = fields

    def get_members(self, room: Room) -> list[dict[str, Any]]:
        members = room.memberships.select_related("user").order_by("created_at", "pk")
        return [{"userId": each.user_id, "name": each.user.name, "role": each.role} for each in members]


class ChangeRoomSerializer(serializers.Serializer[Room]):
    name = serializers.CharField(max_length=80, required=False)
    locked = serializers.BooleanField(required=False)
    ipAllow = serializers.ListField(  # noqa: N815
        source="ip_allow", child=serializers.CharField(max_length=64), max_length=50, required=False,
        validators=[check_networks],
    )  # fmt: skip
    permissions = serializers.DictField(child=serializers.ChoiceField(("all", "host")), required=False)


class CreateRoomSerializer(serializers.Serializer[Room]):
    kind = serializers.ChoiceField(choices=(RoomKind.MEETING.value, RoomKind.VOICE.value))
    name = serializers.CharField(max_length=80)
    memberIds = serializers.ListField(  # noqa: N815
        child=serializers.IntegerField(min_value=1), max_length=200, required=False
    )
    ipAllow = serializers.ListField(  # noqa: N815
        child=serializers.CharField(max_length=64), max_length=50, required=False, validators=[check_networks]
    )


class MembersSerializer(serializers.Serializer[Any]):
    memberIds = serializers.ListField(  # noqa: N815
        child=serializers.IntegerField(min_value=1), max_length=200
    )


ONE_ROOM = enveloped("RoomAnswer", room=WholeRoomSerializer())
OBJECT = serializers.DictField()


class RoomsView(CallsView):
    """Staff by JWT or their log-in's cookie; customers by their call's token, to their own call only."""

    authentication_classes = (CallTokenAsBearer, JWTAuthentication, SessionAuthentication)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, ActionError) and exc.code in STATUS_OF:
            exc = ApiError(exc.code, exc.message, STATUS_OF[exc.code])
        return super().handle_exception(exc)


class RoomListView(RoomsView):
    @extend_schema(
        operation_id="list_rooms",
        summary="My rooms",
        responses=answers({200: enveloped("RoomsAnswer", rooms=RoomSerializer(many=True))}, 401),
    )
    def get(self, request: Request) -> Response:
        mine = Room.objects.of(staff_of(request))
        return success({"rooms": RoomSerializer(mine[:200], many=True).data})

    @extend_schema(
        operation_id="create_room",
        summary="Make a meeting or a voice room",
        request=CreateRoomSerializer,
        responses=answers({201: ONE_ROOM}, 400, 401, 404),
    )
    def post(self, request: Request) -> Response:
        wanted = read(CreateRoomSerializer(data=request.data))
        room = rooms.create_room(
            staff_of(request),
            wanted["kind"],
            wanted["name"],
            members=wanted.get("memberIds", ()),
            ip_allow=wanted.get("ipAllow"),
        )
        return success({"room": WholeRoomSerializer(room).data}, status.HTTP_201_CREATED)


class RoomView(RoomsView):
    @extend_schema(operation_id="read_room", summary="One room", responses=answers({200: ONE_ROOM}, 401, 403))
    def get(self, request: Request, room_id: str) -> Response:
        return success({"room": WholeRoomSerializer(room_of(request, room_id)).data})

    @extend_schema(
        operation_id="change_room",
        summary="Change a room",
        description="By its host. Who is in is told.",
        request=ChangeRoomSerializer,
        responses=answers({200: ONE_ROOM}, 400, 401, 403),
    )
    def patch(self, request: Request, room_id: str) -> Response:
        wanted = read(ChangeRoomSerializer(data=request.data))
        room = room_hosts.change_room(staff_of(request), room_of(request, room_id), wanted)
        return success({"room": WholeRoomSerializer(room).data})

    @extend_schema(
        operation_id="close_room", summary="Close a room", responses=answers({200: ONE_ROOM}, 401, 403)
    )
    def delete(self, request: Request, room_id: str) -> Response:
        room = room_of(request, room_id)
        room_hosts.close_room(staff_of(request), room)
        return success({"room": WholeRoomSerializer(room).data})


class StartView(RoomsView):
    @extend_schema(
        operation_id="start_room",
        summary="Start a session",
        description="Gives the running session if there is one. The members are told that a meeting has started.",
        request=None,
        responses=answers({200: enveloped("SessionAnswer", session=OBJECT)}, 401, 403),
    )
    def post(self, request: Request, room_id: str) -> Response:
        session, new = rooms.start(staff_of(request), room_of(request, room_id))
        return success({"session": _session(session), "started": new})


class StatusView(RoomsView):
    @extend_schema(
        operation_id="room_status",
        summary="Who is in, and who is online",
        responses=answers({200: enveloped("StatusAnswer", session=OBJECT)}, 401, 403),
    )
    def get(self, request: Request, room_id: str) -> Response:
        room = room_of(request, room_id)
        session = RoomSession.objects.filter(room=room, ended_at=None).first()
        online = [each["userId"] for each in people_payload(staff_of(request)) if each["status"] != "offline"]
        return success(
            {
                "session": _session(session) if session else None,
                "present": people(session) if session else [],
                "online": online,
            }
        )


class JoinView(RoomsView):
    throttle_scope = "join-room"

    @extend_schema(
        operation_id="join_room",
        summary="Take a place",
        description="It is kept by a socket that enters the room; without one it runs out.",
        request=None,
        responses=answers({200: enveloped("JoinAnswer", state=OBJECT)}, 401, 403, 409),
    )
    def post(self, request: Request, room_id: str) -> Response:
        address = client_ip(request._request) or ""
        party = rooms.enter(staff_of(request), read_uuid(room_id), address)
        return success({"state": room_state(party)})


class LeaveView(RoomsView):
    @extend_schema(
        operation_id="leave_room",
        summary="Give the place up",
        description="Leaving twice is no error.",
        request=None,
        responses=answers({200: enveloped("LeaveAnswer", left=serializers.BooleanField())}, 401, 403),
    )
    def post(self, request: Request, room_id: str) -> Response:
        user, room = staff_of(request), room_of(request, room_id)
        here = Participation.objects.present().filter(session__room=room, session__ended_at=None, user=user)
        place = here.first()
        party = room_party(user, room.pk, place.pk) if place else None
        if party is not None:
            rooms.leave(party)
        return success({"left": party is not None})


class MembersView(RoomsView):
    @extend_schema(
        operation_id="add_members",
        summary="Invite colleagues",
        request=MembersSerializer,
        responses=answers({200: enveloped("MembersAnswer", added=serializers.IntegerField())}, 400, 401, 403),
    )
    def post(self, request: Request, room_id: str) -> Response:
        wanted = read(MembersSerializer(data=request.data))
        return success(
            {
                "added": room_hosts.add_members(
                    staff_of(request), room_of(request, room_id), wanted["memberIds"]
                )
            }
        )

    @extend_schema(
        operation_id="remove_members",
        summary="Take memberships away",
        description="By a host; or by a member who leaves. Who is in is out.",
        request=MembersSerializer,
        responses=answers(
            {200: enveloped("RemovedAnswer", removed=serializers.IntegerField())}, 400, 401, 403, 409
        ),
    )
    def delete(self, request: Request, room_id: str) -> Response:
        wanted = read(MembersSerializer(data=request.data))
        return success(
            {
                "removed": room_hosts.remove_members(
                    staff_of(request), room_of(request, room_id), wanted["memberIds"]
                )
            }
        )


def read(serializer: serializers.BaseSerializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def staff_of(request: Request) -> User:
    if not isinstance(request.user, User):
        raise ActionError("not_member", _("You are not a member of this room."))
    return request.user


def room_of(request: Request, room_id: str) -> Room:
    return rooms.room_for(staff_of(request), read_uuid(room_id))


def _session(session: RoomSession) -> dict[str, Any]:
    return {
        "id": str(session.pk),
        "startedAt": unix_ms(session.started_at),
        "endedAt": unix_ms(session.ended_at),
        "plan": session.plan,
        "startedBy": session.started_by_id,
    }


def read_uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404 from None
