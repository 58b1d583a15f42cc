"""`manage.py download_speech_model [MODEL ...]`: brings Whisper models to SPEECH_MODEL_DIR. The only place
that downloads.
"""

from __future__ import annotations

import json
import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from transcripts.engines import remote, sphinx
from transcripts.engines.whisper import NEEDED_FILES, model_folder

OFFLINE_HELP = (
    "What has arrived is kept: run the command again to go on. Without internet: copy a CTranslate2 Whisper "
    "model (model.bin, config.json, tokenizer.json, vocabulary) from another machine into {folder}, or set the "
    "model setting to its directory."
)
# Megabytes of the published models, rounded up: for the free space and for what to expect.
SIZES = {
    "tiny": 80,
    "base": 150,
    "small": 490,
    "medium": 1_540,
    "large-v2": 3_100,
    "large-v3": 3_100,
    "turbo": 1_630,
    "large-v3-turbo": 1_630,
}
SPARE_MB = 200
# A model.bin much smaller than its published size is not that model.
LEAST_SHARE = 0.5


class Command(BaseCommand):
    help = "Download the speech models that the settings name (or those given) into SPEECH_MODEL_DIR."

    def add_arguments(self, parser: ArgumentParser) -> None:
        sizes = ", ".join(f"{name} ({mb} MB)" for name, mb in SIZES.items())
        parser.add_argument("model", nargs="*", help=f"{sizes} or the owner/name of a CTranslate2 model")

    def handle(self, *_args: Any, **options: Any) -> None:
        wanted = options["model"] or [settings.SPEECH_MODEL_LIVE, settings.SPEECH_MODEL_OFFLINE]
        for model in dict.fromkeys(name for name in wanted if name):
            if model in (sphinx.NAME, remote.NAME):
                self.stdout.write(f"{model}: has no model to download")
            else:
                self._bring(model)

    def _bring(self, model: str) -> None:
        folder = Path(model) if Path(model).is_dir() else model_folder(model, settings.SPEECH_MODEL_DIR)
        if not what_is_wrong(model, folder):
            self.stdout.write(f"{model}: is here")
            return
        _insist_on_space(model, folder)
        size = f" ({SIZES[model]} MB)" if model in SIZES else ""
        self.stdout.write(f"{model}: downloading to {folder}{size}")
        try:
            _download(model, folder)
        except Exception as error:
            hint = OFFLINE_HELP.format(folder=folder)
            raise CommandError(
                f"{model}: could not be downloaded ({type(error).__name__}). {hint}"
            ) from error
        wrong = what_is_wrong(model, folder)
        if wrong:
            raise CommandError(f"{model}: what arrived is no usable model: {wrong}")
        self.stdout.write(f"{model}: done")


def what_is_wrong(model: str, folder: Path) -> str:
    """What keeps `folder` from being a usable model, in a few words; "" when nothing does."""
    missing = [name for name in NEEDED_FILES if not _size(folder / name)]
    if missing:
        return f"{', '.join(missing)} missing or empty"
    if _size(folder / "model.bin") < SIZES.get(model, 0) * LEAST_SHARE * 1e6:
        return "model.bin is too small"
    try:
        json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "config.json is not readable"
    return ""


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0


def _insist_on_space(model: str, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free // 1_000_000
    except OSError as error:
        raise CommandError(f"{model}: {folder} cannot be written ({type(error).__name__})") from error
    needed = SIZES.get(model, 0) + SPARE_MB
    if free < needed:
        raise CommandError(f"{model}: needs {needed} MB, and {folder} has {free} MB left")


def _download(model: str, folder: Path) -> None:
    from faster_whisper.utils import download_model

    download_model(model, output_dir=str(folder))
