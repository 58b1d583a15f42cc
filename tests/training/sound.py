"""The sound of many windows at once, on the graphics processor: voices, room, noise, and only then the line and its codec.

A telephone carries the noise of the room together with the voice, through the same narrow band and the same codec: a
model that heard noise added behind the line does not know it.
"""

from __future__ import annotations

import math

import torch

from tests.training.spoken import RATE

QUIET = 0.01
"""Samples above this are speech: noise is measured against them."""
NOISE_DB = (3.0, 40.0)
NOISY_SHARE, ROOM_SHARE, NARROW_SHARE, CLEANED_SHARE = 0.8, 0.3, 0.55, 0.12
LOUDNESS_DB = (-20.0, 6.0)
LINE_RATE = 8_000
FRAME, HOP = 512, 128

Tensor = torch.Tensor


def windows(speech: Tensor, pieces: Tensor, gains: Tensor, count: int, length: int) -> Tensor:
    """The pieces of speech (int16) in their places: `count` windows of `length` samples, -1..1."""
    sound = torch.zeros(count * length, device=speech.device)
    if len(pieces):
        row, source, target, sizes = pieces.T
        piece = torch.repeat_interleave(torch.arange(len(pieces), device=speech.device), sizes)
        inside = torch.arange(len(piece), device=speech.device) - (sizes.cumsum(0) - sizes)[piece]
        place = target[piece] + inside
        samples = speech[source[piece] + inside].float() / 32768 * gains[piece]
        fits = place < length
        sound.index_add_(0, (row[piece] * length + place)[fits], samples[fits])
    return sound.view(count, length)


def as_heard(sound: Tensor, lengths: Tensor) -> Tensor:
    """The windows as they reach the recogniser; nothing sounds after a window's own length."""
    sound = _where(ROOM_SHARE, _in_a_room(sound), sound)
    sound = _where(NOISY_SHARE, sound + _noise(sound), sound)
    sound = _over_the_line(sound.clamp(-1, 1))
    sound = _where(CLEANED_SHARE, _cleaned(sound), sound)
    sound = (sound * _decibels(_uniform(sound, *LOUDNESS_DB))).clamp(-1, 1)
    return sound * (torch.arange(sound.shape[1], device=sound.device) < lengths[:, None])


def _uniform(like: Tensor, low: float, high: float) -> Tensor:
    """A number for each window."""
    return torch.empty(len(like), 1, device=like.device).uniform_(low, high)


def _where(share: float, one: Tensor, other: Tensor) -> Tensor:
    return torch.where(_uniform(one, 0, 1) < share, one, other)


def _decibels(value: Tensor) -> Tensor:
    return 10 ** (value / 20)


def _in_a_room(sound: Tensor) -> Tensor:
    """Reflections that die away."""
    count = RATE // 2
    seconds = torch.arange(count, device=sound.device) / RATE
    tail = torch.randn(len(sound), count, device=sound.device) * torch.exp(
        -6.9 * seconds / _uniform(sound, 0.1, 0.5)
    )
    tail *= _decibels(_uniform(sound, -28, -10)) / tail.norm(dim=1, keepdim=True)
    tail[:, 0] += 1
    size = sound.shape[1] + count
    spectrum = torch.fft.rfft(sound, size) * torch.fft.rfft(tail, size)
    return torch.fft.irfft(spectrum, size)[:, : sound.shape[1]]


def _noise(sound: Tensor) -> Tensor:
    """Noise so many decibels below the speech of a window (in silence: quiet)."""
    speech = sound.abs() > QUIET
    power = (sound**2 * speech).sum(1, keepdim=True) / speech.sum(1, keepdim=True).clamp(min=1)
    power = torch.where(speech.any(1, keepdim=True), power, _uniform(sound, 1e-5, 4e-3))
    noise = _coloured(sound) + _hum(sound) * (_uniform(sound, 0, 1) < 0.2)
    noise = torch.where(_uniform(sound, 0, 1) < 0.12, _babble(sound), noise)
    noise = noise / noise.pow(2).mean(1, keepdim=True).clamp(min=1e-9).sqrt()
    return noise * power.sqrt() / _decibels(_uniform(sound, *NOISE_DB))


def _coloured(sound: Tensor) -> Tensor:
    """White for nearly half of the windows; else falling by up to 6 dB an octave, or a band."""
    spectrum = torch.fft.rfft(torch.randn_like(sound))
    hertz = _hertz(sound, spectrum.shape[1])
    slope = _uniform(sound, -0.8, 1.0).clamp(min=0)
    band = torch.sigmoid((hertz - _uniform(sound, 100, 600)) / 50) * torch.sigmoid(
        (_uniform(sound, 1500, 5000) - hertz) / 100
    )
    shape = (hertz.clamp(min=50) / 1000) ** -slope
    return torch.fft.irfft(spectrum * torch.where(_uniform(sound, 0, 1) < 0.15, band, shape), sound.shape[1])


def _hum(sound: Tensor) -> Tensor:
    seconds = torch.arange(sound.shape[1], device=sound.device) / RATE
    mains = torch.where(_uniform(sound, 0, 1) < 0.5, 50.0, 60.0)
    overtones = (torch.sin(2 * math.pi * mains * n * seconds) / n for n in (1, 2, 3, 5))
    return sum(overtones, torch.zeros_like(sound)) * _uniform(sound, 0.5, 3)


def _babble(sound: Tensor) -> Tensor:
    """Other windows' voices, five at once."""
    shifted = (torch.roll(sound, (n, 4001 * n), (0, 1)) for n in range(1, 6))
    return sum(shifted, torch.randn_like(sound) * 1e-3)


def _hertz(sound: Tensor, bins: int) -> Tensor:
    return torch.linspace(0, RATE / 2, bins, device=sound.device)[None]


def _over_the_line(sound: Tensor) -> Tensor:
    narrow = _uniform(sound, 0, 1) < NARROW_SHARE
    banded = torch.where(narrow, _band(sound, 0, 320, 3300, 3990), _band(sound, 0, 120, 6500, 8500))
    kind = _uniform(sound, 0, 1)
    telephone, lossy = narrow & (kind < 0.45), kind > 0.55
    out = torch.where(telephone, _companded(banded), banded)
    return torch.where(lossy, out + _loss(out), out)


def _band(sound: Tensor, lowest: float, low: float, high: float, highest: float) -> Tensor:
    """Without what is below some frequency from `lowest` to `low` and above one from `high` to `highest`."""
    spectrum = torch.fft.rfft(sound)
    hertz = _hertz(sound, spectrum.shape[1])
    begin = torch.sigmoid((hertz - _uniform(sound, lowest - 200, low)) / 15)
    end = torch.sigmoid((_uniform(sound, high, highest) - hertz) / 20)
    return torch.fft.irfft(spectrum * begin * end, sound.shape[1])


def _companded(sound: Tensor) -> Tensor:
    """G.711: 8 kHz, 8 bits; one half of the world by the mu-law, the other by the A-law."""
    size = sound.shape[1]
    half = torch.fft.irfft(torch.fft.rfft(sound)[:, : size // 4 + 1], size // 2) / 2
    loudness = half.abs().clamp(max=1)
    mu = torch.log1p(255 * loudness) / math.log(256)
    a = torch.where(
        loudness < 1 / 87.6, 87.6 * loudness, 1 + torch.log((87.6 * loudness).clamp(min=1e-9))
    ) / (1 + math.log(87.6))
    by_a = _uniform(sound, 0, 1) < 0.4
    coded = (torch.where(by_a, a, mu) * 127).round() / 127
    mu_back = torch.expm1(coded * math.log(256)) / 255
    a_back = (
        torch.where(
            coded < 1 / (1 + math.log(87.6)),
            coded * (1 + math.log(87.6)),
            torch.exp(coded * (1 + math.log(87.6)) - 1),
        )
        / 87.6
    )
    back = half.sign() * torch.where(by_a, a_back, mu_back)
    spectrum = torch.fft.rfft(back)
    spectrum = torch.nn.functional.pad(spectrum, (0, size // 2 + 1 - spectrum.shape[1]))
    return torch.fft.irfft(spectrum, size) * 2


def _loss(sound: Tensor) -> Tensor:
    """What a codec of few bits leaves: noise in the shape of the voice, 12 to 30 dB below it everywhere."""
    spectrum = _spectra(sound)
    loudness = torch.nn.functional.avg_pool2d(
        spectrum.abs()[:, None], (9, 5), stride=1, padding=(4, 2)
    ).squeeze(1)
    noise = torch.randn_like(spectrum) * loudness * _decibels(_uniform(sound, -30, -12))[..., None]
    return _samples(noise, sound.shape[1])


def _cleaned(sound: Tensor) -> Tensor:
    """Steady noise turned down, much as `transcripts/engines/cleaning.py` does it."""
    spectrum = _spectra(sound)
    power = spectrum.abs() ** 2
    loudness = power.sum(1, keepdim=True)
    quiet = loudness <= torch.quantile(loudness, 0.2, dim=2, keepdim=True)
    noise = (power * quiet).sum(2, keepdim=True) / quiet.sum(2, keepdim=True) + 1e-9
    smooth = torch.nn.functional.avg_pool2d(power[:, None], (1, 7), stride=1, padding=(0, 3)).squeeze(1)
    return _samples(spectrum * (1 - noise / smooth.clamp(min=1e-12)).clamp(min=0.1), sound.shape[1])


def _spectra(sound: Tensor) -> Tensor:
    window = torch.hann_window(FRAME, device=sound.device)
    return torch.stft(sound, FRAME, HOP, window=window, return_complex=True)


def _samples(spectra: Tensor, length: int) -> Tensor:
    return torch.istft(
        spectra, FRAME, HOP, window=torch.hann_window(FRAME, device=spectra.device), length=length
    )
