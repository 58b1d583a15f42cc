"""The entry. It must be readable by old Pythons, so that they can be told that they are too old."""

import os
import shutil
import sys

NEEDED = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")


def main():
    # type: () -> int
    if sys.version_info < NEEDED:
        start_newer()
    # Appended, not inserted: beside this package lies config/celery.py, which must not hide the real one.
    sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from bootstrap.cli import main as run  # type: ignore[import-not-found,unused-ignore]  # named so only as a script

    return int(run(sys.argv[1:]))


def start_newer():
    # type: () -> None
    """Hand over to a newer Python on PATH, if there is one."""
    for name in NEWER:
        found = shutil.which(name)
        if found:
            os.execv(found, [found] + sys.argv)  # noqa: RUF005,S606 - old syntax on purpose
    sys.exit("setup: Python 3.11 or newer is needed; python3 here is %d.%d" % sys.version_info[:2])  # noqa: UP031


if __name__ == "__main__":
    sys.exit(main())
