"""`manage.py simulate_calls --calls N --seconds S`: real parties, real sound, through the running system."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.tokens import socket_token
from calls.simulation.runner import Failure, Target, run_calls
from calls.simulation.scenario import Outcome, Roles
from calls.simulation.sound import bursts
from calls.simulation.speech import read_pcm
from calls.simulation.stage import customer_token, lane


class Command(BaseCommand):
    help = "Hold simulated calls through the running system: sockets, WebRTC, recording. Reports what each side heard."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--calls", type=int, default=2)
        parser.add_argument("--seconds", type=float, default=10.0, help="length of each call's sound")
        parser.add_argument("--at-once", type=int, default=2, help="calls held at the same time")
        parser.add_argument("--relayed", action="store_true", help="always through the media server")
        parser.add_argument("--language", choices=("ko", "en"), default="ko")
        parser.add_argument("--customer-audio", type=Path, help="a sound file instead of made-up sound")
        parser.add_argument("--agent-audio", type=Path)
        parser.add_argument("--url", default=settings.PUBLIC_URL)
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        if options["calls"] < 1 or options["at_once"] < 1 or options["seconds"] <= 0:
            raise CommandError("--calls, --at-once and --seconds must be positive")
        speech = (
            self._speech(options["customer_audio"], options["seconds"], 440.0),
            self._speech(options["agent_audio"], options["seconds"], 660.0),
        )

        def prepare(number: int) -> Roles:
            stage = lane(number, team_name="simulation", relayed=options["relayed"])
            token = customer_token(
                stage, language=options["language"], name=_("simulated"), topic=_("simulation")
            )
            return Roles(token, socket_token(stage.agent), *speech)

        outcomes = asyncio.run(
            run_calls(Target.of(options["url"]), prepare, calls=options["calls"], at_once=options["at_once"])
        )
        self._report(outcomes, as_json=options["json"])
        if any(isinstance(outcome, Failure) for outcome in outcomes):
            raise CommandError("some calls failed")

    @staticmethod
    def _speech(path: Path | None, seconds: float, hertz: float) -> np.ndarray:
        if path is None:
            return bursts(seconds, hertz)
        if not path.is_file():
            raise CommandError(f"no such file: {path}")
        return read_pcm(path)

    def _report(self, outcomes: list[Outcome | Failure], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps([asdict(outcome) for outcome in outcomes]))
            return
        for outcome in outcomes:
            if isinstance(outcome, Failure):
                self.stdout.write(f"lane {outcome.lane}: FAILED {outcome.reason}")
            else:
                self.stdout.write(
                    f"{outcome.call_id} {outcome.path}: sound after {outcome.setup_seconds:.2f} s, "
                    f"customer heard {outcome.customer_heard:.2f}, agent heard {outcome.agent_heard:.2f}, "
                    f"{outcome.captions} captions"
                )
