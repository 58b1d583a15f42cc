"""The API's own refusal. Apart from the envelope, because parsers are imported before any view can be."""

from __future__ import annotations

from typing import Any

from rest_framework import exceptions, status


class ApiError(exceptions.APIException):
    """An error with a stable code. `message` is for people, in their language."""

    def __init__(
        self, code: str, message: str, status_code: int = status.HTTP_400_BAD_REQUEST, **details: Any
    ) -> None:
        super().__init__(detail=message, code=code)
        self.code = code
        self.status_code = status_code
        self.details = details
