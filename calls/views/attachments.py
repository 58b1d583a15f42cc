"""How a file of a chat leaves the house."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

from django.http import Http404, StreamingHttpResponse
from django.utils.http import content_disposition_header

from calls.models import Attachment
from calls.vault import VaultError

logger = logging.getLogger(__name__)

PIECE = 64 * 1024


def attachment_response(found: Attachment, *, shown: bool) -> StreamingHttpResponse:
    """To be saved, or (`shown`, pictures only) looked at in the page. Raises Http404 where its bytes cannot be read."""
    try:
        with found.open():
            pass
    except (FileNotFoundError, VaultError) as error:
        logger.error("file cannot be read: %s", type(error).__name__, extra={"file": found.pk})
        raise Http404 from error
    shown = shown and found.is_image
    response = StreamingHttpResponse(_pieces(found), content_type=found.content_type)
    response["Content-Length"] = str(found.size)
    response["Content-Disposition"] = content_disposition_header(not shown, found.name) or "inline"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response


async def _pieces(file: Attachment) -> AsyncIterator[bytes]:
    """In a thread: a slow disk must not hold up the sockets of this process."""
    with await asyncio.to_thread(file.open) as content:
        for start in range(0, content.size, PIECE):
            yield await asyncio.to_thread(content.read_at, start, PIECE)
