"""Who a JWT stands for: an access token of a living account whose password has not changed since."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken

from accounts.models import User


@dataclass(frozen=True, slots=True)
class Login:
    user: User
    expires_at: int
    """Unix seconds."""


def check_login(token: str) -> Login | None:
    """None for a token that is made up, expired, revoked, or of a closed account."""
    door = JWTAuthentication()
    try:
        claims = door.get_validated_token(token.encode())
        user = door.get_user(claims)
    except (InvalidToken, AuthenticationFailed, UnicodeEncodeError, ValueError):
        return None
    return Login(user, int(claims["exp"])) if isinstance(user, User) else None


def unchanged(logins: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Of accounts, each with the hashed password of its log-in, those that live and have it still."""
    living = User.objects.filter(pk__in={user_id for user_id, _password in logins}, is_active=True)
    return set(living.values_list("pk", "password")) & set(logins)
