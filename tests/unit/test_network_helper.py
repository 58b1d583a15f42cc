"""What browsers are told when nobody said which address is ours."""

from __future__ import annotations

import pytest

from config.helpers import network

pytestmark = pytest.mark.unit


def test_a_named_host_is_its_own_address() -> None:
    assert network.reachable_address("192.0.2.7") == "192.0.2.7"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_everywhere_means_the_address_on_the_network(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "lan_address", lambda: "192.0.2.9")
    assert network.reachable_address(host) == "192.0.2.9"


def test_without_a_network_there_is_the_machine_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "lan_address", lambda: "")
    assert network.reachable_address("0.0.0.0") == "127.0.0.1"
