"""Ten people in one voice room, each with a tone of their own: who is heard is who is there."""

from __future__ import annotations

import pytest

from tests.e2e.company import Company, pages_are_well
from tests.e2e.people import Scene

pytestmark = [pytest.mark.e2e, pytest.mark.crowd]

TEN = ("alice", "dan", "erin", "finn", "gina", "hugo", "iris", "jack", "kim", "lena")


@pytest.mark.req("S3.1")
async def test_each_of_ten_hears_the_nine_others(scene: Scene, company: Company) -> None:
    scene.set(*TEN)
    people = await company.of(*TEN)
    url = company.room("voice", "열 사람", *TEN)
    for person in people:
        await person.enters(url)
    for person in people:
        await person.hears_exactly([other for other in people if other is not person])
    lena = people.pop()
    await lena.page.locator("[data-control=leave]").click()
    await people[0].becomes("roomPeople", "9")
    await people[0].hears_exactly(people[1:])
    assert await lena.open_devices() == 0
    pages_are_well(people)
