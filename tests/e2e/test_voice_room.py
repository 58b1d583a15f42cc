"""Ten people in one voice room, each with a tone of their own: who is heard is who is there.

Ten pages want two cores for themselves; `VOICE_ROOM_PEOPLE=6` is for a busy machine.
"""

from __future__ import annotations

import os

import pytest

from tests.e2e.company import Company, pages_are_well
from tests.e2e.people import Scene

pytestmark = [pytest.mark.e2e, pytest.mark.long]

PEOPLE = ("alice", "dan", "erin", "finn", "gina", "hugo", "iris", "jack", "kim", "lena")[
    : int(os.environ.get("VOICE_ROOM_PEOPLE", "10"))
]


@pytest.mark.req("S3.1")
async def test_each_hears_all_the_others(scene: Scene, company: Company) -> None:
    scene.set(*PEOPLE)
    people = await company.of(*PEOPLE, in_turns=True)  # as in any conversation: silence costs nothing
    url = company.room("voice", "여럿이", *PEOPLE)
    for person in people:
        await person.enters(url)
    for person in people:
        await person.hears_exactly([other for other in people if other is not person], 240)
    last = people.pop()
    await last.page.locator("[data-control=leave]").click()
    await people[0].becomes("roomPeople", str(len(people)))
    assert await last.open_devices() == 0
    pages_are_well(people)
