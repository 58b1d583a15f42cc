"""JWTs for staff (S1.10): user_id, role, name and exp (24 h), and a fingerprint of the password that revokes them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.serializers import PasswordField
from rest_framework_simplejwt.tokens import RefreshToken

from accounts.models import User
from config.helpers.envelope import ApiError


def issue(user: User) -> RefreshToken:
    """A refresh token whose claims, role and name too, go over to its access tokens."""
    token: RefreshToken = RefreshToken.for_user(user)
    token["role"] = user.role
    token["name"] = user.name
    return token


def socket_token(user: User) -> str:
    """An access token for the signaling socket of a page that is logged in already."""
    return str(issue(user).access_token)


def user_of(token: str) -> User | None:
    """Whom an access token names, while the account lives and its password is the same."""
    door = JWTAuthentication()
    try:
        user = door.get_user(door.get_validated_token(token.encode()))
    except (InvalidToken, exceptions.AuthenticationFailed, ValueError):
        return None
    return user if isinstance(user, User) else None


class RoleTokenSerializer(serializers.Serializer[User]):
    """Name and password in, a pair of tokens out."""

    username = serializers.CharField(max_length=150, write_only=True)
    password = PasswordField(max_length=1000)
    access = serializers.CharField(read_only=True)
    refresh = serializers.CharField(read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        request: Request = self.context["request"]
        # The lock-out marks the request that it is given, and its middleware sees only Django's own.
        user = authenticate(request._request, **attrs)
        if not isinstance(user, User):
            raise ApiError("wrong_credentials", _("The name or the password is wrong."), 401)
        token = issue(user)
        return {"access": str(token.access_token), "refresh": str(token)}


class RoleRefreshSerializer(serializers.Serializer[User]):
    """A refresh token in, a pair of tokens out, with the role and name that the account has by now."""

    refresh = serializers.CharField(max_length=4096)
    access = serializers.CharField(read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        user = _refreshing_user(attrs["refresh"])
        token = issue(user)
        return {"access": str(token.access_token), "refresh": attrs["refresh"]}


def _refreshing_user(raw: str) -> User:
    """Raises InvalidToken for a wrong, expired or revoked token and for a withdrawn account."""
    try:
        user = JWTAuthentication().get_user(RefreshToken(raw))  # type: ignore[arg-type] # takes text
    except (TokenError, exceptions.AuthenticationFailed, ValueError) as error:
        raise InvalidToken from error
    if not isinstance(user, User):
        raise InvalidToken
    return user
