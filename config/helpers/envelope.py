"""The REST answers: `{"success": true, "data": ...}` and `{"success": false, "error": {"code", "message"}}`."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from config.helpers.errors import ApiError

__all__ = ["ApiError", "exception_handler", "failure", "success"]

logger = logging.getLogger(__name__)


def success(data: Any, status_code: int = status.HTTP_200_OK) -> Response:
    return Response({"success": True, "data": data}, status=status_code)


def failure(code: str, message: str, status_code: int, **details: Any) -> Response:
    return Response(
        {"success": False, "error": {"code": code, "message": message, **details}}, status=status_code
    )


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal of the API in one envelope with a stable code."""
    response = drf_handler(error, context)
    if response is None:
        return None
    code, message, details = _describe(error)
    body: dict[str, Any] = {"success": False, "error": {"code": code, "message": message, **details}}
    response.data = body
    return response


def _describe(error: Exception) -> tuple[str, str, dict[str, Any]]:
    if isinstance(error, ApiError):
        return error.code, str(error.detail), error.details
    if isinstance(error, exceptions.ValidationError):
        return "invalid", _("Some fields are missing or wrong."), {"fields": error.detail}
    if isinstance(error, Http404 | exceptions.NotFound):
        return "not_found", _("There is nothing here, or it is not yours to see."), {}
    if isinstance(error, PermissionDenied | exceptions.PermissionDenied):
        return "forbidden", _("You may not do this."), {}
    if isinstance(error, exceptions.Throttled):
        return (
            "too_many_requests",
            _("Too many requests. Please wait a moment."),
            {"retryAfter": getattr(error, "wait", None)},
        )
    if isinstance(error, exceptions.NotAuthenticated):
        return "not_authenticated", _("Please log in first."), {}
    if isinstance(error, exceptions.AuthenticationFailed):
        return "token_invalid", _("The token is wrong or has expired."), {}
    if isinstance(error, exceptions.ParseError):
        return "malformed", _("The request could not be read."), {}
    if isinstance(error, exceptions.APIException):
        return str(error.default_code), str(error.detail), {}
    return "error", _("Something went wrong."), {}
