"""Under /api/v1/auth/."""

from __future__ import annotations

from django.urls import path

from accounts.api import ObtainToken, RefreshToken

urlpatterns = [
    path("token/", ObtainToken.as_view(), name="auth-token"),
    path("refresh/", RefreshToken.as_view(), name="auth-refresh"),
]
