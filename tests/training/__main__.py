"""Make the fixture model: speak its sentences, train, write the archive.

python -m tests.training speak  --count 30000 spoken.npz
python -m tests.training train  spoken.npz weights.pt --seconds 900
python -m tests.training export weights.pt transcripts/fixture/model.tar.xz
"""

from __future__ import annotations

import argparse
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True)
    speaking = commands.add_parser("speak", help="say the sentences by many voices")
    speaking.add_argument("speech", type=Path)
    speaking.add_argument("--count", type=int, default=30_000)
    speaking.set_defaults(run=_speak)
    training = commands.add_parser("train", help="learn, or go on learning")
    training.add_argument("speech", type=Path)
    training.add_argument("weights", type=Path)
    training.add_argument("--seconds", type=float, default=900, help="how long the whole training takes")
    training.add_argument(
        "--until", type=float, help="stop after so many seconds of it, to go on another time"
    )
    training.add_argument("--start", type=Path, metavar="ARCHIVE", help="teach this model more")
    training.add_argument("--processes", type=int, default=8, help="that compose windows")
    training.add_argument(
        "--scale", type=float, default=1.0, help="size of a batch; 0.05 to try without a GPU"
    )
    training.set_defaults(run=_train)
    exporting = commands.add_parser("export", help="write the archive that the product carries")
    exporting.add_argument("weights", type=Path)
    exporting.add_argument("archive", type=Path)
    exporting.set_defaults(run=_export)
    options = parser.parse_args()
    options.run(options)


def _speak(options: argparse.Namespace) -> None:
    from tests.training.spoken import speak

    speak(options.count, options.speech)


def _train(options: argparse.Namespace) -> None:
    from tests.training.train import Plan, train

    until = options.until or options.seconds
    plan = Plan(until, options.seconds, options.processes, options.scale, options.start)
    train(options.speech, options.weights, plan)


def _export(options: argparse.Namespace) -> None:
    from tests.training.export import export

    export(options.weights, options.archive)


if __name__ == "__main__":
    main()
