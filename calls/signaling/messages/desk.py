"""What an agent's desk asks for."""

# ruff: noqa: RUF009 - the calls declare fields, as dataclasses.field does
from __future__ import annotations

import uuid
from dataclasses import dataclass

from calls.signaling.fields import choice, identifier
from calls.signaling.messages.base import Needs, Request, request


@request("open-desk", needs=Needs.LOGIN)
@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDesk(Request):
    pass


@request("set-state", needs=Needs.LOGIN)
@dataclass(frozen=True, slots=True, kw_only=True)
class SetState(Request):
    state: str = choice("available", "away", "offline")


@request("accept-offer", needs=Needs.LOGIN)
@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptOffer(Request):
    offer_id: uuid.UUID = identifier()


@request("reject-offer", needs=Needs.LOGIN)
@dataclass(frozen=True, slots=True, kw_only=True)
class RejectOffer(Request):
    offer_id: uuid.UUID = identifier()
