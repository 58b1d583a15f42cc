"""`manage.py demo`: two bundled calls, one Korean and one English, held through the running system.

The speech is bundled and the model knows only these sentences: it shows the whole path, not recognition. Calls made here are
marked as simulated and their transcripts say "fixture".
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from accounts.tokens import socket_token
from calls.models import Call
from calls.simulation.runner import Failure, Target, run_calls
from calls.simulation.scenario import Roles
from calls.simulation.speech import read_pcm
from calls.simulation.stage import customer_token, lane
from transcripts.models import CallTranscript, Utterance

SPEECH = Path(__file__).resolve().parents[2] / "fixture" / "demo"
LANGUAGES = ("ko", "en")
CUSTOMERS = {"ko": ("데모 고객", "데모"), "en": ("Demo customer", "Demo")}
TRANSCRIPT_SECONDS = 120


class Command(BaseCommand):
    help = "Hold a bundled Korean and a bundled English call through the running system and print their transcripts."

    def handle(self, **_options: Any) -> None:
        self.stdout.write(
            "DEMO: bundled speech and a model that knows only these sentences; not speech recognition."
        )
        for call_id in [self._hold(language) for language in LANGUAGES]:
            self._show(call_id)

    @staticmethod
    def _hold(language: str) -> str:
        """One call after the other: two at once are too much for a small machine, and the last words get lost."""
        target = Target.of(settings.PUBLIC_URL)
        [outcome] = asyncio.run(run_calls(target, partial(_roles, language), calls=1, at_once=1))
        if isinstance(outcome, Failure):
            raise CommandError(f"the demo call failed: {outcome.reason} (is the system running? make run)")
        return outcome.call_id

    def _show(self, call_id: str) -> None:
        transcript = self._wait(call_id)
        call = Call.objects.get(pk=call_id)
        self.stdout.write(f"\n{call.reference} ({call.language}) {settings.PUBLIC_URL}{self._page(call)}")
        self.stdout.write(f"transcript: {transcript.state}, masked words are shown as dots")
        for utterance in Utterance.objects.filter(call=call, source="offline").select_related("participant"):
            seconds = utterance.start_ms // 1000
            self.stdout.write(
                f"  {seconds // 60:02d}:{seconds % 60:02d} {utterance.participant.role:9} {utterance.masked_text}"
            )

    @staticmethod
    def _page(call: Call) -> str:
        return reverse("transcripts:record", args=[call.pk])

    def _wait(self, call_id: str) -> CallTranscript:
        """Long work shows progress."""
        deadline = time.monotonic() + TRANSCRIPT_SECONDS
        while time.monotonic() < deadline:
            transcript = CallTranscript.objects.filter(call_id=call_id).first()
            if transcript is not None and transcript.state in {"ready", "partial", "waiting_model"}:
                return transcript
            self.stdout.write(".", ending="")
            self.stdout.flush()
            time.sleep(1)
        raise CommandError("the transcript did not appear; is the worker running?")


def _roles(language: str, number: int) -> Roles:
    stage = lane(number, team_name="demo")
    name, topic = CUSTOMERS[language]
    customer, agent = (read_pcm(SPEECH / f"{language}-{side}.opus") for side in ("customer", "agent"))
    return Roles(
        customer_token(stage, language=language, name=name, topic=topic),
        socket_token(stage.agent),
        customer,
        agent,
    )
