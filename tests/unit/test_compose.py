"""docker-compose.yml and `make run` start the same processes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from config.supervisor import plan
from config.supervisor.options import Options

pytestmark = pytest.mark.unit
ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = plan.services(Options("0.0.0.0", 8000, "0.0.0.0", 10000, Path("var"), "", 2, 1, 8))


@pytest.mark.req("S5.7")
@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_each_process_has_the_same_command(service: plan.Service) -> None:
    command = COMPOSE["services"][service.name]["command"].split()
    assert command == ["python", *service.command[1:]]


@pytest.mark.req("S5.7")
def test_nothing_else_runs_our_image() -> None:
    ours = {name for name, each in COMPOSE["services"].items() if each.get("image") == "contact-centre"}
    assert ours == {service.name for service in SERVICES} | {"migrate"}


def test_secrets_come_from_the_environment_and_must_be_set() -> None:
    for name in (
        "POSTGRES_PASSWORD",
        "REDIS_PASSWORD",
        "TURN_SECRET",
        "SITE_ADDRESS",
        "MEDIA_ANNOUNCED_ADDRESS",
    ):
        assert f"${{{name}:?" in (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
