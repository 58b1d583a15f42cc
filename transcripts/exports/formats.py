"""The formats of a transcript: one row each, and nothing else knows how many there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from transcripts.exports import data, pdf, subtitles, text
from transcripts.exports.content import Content


@dataclass(frozen=True, slots=True)
class Format:
    """`name` is also the file's ending."""

    name: str
    label: str | Promise
    content_type: str
    render: Callable[[Content], bytes]


FORMATS = {
    each.name: each
    for each in (
        Format("pdf", _("Transcript"), "application/pdf", pdf.render),
        Format("txt", _("Plain text"), "text/plain; charset=utf-8", text.render),
        Format("srt", _("Subtitles"), "application/x-subrip; charset=utf-8", subtitles.srt),
        Format("vtt", _("Subtitles for the web"), "text/vtt; charset=utf-8", subtitles.vtt),
        Format("json", _("Data"), "application/json", data.render),
    )
}
