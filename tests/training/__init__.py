"""Makes the fixture model: `python -m tests.training speak`, then `train`, then `export` (`docs/decisions/0004-speech.md`).

Training needs PyTorch and `tokenizers`, export needs PyTorch and `ctranslate2`, speaking needs espeak-ng's library. PyTorch
is no package of the product: install it beside (`pip install torch`). A graphics processor makes minutes of hours.
"""

from pathlib import Path

ARCHIVE = Path(__file__).parents[2] / "transcripts" / "fixture" / "model.tar.xz"
