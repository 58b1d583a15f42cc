"""Rooms at the API: started, joined, left; their written words and files. A customer's call has these addresses too."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from typing import Any

from django.http import Http404, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.authentication import SessionAuthentication
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.authentication import JWTAuthentication

from accounts.models import User
from calls.access import Party, is_host, membership_of, room_party, staff_party
from calls.actions import chat, files, rooms
from calls.actions.calls import unix_ms
from calls.actions.errors import ActionError
from calls.actions.presence_leases import people_payload
from calls.api.authentication import CallTokenAsBearer
from calls.api.schema import answers, enveloped
from calls.api.views import CallsView
from calls.models import Attachment, Participation, Room, RoomSession
from calls.models.chat import AttachmentState
from calls.models.room import RoomKind, check_networks
from calls.vault import VaultError
from config.helpers.addresses import client_ip
from config.helpers.envelope import ApiError, success

logger = logging.getLogger(__name__)

MOST_MESSAGES = 200
PIECE = 64 * 1024
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


class SendMessageSerializer(serializers.Serializer[Any]):
    clientId = serializers.RegexField(r"^[A-Za-z0-9_\-]{1,64}$")  # noqa: N815
    text = serializers.CharField(max_length=chat.MAX_TEXT, required=False, allow_blank=True)
    attachmentId = serializers.UUIDField(required=False)  # noqa: N815


class MembersSerializer(serializers.Serializer[Any]):
    memberIds = serializers.ListField(  # noqa: N815
        child=serializers.IntegerField(min_value=1), max_length=200
    )


class FileSerializer(serializers.Serializer[Any]):
    file = serializers.FileField()


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
        mine = Room.objects.of(_staff(request))
        return success({"rooms": RoomSerializer(mine[:200], many=True).data})

    @extend_schema(
        operation_id="create_room",
        summary="Make a meeting or a voice room",
        request=CreateRoomSerializer,
        responses=answers({201: ONE_ROOM}, 400, 401, 404),
    )
    def post(self, request: Request) -> Response:
        wanted = _read(CreateRoomSerializer(data=request.data))
        room = rooms.create_room(
            _staff(request),
            wanted["kind"],
            wanted["name"],
            members=wanted.get("memberIds", ()),
            ip_allow=wanted.get("ipAllow"),
        )
        return success({"room": WholeRoomSerializer(room).data}, status.HTTP_201_CREATED)


class RoomView(RoomsView):
    @extend_schema(operation_id="read_room", summary="One room", responses=answers({200: ONE_ROOM}, 401, 403))
    def get(self, request: Request, room_id: str) -> Response:
        return success({"room": WholeRoomSerializer(_room(request, room_id)).data})

    @extend_schema(
        operation_id="change_room",
        summary="Change a room",
        description="By its host. Who is in is told.",
        request=ChangeRoomSerializer,
        responses=answers({200: ONE_ROOM}, 400, 401, 403),
    )
    def patch(self, request: Request, room_id: str) -> Response:
        wanted = _read(ChangeRoomSerializer(data=request.data))
        room = rooms.change_room(_staff(request), _room(request, room_id), wanted)
        return success({"room": WholeRoomSerializer(room).data})

    @extend_schema(
        operation_id="close_room", summary="Close a room", responses=answers({200: ONE_ROOM}, 401, 403)
    )
    def delete(self, request: Request, room_id: str) -> Response:
        room = _room(request, room_id)
        rooms.close_room(_staff(request), room)
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
        session, new = rooms.start(_staff(request), _room(request, room_id))
        return success({"session": _session(session), "started": new})


class StatusView(RoomsView):
    @extend_schema(
        operation_id="room_status",
        summary="Who is in, and who is online",
        responses=answers({200: enveloped("StatusAnswer", session=OBJECT)}, 401, 403),
    )
    def get(self, request: Request, room_id: str) -> Response:
        room = _room(request, room_id)
        session = RoomSession.objects.filter(room=room, ended_at=None).first()
        online = [each["userId"] for each in people_payload(_staff(request)) if each["status"] != "offline"]
        return success(
            {
                "session": _session(session) if session else None,
                "present": rooms.people(session) if session else [],
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
        party = rooms.enter(_staff(request), _uuid(room_id), address)
        return success({"state": rooms.room_state(party)})


class LeaveView(RoomsView):
    @extend_schema(
        operation_id="leave_room",
        summary="Give the place up",
        description="Leaving twice is no error.",
        request=None,
        responses=answers({200: enveloped("LeaveAnswer", left=serializers.BooleanField())}, 401, 403),
    )
    def post(self, request: Request, room_id: str) -> Response:
        user, room = _staff(request), _room(request, room_id)
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
        wanted = _read(MembersSerializer(data=request.data))
        return success(
            {"added": rooms.add_members(_staff(request), _room(request, room_id), wanted["memberIds"])}
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
        wanted = _read(MembersSerializer(data=request.data))
        return success(
            {"removed": rooms.remove_members(_staff(request), _room(request, room_id), wanted["memberIds"])}
        )


class MessagesView(RoomsView):
    throttle_scope = "chat"

    @extend_schema(
        operation_id="read_messages",
        summary="Written words, oldest first",
        parameters=[
            OpenApiParameter(
                "after", int, description="The ones that follow this number, the first of them."
            ),
            OpenApiParameter("before", int, description="The ones before this number, the latest of them."),
            OpenApiParameter("limit", int, description="At most 200; 50 without it."),
        ],
        responses=answers({200: enveloped("MessagesAnswer", messages=serializers.ListField())}, 401, 403),
    )
    def get(self, request: Request, room_id: str) -> Response:
        author = _author(request, room_id)
        before, after, limit = (_number(request.query_params.get(n)) for n in ("before", "after", "limit"))
        limit = min(limit or chat.SHOWN, MOST_MESSAGES)
        if before is not None:
            return success({"messages": chat.earlier(author.room, before, limit)})
        newest = after is None
        found = chat.latest(author.room, 0, limit) if newest else chat.later(author.room, after or 0, limit)
        return success(chat.chat_state(author, messages=found))

    @extend_schema(
        operation_id="send_message",
        summary="Write",
        description="Sent again under the same clientId it is the same message. Abuse is masked before anybody sees it.",
        request=SendMessageSerializer,
        responses=answers({201: enveloped("MessageAnswer", message=OBJECT)}, 400, 401, 403),
    )
    def post(self, request: Request, room_id: str) -> Response:
        wanted = _read(SendMessageSerializer(data=request.data))
        sent = chat.send(
            _author(request, room_id), wanted["clientId"], wanted.get("text", ""), wanted.get("attachmentId")
        )
        return success({"message": sent}, status.HTTP_201_CREATED)


class FilesView(RoomsView):
    throttle_scope = "files"
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="upload_file",
        summary="Upload a file for a message",
        description="At most 40 MB. What it is, is read from its content.",
        request={"multipart/form-data": FileSerializer},
        responses=answers({201: enveloped("FileAnswer", file=OBJECT)}, 400, 401, 403),
    )
    def post(self, request: Request, room_id: str) -> Response:
        author = _author(request, room_id)
        given = request.FILES.get("file")
        if given is None:
            raise ApiError("malformed", _("A file is missing."))
        if given.size and given.size > files.MAX_BYTES:
            raise ActionError("too_large", _("A file may have 40 MB."))
        taken = files.take(author, given.name or "file", given.chunks())
        return success({"file": chat.attachment_payload(taken)}, status.HTTP_201_CREATED)


class FileView(RoomsView):
    @extend_schema(
        operation_id="read_file",
        summary="A file",
        parameters=[OpenApiParameter("preview", bool, description="Shown rather than saved: pictures only.")],
        responses={200: OpenApiTypes.BINARY},
    )
    def get(self, request: Request, room_id: str, file_id: str) -> HttpResponseBase:
        author = _author(request, room_id)
        found = Attachment.objects.filter(
            room=author.room, pk=_uuid(file_id), state=AttachmentState.READY
        ).first()
        if found is None:
            raise Http404
        try:
            with found.open():
                pass
        except (FileNotFoundError, VaultError) as error:
            logger.error("file cannot be read: %s", type(error).__name__, extra={"file": found.pk})
            raise Http404 from error
        shown = found.is_image and request.query_params.get("preview") == "1"
        response = StreamingHttpResponse(_pieces(found), content_type=found.content_type)
        response["Content-Length"] = str(found.size)
        response["Content-Disposition"] = content_disposition_header(not shown, found.name) or "inline"
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        response["X-Content-Type-Options"] = "nosniff"
        return response


async def _pieces(file: Attachment) -> AsyncIterator[bytes]:
    """In a thread: a slow disk must not hold up the sockets of this process."""
    with await asyncio.to_thread(file.open) as content:
        for start in range(0, content.size, PIECE):
            yield await asyncio.to_thread(content.read_at, start, PIECE)


def _read(serializer: serializers.BaseSerializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _staff(request: Request) -> User:
    if not isinstance(request.user, User):
        raise ActionError("not_member", _("You are not a member of this room."))
    return request.user


def _room(request: Request, room_id: str) -> Room:
    return rooms.room_for(_staff(request), _uuid(room_id))


def _author(request: Request, room_id: str) -> chat.Author:
    """Who writes or reads: a party of the call with this id, or a member of the room."""
    wanted = _uuid(room_id)
    if isinstance(request.auth, Party):
        if request.auth.call.pk != wanted:
            raise Http404
        return chat.author_in_call(request.auth)
    user = _staff(request)
    party = staff_party(user, wanted)
    if party is not None:
        return chat.author_in_call(party)
    room = membership_of(user, wanted)
    if room is None:
        raise ActionError("not_member", _("You are not a member of this room."))
    return chat.Author(f"user:{user.pk}", user.name, room, user=user, is_host=is_host(user, room))


def _session(session: RoomSession) -> dict[str, Any]:
    return {
        "id": str(session.pk),
        "startedAt": unix_ms(session.started_at),
        "endedAt": unix_ms(session.ended_at),
        "plan": session.plan,
        "startedBy": session.started_by_id,
    }


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404 from None
