"""The archive that the product carries, read back: its weights, to go on learning from them."""

from __future__ import annotations

import struct
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.training import tokens
from tests.training.layout import LINEARS, NORMS, POSITIONS

TYPES = (np.float32, np.int8, np.int16, np.int32, np.float16)
SCALE = "_scale"

Weights = dict[str, npt.NDArray[np.float32]]


def weights(archive: Path) -> Weights:
    """By the names of `tests/training/model.py`. Raises KeyError for a model of another shape."""
    kept = variables(archive)
    found = {name: kept[path] for path, name in POSITIONS.items()}
    found["decoder.tokens"] = kept["decoder/embeddings/weight"][tokens.written()]
    for path, name in NORMS.items():
        found[f"{name}.weight"], found[f"{name}.bias"] = kept[f"{path}/gamma"], kept[f"{path}/beta"]
    for path, names in LINEARS.items():
        for kind in ("weight", "bias"):
            found |= _parted(kept[f"{path}/{kind}"], [f"{name}.{kind}" for name in names])
    return found


def _parted(value: npt.NDArray[np.float32], names: list[str]) -> Weights:
    """Query, key and value lie in one matrix; key and value stay together."""
    if len(names) == 1:
        return {names[0]: value}
    third = len(value) // 3
    return dict(zip(names, (value[:third], value[third:]), strict=True))


def variables(archive: Path) -> Weights:
    """Every variable of a CTranslate2 model, 8 bits made numbers again."""
    with tarfile.open(archive) as file:
        content = file.extractfile("model.bin")
        assert content is not None
        raw = dict(_read(content.read()))
    return {name: _number(name, value, raw) for name, value in raw.items() if not name.endswith(SCALE)}


def _number(
    name: str, value: npt.NDArray[np.generic], raw: dict[str, npt.NDArray[np.generic]]
) -> npt.NDArray[np.float32]:
    scale = raw.get(f"{name}{SCALE}")
    if scale is None:
        return value.astype(np.float32)
    return (value / scale.reshape(-1, *[1] * (value.ndim - 1))).astype(np.float32)


def _read(content: bytes) -> Iterator[tuple[str, npt.NDArray[np.generic]]]:
    """The format of ctranslate2.specs.model_spec."""
    place = 4
    _, place = _string(content, place)
    (count,) = struct.unpack_from("<I", content, place + 4)
    place += 8
    for _ in range(count):
        name, place = _string(content, place)
        rank = content[place]
        shape = struct.unpack_from(f"<{rank}I", content, place + 1)
        kind, size = struct.unpack_from("<BI", content, place + 1 + 4 * rank)
        place += 6 + 4 * rank
        yield (
            name,
            np.frombuffer(content, TYPES[kind], size // np.dtype(TYPES[kind]).itemsize, place).reshape(shape),
        )
        place += size


def _string(content: bytes, place: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<H", content, place)
    return content[place + 2 : place + 1 + length].decode(), place + 2 + length
