"""REST: one exchange with the assistant (S2.5)."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.http import Http404, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication

from accounts.models import User
from calls.access import Party, staff_party
from calls.api.authentication import CallTokenAuthentication
from calls.api.schema import answers, enveloped
from calls.models import Call
from config.helpers.envelope import ApiError, success
from transcripts import tasks
from transcripts.actions.asked import exchange_of, keep
from transcripts.actions.converse import MAX_PROMPT, ConversationRefused, Exchange, converse
from transcripts.actions.converse_aloud import converse_aloud
from transcripts.assistant.voice import VOICES
from transcripts.conversation_stream import MEDIA_TYPE, EventStreamRenderer, audio_url, streamed
from transcripts.models import AskedLater
from transcripts.speech import availability

MAX_BYTES = 10 * 1024 * 1024
REFUSALS: dict[str, tuple[int, Any]] = {
    "undecodable_audio": (
        400,
        _("The recording could not be read. Send WebM, MP3 or WAV of at most two minutes."),
    ),
    "no_speech": (422, _("Nothing was said in the recording.")),
    "no_model": (503, _("No speech model is installed, so nobody can hear the recording.")),
    "wrong_state": (409, _("The call is over.")),
    "key_missing": (503, _("The assistant's language model has no valid key. Ask the administrator.")),
    "provider_down": (503, _("The assistant's language model does not answer. Please try again.")),
    "provider_refused": (422, _("The assistant may not answer this.")),
}
FAILED = (503, _("The assistant could not answer. Please try again."))


class ConversationSerializer(serializers.Serializer[Any]):
    audio = serializers.FileField(
        help_text="WebM, MP3, WAV, or what else holds sound; at most 10 MB and two minutes."
    )
    callId = serializers.UUIDField()  # noqa: N815 - the names are those of S2
    systemPrompt = serializers.CharField(max_length=MAX_PROMPT, required=False, allow_blank=True)  # noqa: N815
    voice = serializers.ChoiceField(choices=VOICES, required=False)


class ConversationView(APIView):
    authentication_classes: tuple[type[BaseAuthentication], ...] = (
        CallTokenAuthentication,
        JWTAuthentication,
    )
    permission_classes = (IsAuthenticated,)
    parser_classes = (MultiPartParser,)
    renderer_classes = (JSONRenderer, EventStreamRenderer)
    throttle_scope = "conversation"

    @extend_schema(
        operation_id="process_conversation",
        summary="Say something to the assistant and hear its answer",
        description=(
            "Speech to text, an answer by the language model (or from the answers of the house), and speech again. The latest "
            "turns of the call are context. `audioUrl` is empty and `voiceMissing` true where nothing can speak. "
            "With `Prefer: respond-async` it answers 202 at once, and `statusUrl` has the answer. With `Accept: "
            "text/event-stream` it answers in server-sent events, as soon as each is known: `heard` {userMessage}, for each "
            "sentence `sentence` {number, text} and `audio` {number, audioUrl}, at the end `done` with the same body as the "
            "plain answer. What goes wrong on the way is `error` with the body of the plain refusal, and the last event; "
            "sentences told before it stay in the history."
        ),
        request={"multipart/form-data": ConversationSerializer},
        responses=answers(
            {
                200: enveloped("ConversationAnswer", conversation=serializers.DictField()),
                (200, MEDIA_TYPE): OpenApiTypes.STR,
                202: enveloped(
                    "ConversationPending", status=serializers.CharField(), statusUrl=serializers.CharField()
                ),
            },
            400,
            401,
            404,
            409,
        ),
    )
    def post(self, request: Request) -> Response | StreamingHttpResponse:
        given = request.FILES.get("audio")
        if given is not None and (given.size or 0) > MAX_BYTES:
            raise ApiError("too_large", str(_("The recording may have 10 MB.")), 413)
        serializer = ConversationSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        wanted = serializer.validated_data
        call = _call(request, wanted["callId"])
        if _wants_later(request):
            return _later(call, wanted)
        said = (wanted["audio"].read(), wanted.get("systemPrompt", ""), wanted.get("voice", ""))
        if isinstance(request.accepted_renderer, EventStreamRenderer):
            return streamed(converse_aloud(call, *said), _payload, partial(_refused, call))
        try:
            made = converse(call, *said)
        except ConversationRefused as error:
            raise _refusal(call, error) from error
        response = success(_payload(made))
        response["Cache-Control"] = "no-store"
        return response

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """A refusal is JSON, whatever would have been streamed."""
        done = super().finalize_response(request, response, *args, **kwargs)
        if isinstance(done, Response) and isinstance(done.accepted_renderer, EventStreamRenderer):
            done.accepted_renderer, done.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
        return done


class ConversationStatusView(APIView):
    authentication_classes = ConversationView.authentication_classes
    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="conversation_status",
        summary="The answer to what was sent with `Prefer: respond-async`",
        description=(
            "`status` is pending until the answer is there; then it is done, and the rest is as if answered at once. A "
            "refusal is the one that would have come at once. It is kept for an hour."
        ),
        responses=answers(
            {200: enveloped("ConversationStatus", status=serializers.CharField())}, 401, 404, 409
        ),
    )
    def get(self, request: Request, asked_id: str) -> Response:
        asked = _asked(request, asked_id)
        try:
            made = exchange_of(asked)
        except ConversationRefused as error:
            raise _refusal(asked.call, error) from error
        response = success({"status": "done", **_payload(made)} if made else {"status": "pending"})
        if made is None:
            response["Retry-After"] = "1"
        response["Cache-Control"] = "no-store"
        return response


def _wants_later(request: Request) -> bool:
    wishes = request.headers.get("Prefer", "").lower().split(",")
    return "respond-async" in {wish.partition(";")[0].strip() for wish in wishes}


def _later(call: Call, wanted: dict[str, Any]) -> Response:
    try:
        asked = keep(call, wanted["audio"].read(), wanted.get("systemPrompt", ""), wanted.get("voice", ""))
    except ConversationRefused as error:
        raise _refusal(call, error) from error
    tasks.answer_kept.delay(str(asked.pk))
    url = reverse("api-conversation-status", args=[asked.pk])
    response = success({"status": "pending", "statusUrl": url}, 202)
    response["Location"], response["Preference-Applied"] = url, "respond-async"
    response["Cache-Control"] = "no-store"
    return response


def _asked(request: Request, asked_id: str) -> AskedLater:
    """One of a call that is the caller's own."""
    try:
        asked = AskedLater.objects.select_related("call__place", "turn").get(pk=uuid.UUID(asked_id))
    except (AskedLater.DoesNotExist, ValueError) as error:
        raise Http404 from error
    _call(request, asked.call_id)
    return asked


def _refusal(call: Call, error: ConversationRefused) -> ApiError:
    refused = _refused(call, error)
    status, _sentence = REFUSALS.get(error.code, FAILED)
    return ApiError(refused.pop("code"), refused.pop("message"), status, **refused)


def _refused(call: Call, error: ConversationRefused) -> dict[str, Any]:
    _status, sentence = REFUSALS.get(error.code, FAILED)
    details = {"how": availability(call).how} if error.code == "no_model" else {}
    return {"code": error.code, "message": str(sentence), **details}


def _call(request: Request, call_id: uuid.UUID) -> Call:
    """The caller's own call: the customer's by its token, or one in which the member of staff takes part."""
    if isinstance(request.auth, Party):
        party: Party | None = request.auth if request.auth.call.pk == call_id else None
    else:
        party = staff_party(request.user, call_id) if isinstance(request.user, User) else None
    if party is None:
        raise Http404
    return party.call


def _payload(made: Exchange) -> dict[str, Any]:
    data: dict[str, Any] = {
        "conversation": {
            "userMessage": made.turn.user_text,
            "aiResponse": made.turn.reply,
            "sentiment": {"sentiment": made.turn.sentiment, "score": made.turn.score},
            "timestamp": made.at.isoformat(),
            "sources": made.turn.sources,
        },
        "audioUrl": audio_url(made.audio),
        "automatic": True,
        "model": made.turn.model,
    }
    if made.voice_missing:
        data["voiceMissing"] = True
    if made.fell_back:
        data["degraded"] = True
    return data
