"""What can go wrong with an engine of the assistant, in stable codes; `retry` says whether asking again may help."""

from __future__ import annotations


class AssistantError(Exception):
    code = "assistant_failed"
    retry = False


class KeyMissing(AssistantError):
    """An endpoint is set, and no key for it, or it refuses the key."""

    code = "key_missing"


class ProviderDown(AssistantError):
    """No answer in time, or an answer that is none. After some of these nobody asks for a while."""

    code = "provider_down"
    retry = True


class ProviderRefused(AssistantError):
    """The endpoint will not answer this."""

    code = "provider_refused"


class VoiceUnavailable(AssistantError):
    """Nothing here can speak; the text is there all the same."""

    code = "voice_unavailable"


class BudgetUsedUp(AssistantError):
    """What was set aside for this month has been used."""

    code = "budget_used_up"


class HeldBack(AssistantError):
    """The model recited what it was told to keep."""

    code = "held_back"
