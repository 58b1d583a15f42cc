"""`make run`: start the whole system and stay until Ctrl-C. With `--prepared` the database is not migrated again."""

from __future__ import annotations

import asyncio
import sys

from config.helpers.env import EnvError
from config.supervisor import plan, welcome
from config.supervisor.house import House
from config.supervisor.options import Options, StartError
from config.supervisor.output import Console

MIGRATE = (plan.PYTHON, "manage.py", "migrate", "--no-input", "--verbosity", "0")


def main() -> int:
    try:
        options = Options.from_environment()
        options.check_ports()
        house = House(options, plan.services(options), Console())
        prepare = () if "--prepared" in sys.argv[1:] else MIGRATE
        asyncio.run(house.run(prepare, lambda environment: welcome.lines(options, environment)))
    except EnvError as error:
        return _fail(f"configuration: {error}")
    except StartError as error:
        return _fail(str(error))
    return 0


def _fail(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
