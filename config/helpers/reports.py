"""What an error report may tell: where it happened, never what somebody said."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class QuietReporterFilter(SafeExceptionReporterFilter):
    """Local variables and posted fields hold words, names and numbers: reports show their names only, with DEBUG too."""

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        fields = request.POST if request is not None else {}
        return dict.fromkeys(fields, self.cleansed_substitute)

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: Any
    ) -> list[tuple[str, Any]]:
        return [(name, self.cleansed_substitute) for name in tb_frame.f_locals]
