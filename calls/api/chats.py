"""Written words and files at the API, of rooms and of customers' calls, which have these addresses too."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from calls.access import Party, is_host, may_hear, membership_of, staff_party
from calls.actions import chat, files
from calls.actions.errors import ActionError
from calls.api.rooms import OBJECT, RoomsView, read, read_uuid, staff_of
from calls.api.schema import answers, enveloped
from calls.models import Attachment
from calls.models.chat import AttachmentState
from calls.views.attachments import attachment_response
from config.helpers.envelope import ApiError, success

MOST_MESSAGES = 200


class SendMessageSerializer(serializers.Serializer[Any]):
    clientId = serializers.RegexField(r"^[A-Za-z0-9_\-]{1,64}$")  # noqa: N815
    text = serializers.CharField(max_length=chat.MAX_TEXT, required=False, allow_blank=True)
    attachmentId = serializers.UUIDField(required=False)  # noqa: N815


class FileSerializer(serializers.Serializer[Any]):
    file = serializers.FileField()


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
        wanted = read(SendMessageSerializer(data=request.data))
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
            room=author.room, pk=read_uuid(file_id), state=AttachmentState.READY
        ).first()
        if found is None:
            raise Http404
        return attachment_response(found, shown=request.query_params.get("preview") == "1")


def _author(request: Request, room_id: str) -> chat.Author:
    """Who writes or reads: a party of the call with this id, or a member of the room."""
    wanted = read_uuid(room_id)
    if isinstance(request.auth, Party):
        if request.auth.call.pk != wanted:
            raise Http404
        return chat.author_in_call(request.auth)
    user = staff_of(request)
    party = staff_party(user, wanted)
    if party is not None and may_hear([party.participant.pk]):
        return chat.author_in_call(party)
    room = membership_of(user, wanted)
    if room is None:
        raise ActionError("not_member", _("You are not a member of this room."))
    return chat.Author(f"user:{user.pk}", user.name, room, user=user, is_host=is_host(user, room))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None
