"""Every bench one after the other: `make bench`, or `make bench B="bench_sfu"` for some of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def main(wanted: list[str]) -> int:
    known = sorted(path.stem for path in FOLDER.glob("bench_*.py"))
    unknown = set(wanted) - set(known)
    if unknown or not known:
        sys.stderr.write(
            f"no such bench: {' '.join(sorted(unknown))}; there are: {' '.join(known) or 'none'}\n"
        )
        return 2
    return max([run(name) for name in wanted or known])


def run(name: str) -> int:
    print(f"\n== {name}", flush=True)
    return subprocess.run([sys.executable, "-m", f"tests.bench.{name}"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
