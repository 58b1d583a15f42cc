"""What is wrong with the model's writing: the tokens, where it listened for them, and the sounds that it heard."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  # its name everywhere
from torch import Tensor, nn

from tests.training import tokens
from tests.training.layout import ALIGNMENT_HEADS, WIDTH
from tests.training.model import Whisper

GUIDED = ((0, 0), *ALIGNMENT_HEADS)
EDGE_S = 0.015
NEARBY = ((0, 0.5), (-1, 0.2), (1, 0.2), (-2, 0.05), (2, 0.05))
"""A time is nearly right when its neighbour is written: how right each is."""


@dataclass(frozen=True, slots=True)
class Judged:
    """`right` is the share of tokens other than times, `whole` that of windows of which every such token is right."""

    loss: Tensor
    tokens: Tensor
    listening: Tensor
    sounds: Tensor
    right: Tensor
    whole: Tensor


class Judge(nn.Module):
    """Knows phonemes besides, so that the encoder learns to hear before the decoder learns to write."""

    def __init__(self, sounds: int) -> None:
        super().__init__()
        self.sounds = nn.Linear(WIDTH, sounds + 1)

    def forward(
        self, model: Whisper, features: Tensor, wanted: Tensor, times: Tensor, sounds: Tensor, strict: float
    ) -> Judged:
        """`strict` is how much listening and sounds weigh."""
        heard = model.encoder(features)
        target = wanted[:, 1:]
        logits, listened = model.decoder(wanted[:, :-1].clamp(min=0), heard)
        known, first = target >= 0, tokens.first_time()
        is_time = known & (target >= first)
        written = _written(logits.float(), target.clamp(min=0), is_time, known, first)
        listening = _listening(listened, times[:, 1:], known)
        named = F.cross_entropy(
            self.sounds(heard).float().flatten(0, 1), sounds[:, : heard.shape[1]].flatten()
        )
        right = (logits.argmax(-1) == target) | ~known | is_time
        words = known & ~is_time
        return Judged(
            written + strict * (listening + named),
            written,
            listening,
            named,
            (right & words).sum() / words.sum(),
            right.all(1).float().mean(),
        )


def _written(logits: Tensor, target: Tensor, is_time: Tensor, known: Tensor, first: int) -> Tensor:
    likelihood = F.log_softmax(logits, -1)
    exact = likelihood.gather(-1, target[..., None])[..., 0]
    nearby = torch.zeros_like(exact)
    for step, share in NEARBY:
        place = (target + step).clamp(first, logits.shape[-1] - 1)
        nearby = nearby + share * likelihood.gather(-1, place[..., None])[..., 0]
    return -(torch.where(is_time, nearby, exact) * known).sum() / known.sum()


def _listening(listened: list[Tensor], times: Tensor, known: Tensor) -> Tensor:
    """How much the guided heads listened elsewhere than where the token is said."""
    seconds = (torch.arange(listened[0].shape[-1], device=times.device) + 0.5) * tokens.TIME_S
    start, end = times[..., :1], times[..., 1:]
    place = torch.sigmoid((seconds - start) / EDGE_S) * torch.sigmoid((end - seconds) / EDGE_S)
    place = place / (place.sum(-1, keepdim=True) + 1e-6)
    said = known & (times[..., 1] >= 0)
    parts = [
        -((place * (listened[layer][:, head] + 1e-6).log()).sum(-1) * said).sum() / said.sum().clamp(min=1)
        for layer, head in GUIDED
    ]
    return sum(parts, torch.zeros((), device=times.device)) / len(GUIDED)
