"""Times as staff read them: 04:12, 1:04:12."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template

register = template.Library()


@register.filter
def clock(length: timedelta | None) -> str:
    """Minutes and seconds; an en dash where nothing was measured."""
    return "–" if length is None else clock_ms(round(length.total_seconds() * 1000))


@register.filter
def clock_ms(milliseconds: int) -> str:
    minutes, seconds = divmod(max(0, milliseconds) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes:02d}:{seconds:02d}"


@register.filter
def since(start: datetime, now: datetime) -> timedelta:
    return now - start
