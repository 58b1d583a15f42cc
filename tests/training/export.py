"""Weights to the archive that the product carries: a CTranslate2 Whisper, its weights in 8 bits, with Whisper's own tokens."""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.training import ARCHIVE, tokens
from tests.training.layout import (
    ALIGNMENT_HEADS,
    DECODER_LAYERS,
    ENCODER_LAYERS,
    HEADS,
    LINEARS,
    NORMS,
    POSITIONS,
    WIDTH,
)

VOCABULARY = 51_865
UNKNOWN = -30.0
"""How unlikely a token is that was never taught."""
BLANK = 220
FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.json")

Weights = dict[str, npt.NDArray[np.float32]]


def export(weights: Path, archive: Path) -> None:
    """Takes tokenizer and vocabulary from the archive of before."""
    import torch

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
    _fill(spec, weights)
    spec.config.alignment_heads = [list(head) for head in ALIGNMENT_HEADS]
    spec.config.lang_ids = sorted(tokens.LANGUAGES.values())
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [BLANK, tokens.END]
    spec.register_vocabulary(json.loads((folder / "vocabulary.json").read_text(encoding="utf-8")))
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))


def _fill(spec: Any, weights: Weights) -> None:
    for path, name in POSITIONS.items():
        half, *_ = path.split("/")
        getattr(spec, half).position_encodings.encodings = weights[name]
    for path, name in NORMS.items():
        norm = _at(spec, path)
        norm.gamma, norm.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]
    for path, names in LINEARS.items():
        linear = _at(spec, path)
        linear.weight = np.concatenate([weights[f"{name}.weight"] for name in names])
        linear.bias = np.concatenate([weights[f"{name}.bias"] for name in names])
    _tokens(spec.decoder, weights["decoder.tokens"])


def _at(spec: Any, path: str) -> Any:
    """What lies at `decoder/layer_1/attention/linear_0`."""
    for part in path.split("/"):
        name, _, number = part.rpartition("_")
        spec = getattr(spec, part) if hasattr(spec, part) else getattr(spec, name)[int(number)]
    return spec


def _tokens(decoder: Any, taught: npt.NDArray[np.float32]) -> None:
    embeddings = np.zeros((VOCABULARY, WIDTH), np.float32)
    embeddings[tokens.written()] = taught
    bias = np.full(VOCABULARY, UNKNOWN, np.float32)
    bias[tokens.written()] = 0
    decoder.embeddings.weight = decoder.projection.weight = embeddings
    decoder.projection.bias = bias


def _pack(folder: Path, archive: Path) -> None:
    """The same bytes for the same weights: no owner, no time."""
    with tarfile.open(archive, "w:xz", preset=9) as file:
        for name in FILES:
            content = (folder / name).read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            file.addfile(entry, io.BytesIO(content))
