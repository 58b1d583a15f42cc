"""Customers at the API: `Authorization: Call <token>`, the capability token of one call."""

from __future__ import annotations

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from calls.access import Party, customer_party

KEYWORD = "Call"


class Customer:
    """Who holds a call's token: known by nothing else. The id is that of the place in the call; limits are counted by it."""

    is_authenticated = True
    is_active = True

    def __init__(self, party: Party) -> None:
        self.pk = party.participant.pk


class CallTokenAuthentication(BaseAuthentication):
    """`request.auth` is the customer's Party."""

    def authenticate(self, request: Request) -> tuple[Customer, Party] | None:
        keyword, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if keyword.lower() != KEYWORD.lower():
            return None
        return self.known(token)

    def known(self, token: str) -> tuple[Customer, Party]:
        party = customer_party(token.strip())
        if party is None:
            raise AuthenticationFailed
        return Customer(party), party

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class CallTokenAsBearer(CallTokenAuthentication):
    """The same with `Bearer`, as pages send it that do not know whose token they hold. A JWT has dots, ours has none."""

    def authenticate(self, request: Request) -> tuple[Customer, Party] | None:
        keyword, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if keyword.lower() == "bearer" and "." not in token:
            return self.known(token)
        return super().authenticate(request)


class CallTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # its registry has no types
    target_class = CallTokenAuthentication
    name = "callToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "A customer's key to one call, as `POST /api/v1/calls` has told it: `Call <token>`.",
        }


class BearerCallTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # likewise
    target_class = CallTokenAsBearer
    name = "callTokenAsBearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A customer's key to one call."}
