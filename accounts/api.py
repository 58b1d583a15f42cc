"""Log-in for integrators and agents' own clients: JWT by name and password."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from accounts.tokens import RoleRefreshSerializer, RoleTokenSerializer
from config.helpers.envelope import success


class TokenView(APIView):
    """One answer of the two: what differs is the serializer."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "login"
    serializer_class: ClassVar[type[RoleTokenSerializer | RoleRefreshSerializer]]

    def get_authenticate_header(self, request: Request) -> str:
        """So that a refused token is answered 401 although the door itself asks for none."""
        return 'Bearer realm="api"'

    def answer(self, request: Request) -> Response:
        serializer = self.serializer_class(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        response = success(serializer.validated_data)
        response["Cache-Control"] = "no-store"
        return response


class ObtainToken(TokenView):
    """Name and password for an access token (24 h) and a refresh token. 401 `wrong_credentials`, 429 `locked_out`."""

    serializer_class = RoleTokenSerializer

    @extend_schema(request=RoleTokenSerializer, responses=RoleTokenSerializer, operation_id="log_in")
    def post(self, request: Request) -> Response:
        return self.answer(request)


class RefreshToken(TokenView):
    """A fresh access token. 401 `token_invalid` once the account is withdrawn or its password changed."""

    serializer_class = RoleRefreshSerializer

    @extend_schema(
        request=RoleRefreshSerializer, responses=RoleRefreshSerializer, operation_id="refresh_token"
    )
    def post(self, request: Request) -> Response:
        return self.answer(request)
