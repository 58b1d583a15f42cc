"""How the assistant of a place is set up, and which version of its prompt is in force. A version never changes."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts.models import User
from transcripts.models import AssistantPolicy, AssistantPrompt


def version_of(policy: AssistantPolicy, author: User | None = None) -> AssistantPrompt | None:
    """The version of the prompt in force; it is written down when it is new. None where nothing is set up at all."""
    if not policy.pk:
        return None
    latest = policy.prompts.first()
    if latest is not None and latest.text == policy.prompt:
        return latest
    return _add(policy, author)


def _add(policy: AssistantPolicy, author: User | None) -> AssistantPrompt:
    last = policy.prompts.aggregate(last=Max("number"))["last"] or 0
    try:
        with transaction.atomic():
            return AssistantPrompt.objects.create(
                policy=policy, number=last + 1, text=policy.prompt, author=author
            )
    except IntegrityError:  # two calls at once
        return AssistantPrompt.objects.get(policy=policy, number=last + 1)


@transaction.atomic
def save_policy(user: User, policy: AssistantPolicy) -> None:
    policy.save()
    version_of(policy, user)


@transaction.atomic
def restore(user: User, version: AssistantPrompt) -> None:
    """An earlier prompt is in force again, as a new version."""
    policy = version.policy
    policy.prompt = version.text
    save_policy(user, policy)
