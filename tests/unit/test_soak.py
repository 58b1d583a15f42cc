"""The soak says who leaks."""

from __future__ import annotations

import pytest

from tests.bench.soak import Reading, judge

pytestmark = pytest.mark.unit

STEADY = {"web": Reading(100.0, 40), "media": Reading(80.0, 30)}


def test_a_steady_system_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert judge([STEADY] * 4) == 0
    assert "4 rounds, nothing grew" in capsys.readouterr().out


@pytest.mark.parametrize("grown", [Reading(93.0, 30), Reading(80.0, 41)])
def test_growth_after_the_warm_up_is_a_leak(grown: Reading, capsys: pytest.CaptureFixture[str]) -> None:
    assert judge([STEADY] * 3 + [STEADY | {"media": grown}]) == 1
    assert "leaking: media" in capsys.readouterr().out


def test_growth_while_warming_up_is_none() -> None:
    cold = {"web": Reading(50.0, 10), "media": Reading(40.0, 10)}
    assert judge([cold, cold, STEADY, STEADY]) == 0
