"""The main job, in real browsers: scan, call, answer, talk, hang up, read it afterwards."""

from __future__ import annotations

import pytest

from tests.e2e.people import Scene, turns

pytestmark = pytest.mark.e2e


@pytest.mark.req("S1.2", "S1.3", "S1.4", "S1.5", "S1.7", "S1.8")
async def test_a_customer_scans_talks_and_is_written_down(scene: Scene) -> None:
    scene.set("alice", supervisor=True)
    alice = await scene.agent(voice=turns("ko", "agent", scene.folder / "a.wav", only=slice(0, 2)))
    cara = await scene.cara(voice=turns("ko", "customer", scene.folder / "c.wav", only=slice(0, 2)))
    await alice.goes_on_duty()
    await cara.calls()
    await alice.answers()
    await cara.becomes("callStatus", "IN_PROGRESS")
    await alice.becomes("callStatus", "IN_PROGRESS")
    heard_by_alice, heard_by_cara = await alice.hears(), await cara.hears()
    assert heard_by_alice["packetsReceived"] > 50
    assert heard_by_cara["packetsReceived"] > 50
    assert await cara.state("mediaPath") == "direct"
