"""A Whisper of 1.7 M parameters: the published architecture, narrow and with few layers."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812  # its name everywhere
from torch import Tensor, nn

from tests.training.layout import (
    AUDIO_POSITIONS,
    BANDS,
    DECODER_LAYERS,
    ENCODER_LAYERS,
    HEADS,
    TEXT_POSITIONS,
    WIDTH,
)


class Attention(nn.Module):
    """Returns what was attended to, and on request how much (windows, heads, to, from)."""

    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Linear(WIDTH, WIDTH)
        self.key_value = nn.Linear(WIDTH, 2 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)

    def forward(self, to: Tensor, source: Tensor, *, causal: bool = False) -> Tensor:
        query, key, value = self._heads(to, source)
        return self._joined(F.scaled_dot_product_attention(query, key, value, is_causal=causal))

    def watched(self, to: Tensor, source: Tensor) -> tuple[Tensor, Tensor]:
        query, key, value = self._heads(to, source)
        weights = torch.softmax((query @ key.transpose(-1, -2)).float() / math.sqrt(WIDTH // HEADS), -1)
        return self._joined(weights.to(value.dtype) @ value), weights

    def _heads(self, to: Tensor, source: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        key, value = self.key_value(source).chunk(2, -1)
        return _split(self.query(to)), _split(key), _split(value)

    def _joined(self, heads: Tensor) -> Tensor:
        return self.out(heads.transpose(1, 2).flatten(2))


def _split(values: Tensor) -> Tensor:
    return values.unflatten(-1, (HEADS, WIDTH // HEADS)).transpose(1, 2)


class Layer(nn.Module):
    def __init__(self, *, listens: bool) -> None:
        super().__init__()
        self.own_norm, self.own = nn.LayerNorm(WIDTH), Attention()
        if listens:
            self.heard_norm, self.heard = nn.LayerNorm(WIDTH), Attention()
        self.feed_norm = nn.LayerNorm(WIDTH)
        self.widen, self.narrow = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def attend(self, x: Tensor, *, causal: bool) -> Tensor:
        normal = self.own_norm(x)
        return x + self.own(normal, normal, causal=causal)

    def feed(self, x: Tensor) -> Tensor:
        return x + self.narrow(F.gelu(self.widen(self.feed_norm(x))))


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(BANDS, WIDTH, 3, padding=1)
        self.conv2 = nn.Conv1d(WIDTH, WIDTH, 3, stride=2, padding=1)
        self.positions = nn.Parameter(sinusoids(AUDIO_POSITIONS))
        self.layers = nn.ModuleList(Layer(listens=False) for _ in range(ENCODER_LAYERS))
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, features: Tensor) -> Tensor:
        x = F.gelu(self.conv2(F.gelu(self.conv1(features)))).transpose(1, 2)
        x = x + self.positions[: x.shape[1]]
        for layer in self.layers:
            x = layer.feed(layer.attend(x, causal=False))
        return self.norm(x)


class Decoder(nn.Module):
    """Writes `vocabulary` tokens: only those that it was taught, times last."""

    def __init__(self, vocabulary: int, times: int) -> None:
        super().__init__()
        self.tokens = nn.Parameter(torch.randn(vocabulary, WIDTH) * 0.05)
        self.tokens.data[-times:] = sinusoids(times) * 0.12  # neighbouring times are like each other
        self.positions = nn.Parameter(torch.randn(TEXT_POSITIONS, WIDTH) * 0.02)
        self.layers = nn.ModuleList(Layer(listens=True) for _ in range(DECODER_LAYERS))
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, written: Tensor, heard: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits of the next tokens, and how much each layer's heads listened where."""
        x = self.tokens[written] + self.positions[: written.shape[1]]
        listened = []
        for layer in self.layers:
            x = layer.attend(x, causal=True)
            found, weights = layer.heard.watched(layer.heard_norm(x), heard)
            listened.append(weights)
            x = layer.feed(x + found)
        return self.norm(x) @ self.tokens.T, listened


class Whisper(nn.Module):
    def __init__(self, vocabulary: int, times: int) -> None:
        super().__init__()
        self.encoder, self.decoder = Encoder(), Decoder(vocabulary, times)


def sinusoids(count: int) -> Tensor:
    places = torch.arange(count)[:, None]
    steps = torch.exp(-math.log(10_000) * torch.arange(WIDTH // 2) / (WIDTH // 2 - 1))
    return torch.cat([torch.sin(places * steps), torch.cos(places * steps)], 1)
