"""What is hidden: abuse, and the kinds of personal data. The codes are stored with every mask and stable."""

from __future__ import annotations

from enum import StrEnum

PROFANITY = "profanity"


class PersonalData(StrEnum):
    """Kinds of personal data; in texts each stands as `[KIND]`."""

    RRN = "rrn"
    """Resident registration number (주민등록번호)."""
    FRN = "frn"
    """Foreigner registration number (외국인등록번호)."""
    PHONE = "phone"
    CARD = "card"
    ACCOUNT = "account"
    BUSINESS = "business"
    """Business registration number (사업자등록번호)."""
    PASSPORT = "passport"
    LICENCE = "licence"
    """Driver's licence number."""
    EMAIL = "email"
    ADDRESS = "address"


ALL_PERSONAL_DATA = tuple(kind.value for kind in PersonalData)


def label(kind: str) -> str:
    """How a piece of personal data stands in a masked text."""
    return f"[{kind.upper()}]"
