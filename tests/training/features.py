"""Whisper's features (80 log-mel bands, 10 ms apart) of many windows at once, as faster-whisper computes those of one."""

from __future__ import annotations

import math
from functools import cache

import torch

FRAME, HOP, BANDS = 400, 160, 80
RATE = 16_000
LINEAR_HZ, LOG_FROM = 200 / 3, 1000.0
LOG_STEP = math.log(6.4) / 27
LEAST, RANGE = 1e-10, 8.0

Tensor = torch.Tensor


def features(sound: Tensor, lengths: Tensor) -> Tensor:
    """(windows, bands, frames) of 16 kHz `sound`; frames after a window's own samples are 0, as the product pads them."""
    spectrum = torch.stft(
        torch.nn.functional.pad(sound, (0, HOP)),
        FRAME,
        HOP,
        window=torch.hann_window(FRAME, device=sound.device),
        return_complex=True,
        pad_mode="reflect",
    )
    power = spectrum[..., :-1].abs() ** 2
    logarithm = (_bands(sound.device) @ power).clamp(min=LEAST).log10()
    frames = torch.arange(logarithm.shape[2], device=sound.device)
    inside = (frames < (lengths[:, None] // HOP + 1))[:, None]
    loudest = logarithm.masked_fill(~inside, -math.inf).amax((1, 2), keepdim=True)
    scaled = (torch.maximum(logarithm, loudest - RANGE) + 4) / 4
    return (scaled * inside)[..., : sound.shape[1] // HOP]


@cache
def _bands(device: torch.device) -> Tensor:
    """Triangles on the mel scale of Slaney's Auditory Toolbox, each of the same energy."""
    edges = _mel_to_hertz(torch.linspace(0, 45.245640471924965, BANDS + 2, dtype=torch.float64))
    bins = torch.linspace(0, RATE / 2, FRAME // 2 + 1, dtype=torch.float64)
    slopes = edges[:, None] - bins[None]
    width = edges.diff()[:, None]
    triangles = torch.minimum(-slopes[:-2] / width[:-1], slopes[2:] / width[1:]).clamp(min=0)
    return (triangles * (2 / (edges[2:] - edges[:-2]))[:, None]).float().to(device)


def _mel_to_hertz(mel: Tensor) -> Tensor:
    first = LOG_FROM / LINEAR_HZ
    return torch.where(mel < first, mel * LINEAR_HZ, LOG_FROM * torch.exp(LOG_STEP * (mel - first)))
