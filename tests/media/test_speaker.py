"""The room is told who speaks."""

from __future__ import annotations

import pytest

from tests.media.conftest import Events
from tests.media.tones import ToneTrack

pytestmark = pytest.mark.media


async def test_the_room_is_told_who_speaks_and_no_more_often_than_it_changes(party, events: Events) -> None:
    alice, cara = await party("alice"), await party("cara")
    await cara.device.produce(ToneTrack(300, lambda second: second > 2.0))
    await alice.device.produce(ToneTrack(440, lambda second: second < 2.0))
    told = await events.wait("active-speaker", 2, within=15)
    assert [one["peerId"] for one in told] == ["alice", "cara"]
    assert all(-50 <= one["level"] <= 0 for one in told)
