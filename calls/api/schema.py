"""How the answers look in the description at /api/docs: the envelope around each, and every refusal's shape."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, inline_serializer
from rest_framework import serializers

ERROR = inline_serializer(
    "Error",
    {
        "success": serializers.BooleanField(default=False),
        "error": inline_serializer(
            "ErrorDetail",
            {
                "code": serializers.CharField(help_text="Stable, for programs."),
                "message": serializers.CharField(help_text="For people, in their language."),
                "fields": serializers.DictField(
                    required=False, help_text="With `invalid`: what is wrong, by field."
                ),
                "retryAfter": serializers.FloatField(
                    required=False, help_text="With `too_many_requests`: seconds."
                ),
            },
        ),
    },
)
MEANINGS = {
    400: ("malformed", "The body could not be read, or a field is wrong (`invalid`)."),
    401: ("token_invalid", "The token is missing (`not_authenticated`), wrong or expired."),
    403: ("forbidden", "The call may be seen but is not yours to do this to."),
    404: ("not_found", "No such call or place, or not yours to see."),
    409: ("wrong_state", "The call is not in a state for this."),
    429: ("too_many_requests", "Wait as long as `retryAfter` says."),
}


def enveloped(name: str, **data: Any) -> Any:
    """`{"success": true, "data": {...}}`."""
    return envelope(name, inline_serializer(f"{name}Data", data))


def envelope(name: str, body: Any) -> Any:
    return inline_serializer(name, {"success": serializers.BooleanField(default=True), "data": body})


def answers(good: dict[Any, Any], *refusals: int) -> dict[Any, Any]:
    """`good` by status, or by status and media type."""
    return good | {status: _refusal(status) for status in (*refusals, 429)}


def _refusal(status: int) -> OpenApiResponse:
    code, description = MEANINGS[status]
    value = {"success": False, "error": {"code": code, "message": description.split(",")[0]}}
    example = OpenApiExample(code, value=value, response_only=True, status_codes=[str(status)])
    return OpenApiResponse(ERROR, description=description, examples=[example])
