"""The verbs of the API. What the pages refuse is refused here too; what may not be seen is not found."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication

from accounts.models import User
from calls.access import Party, offers_of, staff_party
from calls.actions.calls import CustomerDetails, end_call, mark_connected, place_call
from calls.actions.errors import ActionError
from calls.actions.offers import accept_offer
from calls.api.authentication import CallTokenAuthentication
from calls.api.schema import answers, envelope, enveloped
from calls.api.serializers import (
    CallSerializer,
    ConnectSerializer,
    PlaceCallSerializer,
    RtcConfigurationSerializer,
    place_for,
)
from calls.forms import CallForm
from calls.models import Call, Offer, Place
from calls.models.call import CallSource
from calls.rtc import rtc_configuration
from calls.states import CallStatus
from config.helpers.envelope import ApiError, success

STATUS_OF = {
    "not_found": status.HTTP_404_NOT_FOUND,
    "forbidden": status.HTTP_403_FORBIDDEN,
    "wrong_state": status.HTTP_409_CONFLICT,
    "offer_gone": status.HTTP_409_CONFLICT,
}
RTC = envelope("RtcAnswer", RtcConfigurationSerializer())
ONE_CALL = enveloped("CallAnswer", call=CallSerializer())


class CallsView(APIView):
    """Customers by their call's token, staff by JWT."""

    authentication_classes: tuple[type[BaseAuthentication], ...] = (
        CallTokenAuthentication,
        JWTAuthentication,
    )
    permission_classes: tuple[type[BasePermission], ...] = (IsAuthenticated,)
    throttle_scope = "read"

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, ActionError):
            exc = ApiError(exc.code, exc.message, STATUS_OF.get(exc.code, status.HTTP_400_BAD_REQUEST))
        return super().handle_exception(exc)

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(*args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


class ConfigView(CallsView):
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="rtc_configuration",
        summary="How to connect",
        description="An RTCConfiguration. TURN servers, with credentials that run out, only for who sends a token.",
        responses=answers({200: RTC}, 401),
    )
    def get(self, request: Request) -> Response:
        return success(rtc_configuration(_identity(request)))


class PlaceCallView(CallsView):
    """Anyone may call: a customer has no account."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_scope = "place-call"

    @extend_schema(
        operation_id="place_call",
        summary="Call a place",
        description="The answer holds the call's token. It is told this once, and is the customer's only key.",
        auth=[],
        request=PlaceCallSerializer,
        responses=answers(
            {201: enveloped("PlacedCallAnswer", call=CallSerializer(), token=CharField())}, 400, 404
        ),
        examples=[
            OpenApiExample(
                "A call", value={"callerNumber": "010-1234-5678", "consent": True}, request_only=True
            )
        ],
    )
    def post(self, request: Request) -> Response:
        serializer = PlaceCallSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        wanted = serializer.validated_data
        place = place_for(wanted.get("receiverNumber"))
        if place is None:
            raise Http404
        call, token = place_call(place, _details(place, wanted), source=CallSource.API)
        data = {"call": CallSerializer(call).data, "token": token}
        return success(data, status.HTTP_201_CREATED)


class CallView(CallsView):
    @extend_schema(
        operation_id="read_call", summary="Where a call stands", responses=answers({200: ONE_CALL}, 401, 404)
    )
    def get(self, request: Request, call_id: str) -> Response:
        return _answer(_visible(request, call_id))


class ConnectView(CallsView):
    @extend_schema(
        operation_id="connect_call",
        summary="Answer a call, or say that sound flows",
        description=(
            "By the agent to whom the call is offered: RINGING → CONNECTING. By a party of the call: sound flows on "
            "its side, CONNECTING → IN_PROGRESS; saying it again is no error."
        ),
        request=ConnectSerializer,
        responses=answers({200: ONE_CALL}, 400, 401, 403, 404, 409),
    )
    def post(self, request: Request, call_id: str) -> Response:
        serializer = ConnectSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        offer = _offer(request, call_id)
        if offer is not None:
            return _answer(accept_offer(offer.agent, offer.pk))
        party = _party(request, call_id)
        mark_connected(party, serializer.validated_data["path"])
        return _answer(party.call)


class EndView(CallsView):
    @extend_schema(
        operation_id="end_call",
        summary="Hang up",
        description="By a party of the call. Ending a call that is over is no error.",
        request=None,
        responses=answers({200: ONE_CALL}, 401, 403, 404),
    )
    def post(self, request: Request, call_id: str) -> Response:
        party = _party(request, call_id)
        end_call(party)
        return _answer(party.call)


def _answer(call: Call) -> Response:
    return success({"call": CallSerializer(Call.objects.select_related("place").get(pk=call.pk)).data})


def _identity(request: Request) -> str | None:
    """Whom the TURN credentials are for, as an id; None for a stranger."""
    if isinstance(request.auth, Party):
        return str(request.auth.participant.pk)
    return f"user-{request.user.pk}" if isinstance(request.user, User) else None


def _details(place: Place, wanted: dict[str, Any]) -> CustomerDetails:
    """Held to the rules of the page's own form. Raises ApiError(invalid) in the API's names."""
    form = CallForm(
        {
            "topic": wanted.get("topic", ""),
            "name": wanted.get("name", ""),
            "contact": wanted["callerNumber"],
            "question": wanted.get("question", ""),
            "language": wanted.get("language", settings.LANGUAGE_CODE),
            "consent": True,
        },
        place=place,
    )
    if not form.is_valid():
        fields = {{"contact": "callerNumber"}.get(name, name): errors for name, errors in form.errors.items()}
        raise ApiError("invalid", _("Some fields are missing or wrong."), fields=fields)
    return replace(form.details(), consented=wanted.get("consent", False))


def _visible(request: Request, call_id: str) -> Call:
    wanted = _uuid(call_id)
    if isinstance(request.auth, Party):
        if request.auth.call.pk != wanted:
            raise Http404
        return request.auth.call
    call = Call.objects.visible_to(_user(request)).filter(pk=wanted).first()
    if call is None:
        raise Http404
    return call


def _party(request: Request, call_id: str) -> Party:
    """The caller's own place in the call. Who may only look on is forbidden to act."""
    call = _visible(request, call_id)
    party = request.auth if isinstance(request.auth, Party) else staff_party(_user(request), call.pk)
    if party is None:
        raise ApiError("forbidden", _("You may not do this."), status.HTTP_403_FORBIDDEN)
    return party


def _offer(request: Request, call_id: str) -> Offer | None:
    """The caller's ringing offer of this call."""
    if isinstance(request.auth, Party):
        return None
    offers = offers_of(_user(request)).pending().select_related("agent")  # type: ignore[attr-defined] # OfferQuerySet
    found: Offer | None = offers.filter(call_id=_uuid(call_id), call__status=CallStatus.RINGING).first()
    return found


def _user(request: Request) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404 from None
