"""REST: the transcript of a call for programs of the house. Staff by JWT; authorization is the query."""

from __future__ import annotations

import uuid
from typing import TypeVar

from django.http import Http404, HttpResponse, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from calls.models import Call
from config.helpers.envelope import ApiError, success
from transcripts.actions.export import ExportRefused, export_data, export_text
from transcripts.exports.formats import FORMATS
from transcripts.search import with_agents

AnyResponse = TypeVar("AnyResponse", bound=HttpResponseBase)

MESSAGES = {
    "unknown_format": _("There is no such format."),
    "not_ready": _("The call is not over, or its words are erased."),
    "font_missing": _("The PDF font is missing on the server. Run: make setup"),
}


class TranscriptView(APIView):
    permission_classes = (IsAuthenticated,)
    throttle_scope = "read"

    @extend_schema(
        operation_id="read_transcript",
        summary="What was said in a call, masked",
        description="In the envelope, or with `as` the file of a format. Each answer is on record as an export.",
        parameters=[OpenApiParameter("as", OpenApiTypes.STR, enum=sorted(FORMATS))],
        responses={200: OpenApiResponse(OpenApiTypes.OBJECT)},
    )
    def get(self, request: Request, call_id: str) -> Response | HttpResponse:
        user, call = _visible(request, call_id)
        form = request.query_params.get("as", "")
        try:
            if not form:
                return _private(success({"transcript": export_data(user, call)}))
            document = export_text(user, call, form)
        except ExportRefused as error:
            status = 409 if error.code == "not_ready" else 400
            raise ApiError(error.code, str(MESSAGES[error.code]), status) from error
        response = HttpResponse(document.body, content_type=document.content_type)
        response["Content-Disposition"] = f'attachment; filename="{document.file_name}"'
        return _private(response)


def _visible(request: Request, call_id: str) -> tuple[User, Call]:
    user = request.user
    if not isinstance(user, User):
        raise Http404
    try:
        wanted = uuid.UUID(call_id)
    except ValueError:
        raise Http404 from None
    call = with_agents(Call.objects.visible_to(user)).filter(pk=wanted).first()
    if call is None:
        raise Http404
    return user, call


def _private(response: AnyResponse) -> AnyResponse:
    response["Cache-Control"] = "no-store"
    return response
