"""QR codes of places, as inline SVG and for the terminal. No file, no script, no address outside."""

from __future__ import annotations

from io import StringIO

import segno
from django.utils.safestring import SafeString


def svg(link: str) -> SafeString:
    """An `<svg class="qr">` that takes the size of its box. Level M: a poster may be scratched a little."""
    # What the library writes is numbers and fixed words; the link is in the pattern only.
    return SafeString(
        segno.make(link, error="m", micro=False).svg_inline(
            border=0, omitsize=True, svgclass="qr", lineclass=None, dark="#000"
        )
    )


def terminal(link: str) -> str:
    """Two modules per character cell, with the quiet zone that cameras need."""
    out = StringIO()
    segno.make(link, error="l", micro=False).terminal(out, border=2, compact=True)
    return out.getvalue()
