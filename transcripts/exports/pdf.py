"""A document to print or to file: A4, Korean glyphs embedded, page numbers, a bookmarkable head."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from transcripts.exports.content import CUSTOMER, Content, Line, clock, facts
from transcripts.exports.text import one_line

FONTS = Path("static") / "vendor" / "fonts"
FACE = "Pretendard"
INK, QUIET, CUSTOMER_INK = (32, 36, 38), (105, 112, 116), (14, 98, 92)
MARGIN, TIME_WIDTH, NAME_WIDTH = 18.0, 16.0, 30.0
"""Millimetres."""
LEADING = 5.6


class FontMissing(Exception):
    """The font files are not there: `make setup` fetches them."""


def render(content: Content) -> bytes:
    """Raises FontMissing."""
    page = _Document(content)
    page.add_page()
    page.head()
    for line in content.lines:
        page.turn(line)
    return bytes(page.output())


class _Document(FPDF):
    def __init__(self, content: Content) -> None:
        super().__init__(format="A4")
        self.content = content
        for style, weight in (("", "Regular"), ("B", "Bold")):
            file = settings.BASE_DIR / FONTS / f"Pretendard-{weight}.ttf"
            if not file.exists():
                raise FontMissing(file.name)
            self.add_font(FACE, style, str(file))
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=MARGIN + 4)
        self.set_title(f"{content.title} {content.reference}")
        self.set_author(content.organisation)
        self.set_lang(content.language)

    def footer(self) -> None:
        self.set_y(-MARGIN + 2)
        self._font(8, QUIET)
        number = _("page %(n)s") % {"n": self.page_no()}
        self.cell(0, 4, f"{self.content.reference} · {number}", align="R")

    def head(self) -> None:
        self._font(9, QUIET)
        self._row(self.content.organisation)
        self._font(17, INK, bold=True)
        self._row(self.content.title, 10)
        for name, value in facts(self.content):
            self._font(9, QUIET)
            self.cell(34, LEADING, name)
            self._font(9, INK)
            self._row(value)
        self._font(9, QUIET)
        self.ln(2)
        for note in self.content.notices:
            self._row(note)
        self.ln(2)
        self.set_draw_color(*QUIET)
        self.line(MARGIN, self.get_y(), self.w - MARGIN, self.get_y())
        self.ln(4)

    def turn(self, line: Line) -> None:
        """Time, speaker, words; a turn that would begin on the last line goes to the next page."""
        if self.will_page_break(2 * LEADING):
            self.add_page()
        self._font(9, QUIET)
        self.cell(TIME_WIDTH, LEADING, clock(line.start_ms))
        self._font(10, CUSTOMER_INK if line.role == CUSTOMER else INK, bold=True)
        self.cell(NAME_WIDTH, LEADING, self._fitting(one_line(line.speaker), NAME_WIDTH - 2))
        self._font(10, QUIET if line.reason else INK)
        self.multi_cell(
            0, LEADING, one_line(line.text) or " ", new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L"
        )
        self.ln(1.4)

    def _row(self, text: str, height: float = LEADING) -> None:
        self.multi_cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")

    def _fitting(self, text: str, width: float) -> str:
        if self.get_string_width(text) <= width:
            return text
        while text and self.get_string_width(f"{text}…") > width:
            text = text[:-1]
        return f"{text}…"

    def _font(self, size: float, colour: tuple[int, int, int], *, bold: bool = False) -> None:
        self.set_font(FACE, "B" if bold else "", size)
        self.set_text_color(*colour)
