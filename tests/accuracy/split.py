"""Deal one file of cases into the half that is tuned on and the half that only judges.

The rule is fixed and blind to what a sentence says: hiding and harmless lines apart, every second line goes to the
other half, so both get the same headings in like numbers. The halves are stored; this is how they came about, and how
more lines are dealt.

    python -m tests.accuracy.split new_lines.txt profanity_ko
"""

import sys
from itertools import count
from pathlib import Path

from tests.accuracy.cases import CASES, HALVES


def deal(lines: list[str]) -> dict[str, list[str]]:
    """Both halves of ``lines``, each with all the headings."""
    halves: dict[str, list[str]] = {half: [] for half in HALVES}
    turns = {True: count(0), False: count(1)}
    for line in filter(None, map(str.strip, lines)):
        if line.startswith("#"):
            for half in halves.values():
                half.append(line)
        else:
            halves[HALVES[next(turns["{" in line]) % 2]].append(line)
    return halves


def main(source: str, name: str) -> None:
    """Append the dealt lines of ``source`` to the stored halves of ``name``."""
    for half, lines in deal(Path(source).read_text(encoding="utf-8").splitlines()).items():
        with (CASES / f"{name}.{half}.txt").open("a", encoding="utf-8") as stored:
            stored.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
