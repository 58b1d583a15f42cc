"""What people read in place of the codes that are stored."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from transcripts.masking.kinds import PROFANITY, PersonalData

KINDS: dict[str, Promise] = {
    PROFANITY: _("abusive word"),
    PersonalData.RRN: _("resident registration number"),
    PersonalData.FRN: _("foreigner registration number"),
    PersonalData.PHONE: _("phone number"),
    PersonalData.CARD: _("card number"),
    PersonalData.ACCOUNT: _("account number"),
    PersonalData.BUSINESS: _("business registration number"),
    PersonalData.PASSPORT: _("passport number"),
    PersonalData.LICENCE: _("driver's licence number"),
    PersonalData.EMAIL: _("e-mail address"),
    PersonalData.ADDRESS: _("address"),
}

MISSING: dict[str, Promise] = {
    "undecodable_audio": _("damaged recording"),
    "recognition_failed": _("the speech engine gave up"),
    "file_missing": _("the recording is gone"),
}


def kind_label(kind: str) -> str:
    """A kind of mask in the reader's language; an unknown one as it is stored."""
    return str(KINDS.get(kind, kind))


def missing_label(reason: str) -> str:
    """Why a stretch could not be heard."""
    return str(MISSING.get(reason, _("it could not be heard")))
