"""`manage.py download_speech_model [MODEL ...]`: brings Whisper models to SPEECH_MODEL_DIR. The only place
that downloads.
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from transcripts.engines.whisper import NEEDED_FILES, model_folder

OFFLINE_HELP = (
    "Without internet: copy a CTranslate2 Whisper model (model.bin, config.json, tokenizer.json, vocabulary) "
    "from another machine into {folder}, or set the model setting to its directory."
)


class Command(BaseCommand):
    help = "Download the speech models that the settings name (or those given) into SPEECH_MODEL_DIR."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", nargs="*", help="tiny, base, small, medium, large-v3 ... or owner/name")

    def handle(self, *_args: Any, **options: Any) -> None:
        wanted = options["model"] or [settings.SPEECH_MODEL_LIVE, settings.SPEECH_MODEL_OFFLINE]
        for model in dict.fromkeys(name for name in wanted if name):
            self._bring(model)

    def _bring(self, model: str) -> None:
        folder = model_folder(model, settings.SPEECH_MODEL_DIR)
        if Path(model).is_dir() or all((folder / name).is_file() for name in NEEDED_FILES):
            self.stdout.write(f"{model}: is here")
            return
        self.stdout.write(f"{model}: downloading to {folder}")
        try:
            _download(model, folder)
        except (OSError, ValueError) as error:
            hint = OFFLINE_HELP.format(folder=folder)
            raise CommandError(
                f"{model}: could not be downloaded ({type(error).__name__}). {hint}"
            ) from error
        self.stdout.write(f"{model}: done")


def _download(model: str, folder: Path) -> None:
    from faster_whisper.utils import download_model

    download_model(model, output_dir=str(folder))
