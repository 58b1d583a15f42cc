"""Teaches the model: some minutes on a graphics processor."""

from __future__ import annotations

import copy
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader, IterableDataset

from tests.training import sound, spoken, tokens, windows
from tests.training.features import features
from tests.training.loss import Judge, Judged
from tests.training.model import Whisper
from tests.training.spoken import RATE, Speech

# Seconds of a window, windows at once, share: drafts, captions, stretches.
SIZES = ((10.0, 160, 0.5), (15.0, 96, 0.3), (30.0, 40, 0.2))
WARM_UP, FASTEST, SLOWEST = 300, 2e-3, 1e-5
KEPT = 0.999
"""Of the average of the weights at each step: the average is what is kept."""
REPORT_EVERY = 250

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
        torch.manual_seed(1)
        self.model = Whisper(len(tokens.written()), tokens.TIMES).to(self._device)
        self.judge = Judge(len(windows.names_of(speech.utterances))).to(self._device)
        self.average = copy.deepcopy(self.model)
        self._weights = [*self.model.parameters(), *self.judge.parameters()]
        fused = self._device.type == "cuda"
        self._optimiser = torch.optim.AdamW(self._weights, betas=(0.9, 0.98), weight_decay=0.01, fused=fused)
        self.step, self.seconds = 0, 0.0

    def run(self, until_s: float, planned_s: float, processes: int) -> None:
        """Learn until `until_s` seconds have gone by in all; the pace is that of a training of `planned_s`."""
        began = time.monotonic() - self.seconds
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
        self.seconds = until_s

    def _learn(self, longest: float, batch: windows.Batch, done: float) -> Judged:
        pace = 0.5 * (1 + math.cos(math.pi * min(1.0, done))) * min(1.0, (self.step + 1) / WARM_UP)
        for group in self._optimiser.param_groups:
            group["lr"] = SLOWEST + FASTEST * pace
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
        with torch.autocast(self._device.type, dtype=torch.bfloat16):
            return self.judge(model, shown, wanted, times, sounds, strict)

    @torch.no_grad()
    def checked(self) -> str:
        """How the average does on voices that are not learnt, in quiet and in noise over all lines."""
        maker = windows.Maker([], random.Random(0))
        made = [maker.plain(each) for each in self._speech.utterances[: spoken.CHECKED]]
        made = [window for window in made if window.length <= 10 * RATE]
        batch = windows.batch(made, 10.0, windows.names_of(self._speech.utterances))
        clean, noisy = (self._judged(self.average, 10.0, batch, clean=clean) for clean in (True, False))
        return f"unheard voices: {_described(clean)}; in noise: {_described(noisy)}"

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


def train(
    speech: Path, weights: Path, *, until_s: float, planned_s: float, processes: int, scale: float
) -> None:
    """Go on with `weights` if there are any, and write them."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    training = Training(spoken.load(speech), device, scale)
    if weights.exists():
        training.resume(torch.load(weights, map_location=device, weights_only=True))
    training.run(until_s, planned_s, processes)
    torch.save(training.state(), weights)
