"""Who a JWT stands for: an access token of a living account whose password has not changed since."""

from __future__ import annotations

from dataclasses import dataclass

from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken

from accounts.models import User
from calls.actions.renewing import LoginKey


@dataclass(frozen=True, slots=True)
class Login:
    user: User
    expires_at: int
    """Unix seconds."""

    @property
    def key(self) -> LoginKey:
        return self.user.pk, self.user.password


def check_login(token: str) -> Login | None:
    """None for a token that is made up, expired, revoked, or of a closed account."""
    door = JWTAuthentication()
    try:
        claims = door.get_validated_token(token.encode())
        user = door.get_user(claims)
    except (InvalidToken, AuthenticationFailed, UnicodeEncodeError, ValueError):
        return None
    return Login(user, int(claims["exp"])) if isinstance(user, User) else None
