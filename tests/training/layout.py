"""The model's shape, and where each weight of `tests/training/model.py` stands in a Whisper model of CTranslate2."""

from __future__ import annotations

WIDTH, HEADS, ENCODER_LAYERS, DECODER_LAYERS = 128, 4, 3, 2
BANDS, AUDIO_POSITIONS, TEXT_POSITIONS = 80, 1_500, 448
ALIGNMENT_HEADS = ((1, 0), (1, 1))
"""(layer, head) whose listening tells the times of words; they are taught it."""

POSITIONS = {
    "encoder/position_encodings/encodings": "encoder.positions",
    "decoder/position_encodings/encodings": "decoder.positions",
}


def _linears() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {f"encoder/conv{n}": (f"encoder.conv{n}",) for n in (1, 2)}
    for path, name in _layers():
        found[f"{path}/self_attention/linear_0"] = (f"{name}.own.query", f"{name}.own.key_value")
        found[f"{path}/self_attention/linear_1"] = (f"{name}.own.out",)
        found[f"{path}/ffn/linear_0"] = (f"{name}.widen",)
        found[f"{path}/ffn/linear_1"] = (f"{name}.narrow",)
        if path.startswith("decoder"):
            for number, part in enumerate(("query", "key_value", "out")):
                found[f"{path}/attention/linear_{number}"] = (f"{name}.heard.{part}",)
    return found


def _norms() -> dict[str, str]:
    found = {f"{half}/layer_norm": f"{half}.norm" for half in ("encoder", "decoder")}
    for path, name in _layers():
        found[f"{path}/self_attention/layer_norm"] = f"{name}.own_norm"
        found[f"{path}/ffn/layer_norm"] = f"{name}.feed_norm"
        if path.startswith("decoder"):
            found[f"{path}/attention/layer_norm"] = f"{name}.heard_norm"
    return found


def _layers() -> list[tuple[str, str]]:
    counts = {"encoder": ENCODER_LAYERS, "decoder": DECODER_LAYERS}
    return [
        (f"{half}/layer_{n}", f"{half}.layers.{n}") for half, count in counts.items() for n in range(count)
    ]


LINEARS = _linears()
"""Parts that CTranslate2 keeps in one matrix are named together, in their order."""
NORMS = _norms()
