"""Names as pages show them."""

from __future__ import annotations

import re

from django import template

register = template.Library()


@register.filter
def given_name(name: str) -> str:
    """What stands in an avatar: a Korean given name, because family names are few; otherwise the first word, short."""
    first = (name.split() or [""])[0]
    return first[-2:] if re.fullmatch(r"[가-힣]{3,4}", first) else first[:3]
