"""Weights to the archive that the product carries: a CTranslate2 Whisper, its weights in 8 bits, with Whisper's own tokens."""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.training import ARCHIVE, tokens
from tests.training.loss import ALIGNMENT_HEADS
from tests.training.model import DECODER_LAYERS, ENCODER_LAYERS, HEADS, WIDTH

VOCABULARY = 51_865
UNKNOWN = -30.0
"""How unlikely a token is that was never taught."""
BLANK = 220
FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.json")

Weights = dict[str, Any]


def export(weights: Path, archive: Path) -> None:
    """Takes tokenizer and vocabulary from the archive of before."""
    kept = torch.load(weights, map_location="cpu", weights_only=True)["average"]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with tarfile.open(ARCHIVE) as before:
            before.extractall(folder, filter="data")
        write({name: value.float().numpy() for name, value in kept.items()}, folder)
        _pack(folder, archive)


def write(weights: Weights, folder: Path) -> None:
    """The model into `folder`, whose vocabulary.json stays."""
    from ctranslate2.specs.whisper_spec import WhisperSpec

    spec = WhisperSpec(ENCODER_LAYERS, HEADS, DECODER_LAYERS, HEADS)
    _encoder(spec.encoder, weights)
    _decoder(spec.decoder, weights)
    spec.config.alignment_heads = [list(head) for head in ALIGNMENT_HEADS]
    spec.config.lang_ids = sorted(tokens.LANGUAGES.values())
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [BLANK, tokens.END]
    spec.register_vocabulary(json.loads((folder / "vocabulary.json").read_text(encoding="utf-8")))
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))


def _encoder(encoder: Any, weights: Weights) -> None:
    for number, convolution in enumerate((encoder.conv1, encoder.conv2), start=1):
        _linear(convolution, weights, f"encoder.conv{number}")
    encoder.position_encodings.encodings = weights["encoder.positions"]
    _norm(encoder.layer_norm, weights, "encoder.norm")
    for number, layer in enumerate(encoder.layer):
        _layer(layer, weights, f"encoder.layers.{number}")


def _decoder(decoder: Any, weights: Weights) -> None:
    embeddings = np.zeros((VOCABULARY, WIDTH), np.float32)
    embeddings[tokens.written()] = weights["decoder.tokens"]
    bias = np.full(VOCABULARY, UNKNOWN, np.float32)
    bias[tokens.written()] = 0
    decoder.embeddings.weight = decoder.projection.weight = embeddings
    decoder.projection.bias = bias
    decoder.position_encodings.encodings = weights["decoder.positions"]
    _norm(decoder.layer_norm, weights, "decoder.norm")
    for number, layer in enumerate(decoder.layer):
        name = f"decoder.layers.{number}"
        _layer(layer, weights, name)
        _norm(layer.attention.layer_norm, weights, f"{name}.heard_norm")
        parts = zip(layer.attention.linear, ("query", "key_value", "out"), strict=True)
        for linear, part in parts:
            _linear(linear, weights, f"{name}.heard.{part}")


def _layer(layer: Any, weights: Weights, name: str) -> None:
    _norm(layer.self_attention.layer_norm, weights, f"{name}.own_norm")
    joined, out = layer.self_attention.linear
    joined.weight, joined.bias = (
        np.concatenate([weights[f"{name}.own.{part}.{kind}"] for part in ("query", "key_value")])
        for kind in ("weight", "bias")
    )
    _linear(out, weights, f"{name}.own.out")
    _norm(layer.ffn.layer_norm, weights, f"{name}.feed_norm")
    _linear(layer.ffn.linear_0, weights, f"{name}.widen")
    _linear(layer.ffn.linear_1, weights, f"{name}.narrow")


def _linear(spec: Any, weights: Weights, name: str) -> None:
    spec.weight, spec.bias = weights[f"{name}.weight"], weights[f"{name}.bias"]


def _norm(spec: Any, weights: Weights, name: str) -> None:
    spec.gamma, spec.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]


def _pack(folder: Path, archive: Path) -> None:
    """The same bytes for the same weights: no owner, no time."""
    with tarfile.open(archive, "w:xz", preset=9) as file:
        for name in FILES:
            content = (folder / name).read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            file.addfile(entry, io.BytesIO(content))
