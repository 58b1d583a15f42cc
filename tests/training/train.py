"""Teaches the model: some minutes on a graphics processor."""

from __future__ import annotations

import copy
import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader, IterableDataset

from tests.training import archive, sound, spoken, tokens, windows
from tests.training.features import features
from tests.training.loss import Judge, Judged
from tests.training.model import Whisper
from tests.training.spoken import RATE, Speech

# Seconds of a window, windows at once, share. Most sentences are shorter than five seconds.
SIZES = ((5.0, 320, 0.7), (10.0, 160, 0.15), (15.0, 96, 0.1), (30.0, 40, 0.05))
CHECKED_S = 5.0
WARM_UP, FASTEST, SLOWEST = 300, 2e-3, 1e-5
WARM_UP_KNOWING, FASTEST_KNOWING = 20, 6e-4
"""For a model that knows much already."""
KEPT = 0.999
"""Of the average of the weights at each step: the average is what is kept."""
REPORT_EVERY = 25

Tensor = torch.Tensor


class Windows(IterableDataset[tuple[float, windows.Batch]]):
    """Batches without end, each process its own."""

    def __init__(self, speech: Speech, scale: float) -> None:
        self._utterances, self._scale = speech.utterances[spoken.CHECKED :], scale
        self._names = windows.names_of(speech.utterances)

    def __iter__(self) -> Iterator[tuple[float, windows.Batch]]:
        dice = random.Random(torch.initial_seed())
        maker = windows.Maker(self._utterances, dice)
        while True:
            [(longest, count, _)] = dice.choices(SIZES, [share for _, _, share in SIZES])
            made = [maker.window(longest) for _ in range(max(2, int(count * self._scale)))]
            yield longest, windows.batch(made, longest, self._names)


class Training:
    """`scale` is the size of a batch: below 1 to try things without a graphics processor."""

    def __init__(self, speech: Speech, device: str, scale: float = 1.0) -> None:
        self._device = torch.device(device)
        self._scale = scale
        self._speech = speech
        self._sound = torch.from_numpy(speech.samples).to(self._device)
        torch.manual_seed(0)
        self.model = Whisper(len(tokens.written()), tokens.TIMES).to(self._device)
        self.judge = Judge(len(windows.names_of(speech.utterances))).to(self._device)
        self.average = copy.deepcopy(self.model)
        self._weights = [*self.model.parameters(), *self.judge.parameters()]
        fused = self._device.type == "cuda"
        self._optimiser = torch.optim.AdamW(self._weights, betas=(0.9, 0.98), weight_decay=0.01, fused=fused)
        self.step, self.seconds = 0, 0.0
        self._warm_up, self._fastest = WARM_UP, FASTEST

    def run(self, weights: Path, until_s: float, planned_s: float, processes: int) -> None:
        """Learn until `until_s` seconds have gone by in all, and write `weights`. The pace is that of `planned_s`."""
        began = time.monotonic() - self.seconds
        torch.manual_seed(self.step + 1)  # what comes after a pause is not what came before it
        batches = iter(
            DataLoader(
                Windows(self._speech, self._scale),
                None,
                num_workers=processes,
                prefetch_factor=8 if processes else None,
            )
        )
        while (now := time.monotonic() - began) < until_s:
            judged = self._learn(*next(batches), now / planned_s)
            self.step += 1
            if self.step % REPORT_EVERY == 0:
                print(f"{now:.0f} s, step {self.step}: {_described(judged)}; {self.checked()}", flush=True)
                self._save(weights, now)
        self._save(weights, until_s)

    def _save(self, weights: Path, seconds: float) -> None:
        self.seconds = seconds
        torch.save(self.state(), weights)

    def _learn(self, longest: float, batch: windows.Batch, done: float) -> Judged:
        pace = 0.5 * (1 + math.cos(math.pi * min(1.0, done))) * min(1.0, (self.step + 1) / self._warm_up)
        for group in self._optimiser.param_groups:
            group["lr"] = SLOWEST + self._fastest * pace
        judged = self._judged(self.model, longest, batch, clean=False, strict=0.6 if done < 0.5 else 0.3)
        self._optimiser.zero_grad()
        judged.loss.backward()
        torch.nn.utils.clip_grad_norm_(self._weights, 1.0)
        self._optimiser.step()
        kept = min(KEPT, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            torch._foreach_lerp_([*self.average.parameters()], [*self.model.parameters()], 1 - kept)
        return judged

    def _judged(
        self, model: Whisper, longest: float, batch: windows.Batch, *, clean: bool, strict: float = 0.0
    ) -> Judged:
        lengths, pieces, gains, wanted, times, sounds = (
            torch.from_numpy(part).to(self._device, non_blocking=True) for part in batch.arrays()
        )
        with torch.no_grad():
            heard = sound.windows(self._sound, pieces, gains, len(lengths), int(longest * RATE))
            shown = features(heard if clean else sound.as_heard(heard, lengths), lengths)
        with torch.autocast("cuda", torch.bfloat16, enabled=self._device.type == "cuda"):
            return self.judge(model, shown, wanted, times, sounds, strict)

    @torch.no_grad()
    def checked(self) -> str:
        """How the average does on voices that are not learnt, in quiet and in noise over all lines."""
        maker = windows.Maker([], random.Random(0))
        count = math.ceil(spoken.CHECKED * min(1.0, self._scale))
        made = [maker.plain(each) for each in self._speech.utterances[:count]]
        made = [window for window in made if window.length <= CHECKED_S * RATE]
        batch = windows.batch(made, CHECKED_S, windows.names_of(self._speech.utterances))
        clean, noisy = (self._judged(self.average, CHECKED_S, batch, clean=clean) for clean in (True, False))
        return f"unheard voices: {_described(clean)}; in noise: {_described(noisy)}"

    def begin_with(self, weights: dict[str, npt.NDArray[np.float32]]) -> None:
        """Learn more, gently, from what a model knows."""
        known = {name: torch.from_numpy(value.copy()) for name, value in weights.items()}
        self.model.load_state_dict(known)
        self.average.load_state_dict(known)
        self._warm_up, self._fastest = WARM_UP_KNOWING, FASTEST_KNOWING

    def state(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "judge": self.judge.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }

    def resume(self, state: dict[str, Any]) -> None:
        for name, part in (("model", self.model), ("judge", self.judge), ("average", self.average)):
            part.load_state_dict(state[name])
        self._optimiser.load_state_dict(state["optimiser"])
        self.step, self.seconds = state["step"], state["seconds"]


def _described(judged: Judged) -> str:
    parts = {
        name: float(getattr(judged, name)) for name in ("tokens", "listening", "sounds", "right", "whole")
    }
    return ", ".join(f"{name} {value:.3f}" for name, value in parts.items())


@dataclass(frozen=True, slots=True)
class Plan:
    """Learn until `until_s` seconds of a training of `planned_s`; `start` is an archive whose model is taught more."""

    until_s: float
    planned_s: float
    processes: int = 8
    scale: float = 1.0
    start: Path | None = None


def train(speech: Path, weights: Path, plan: Plan) -> None:
    """Go on with `weights` if there are any, and write them."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    training = Training(spoken.load(speech), device, plan.scale)
    if plan.start:
        training.begin_with(archive.weights(plan.start))
    if weights.exists():
        training.resume(torch.load(weights, map_location=device, weights_only=True))
    print(f"before: {training.checked()}", flush=True)
    training.run(weights, plan.until_s, plan.planned_s, plan.processes)
