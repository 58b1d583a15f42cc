"""A Whisper model of a published shape with random weights: as slow as the real one, and it hears nothing.

The speed of a model depends on its shape and not on what it has learnt, so this tells how fast a model would
be before anybody downloads it. Only `speech_doctor --random` and the benches use it; no call ever does.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

VOCABULARY = 51_865
FIRST_TIMESTAMP = 50_364
LAST_TIMESTAMP = FIRST_TIMESTAMP + 1_500
END_OF_TEXT = 50_257
PROMPT_TOKENS = 3
AUDIO_POSITIONS, TEXT_POSITIONS, MEL_BINS = 1_500, 448, 80
# The two places in the hidden state that say "write the closing time now" and "stop now".
CLOSE, STOP = 0, 1


@dataclass(frozen=True, slots=True)
class Shape:
    """Of a published Whisper model: width, layers of the encoder and of the decoder, heads."""

    width: int
    layers: int
    heads: int


SHAPES = {"tiny": Shape(384, 4, 6), "base": Shape(512, 6, 8), "small": Shape(768, 12, 12)}


def build(size: str, folder: Path, donor: Path, *, tokens: int = 20) -> Path:
    """Write a model of `size` (a key of SHAPES) into `folder`; gives the folder.

    `donor` is the folder of any multilingual Whisper model: its tokenizer and vocabulary are copied. The
    model writes `tokens` tokens for whatever it is given and stops, as a real one does after a sentence.
    Takes seconds and up to 2 GB of memory.
    """
    from ctranslate2.specs.whisper_spec import WhisperSpec

    shape = SHAPES[size]
    spec = WhisperSpec(shape.layers, shape.heads, shape.layers, shape.heads)
    _fill(spec, shape, np.random.default_rng(0), tokens)
    spec.config.alignment_heads = [[shape.layers - 1, 0], [shape.layers - 1, 1]]
    spec.config.lang_ids = [50_259, 50_264]
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.register_vocabulary(json.loads((donor / "vocabulary.json").read_text(encoding="utf-8")))
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(donor / "tokenizer.json", folder / "tokenizer.json")
    spec.save(str(folder))
    return folder


def _fill(spec: Any, shape: Shape, random: np.random.Generator, tokens: int) -> None:
    def noise(*size: int) -> Any:
        return (random.standard_normal(size, dtype=np.float32) * 0.02).astype(np.float32)

    width = shape.width
    encoder, decoder = spec.encoder, spec.decoder
    _set(encoder.conv1, noise(width, MEL_BINS, 3))
    _set(encoder.conv2, noise(width, width, 3))
    encoder.position_encodings.encodings = noise(AUDIO_POSITIONS, width)
    decoder.position_encodings.encodings = _clock(noise(TEXT_POSITIONS, width), tokens)
    decoder.embeddings.weight = _ending(noise(VOCABULARY, width))
    decoder.projection.weight = decoder.embeddings.weight
    decoder.projection.bias = _bias()
    for half in (encoder, decoder):
        _norm(half.layer_norm, width)
        for layer in half.layer:
            _layer(layer, width, noise)


def _layer(layer: Any, width: int, noise: Any) -> None:
    _norm(layer.self_attention.layer_norm, width)
    _set(layer.self_attention.linear[0], noise(3 * width, width))
    _set(layer.self_attention.linear[1], noise(width, width))
    if hasattr(layer, "attention"):
        _norm(layer.attention.layer_norm, width)
        for linear, rows in zip(layer.attention.linear, (1, 2, 1), strict=True):
            _set(linear, noise(rows * width, width))
    _norm(layer.ffn.layer_norm, width)
    _set(layer.ffn.linear_0, noise(4 * width, width))
    _set(layer.ffn.linear_1, noise(width, 4 * width))


def _set(linear: Any, weight: Any) -> None:
    linear.weight = weight
    linear.bias = np.zeros(weight.shape[0], np.float32)


def _norm(norm: Any, width: int) -> None:
    norm.gamma, norm.beta = np.ones(width, np.float32), np.zeros(width, np.float32)


def _clock(positions: Any, tokens: int) -> Any:
    """Positions that tell the decoder when it has written enough."""
    positions[:, [CLOSE, STOP]] = 0
    positions[PROMPT_TOKENS + tokens - 1, CLOSE] = 50
    # Louder than the closing time just written, whose own embedding says CLOSE once more.
    positions[PROMPT_TOKENS + tokens :, STOP] = 1_000
    return positions


def _ending(embeddings: Any) -> Any:
    embeddings[:, [CLOSE, STOP]] = 0
    embeddings[LAST_TIMESTAMP, CLOSE] = 100
    embeddings[END_OF_TEXT, STOP] = 100
    return embeddings


def _bias() -> Any:
    """Plain text only, until the clock strikes."""
    bias = np.zeros(VOCABULARY, np.float32)
    bias[END_OF_TEXT:] = -1_000  # the layers write a little noise into CLOSE and STOP
    return bias
