"""The automatic assistant takes a call: it greets, answers, lets itself be interrupted, and hands over to a person."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.browser import audio_received, axe_violations, until
from tests.e2e.people import Cara, Scene, says

pytestmark = [pytest.mark.e2e]

RULES = """
from calls.models import Place
from transcripts.models import AssistantPolicy, KnowledgeEntry
place = Place.objects.get(code="{code}")
AssistantPolicy.objects.create(place=place, mode="first")
KnowledgeEntry.objects.create(place=place, questions="세탁기 배송이 늦어요\\n세탁기 배송은 언제 와요", answer="{answer}")
answer = place.code
"""
ANSWER = (
    "세탁기 배송은 주문하신 날부터 사흘 걸립니다. 월요일에 주문하셨다면 목요일에 도착합니다."
    " 기사님이 출발하기 전에 전화를 드립니다. 설치는 무료이고 헌 세탁기도 가져갑니다."
)
SOME_WORDS_MS = 800
QUESTION = "세탁기 배송이 너무 늦어요."
LINES = """
from transcripts.models import SpokenLine
answer = [[line.turn_id, line.text, line.outcome, line.ms, line.heard_ms]
          for line in SpokenLine.objects.filter(call__place__code="{code}").order_by("turn__position", "position")]
"""


async def energy(cara: Cara) -> float:
    return sum(row.get("totalAudioEnergy", 0.0) for row in await audio_received(cara.page))


async def lines(scene: Scene) -> list[list[Any]]:
    told: list[list[Any]] = scene.stack.ask(LINES.format(code=scene.code))
    return told


@pytest.mark.req("S2.12", "S2.7")
async def test_the_assistant_answers_is_interrupted_and_hands_over(scene: Scene) -> None:
    scene.set("alice")
    scene.stack.ask(RULES.format(code=scene.code, answer=ANSWER))
    # After the greeting the question, twice, the second time into the answer; then she has enough of it.
    asks = (QUESTION, 7.0, QUESTION, 9.0, "팀장 바꿔 주세요.", 9.0)
    voice = says(scene.folder / "cara-voice.wav", 15.0, *asks, *asks)
    cara, alice = await scene.cara(voice=voice), await scene.agent()
    await alice.goes_on_duty()
    await cara.calls()
    await cara.becomes("callStatus", "IN_PROGRESS")
    await cara.sees("자동 응답")
    assert (await cara.hears())["packetsReceived"] > 50

    async def answered_and_interrupted() -> bool:
        """She may speak up between two of its sentences: then the one before was heard whole and the next one not."""
        answers: dict[int, list[tuple[str, int, int]]] = defaultdict(list)
        for turn, text, outcome, ms, heard in await lines(scene):
            if text in ANSWER:
                answers[turn].append((outcome, ms, heard))
        return any(
            said[-1][0] == "stopped"
            and SOME_WORDS_MS <= sum(heard for *_, heard in said) < sum(ms for _, ms, _ in said)
            for said in answers.values()
        )

    try:
        await until(answered_and_interrupted, "an answer that was cut short after some words", 90)
    except AssertionError as error:
        raise AssertionError(f"{error}: {await lines(scene)} {await cara.captions()}") from None
    assert "배송이 너무 늦어요" in " ".join(await cara.captions())

    await alice.is_rung(within=60)
    await expect(cara.page.locator("[data-person-wanted]")).to_be_visible()
    await expect(alice.page.locator("[data-on=ring] [data-handover-reason]")).to_have_text("상담원을 원함")
    await expect(alice.page.locator("[data-on=ring] [data-handover-intent]")).to_contain_text(
        "배송이 너무 늦어요"
    )
    assert await axe_violations(alice.page) == []
    await alice.answers()
    await alice.becomes("callStatus", "IN_PROGRESS")
    await alice.hears()
    await expect(cara.page.locator("[data-automatic]")).to_be_hidden()
    await expect(cara.page.locator("[data-agent-name]")).to_contain_text("김서연")
    before = await energy(cara)

    async def hears_alice() -> bool:
        return await energy(cara) > before + 0.001

    await until(hears_alice, "cara hears alice")
    await cara.hangs_up()
    await alice.becomes("callStatus", "ENDED", within=10)
    await alice.opens_the_record()
    record = await alice.page.locator("main").inner_text()
    assert "저는 자동 응답 안내입니다" in record or "무엇을 도와드릴까요" in record
    for told in ("세탁기 배송은", "배송이 너무 늦어요", "팀장 바꿔 주세요"):
        assert told in record
    for person in (alice, cara):
        assert person.tab.errors == []


@pytest.mark.req("S2.12")
async def test_a_customer_whose_assistant_dies_in_the_call_gets_to_a_person_and_nothing_is_lost(
    scene: Scene,
) -> None:
    scene.set("alice")
    scene.stack.ask(RULES.format(code=scene.code, answer=ANSWER))
    alice = await scene.agent()
    cara = await scene.cara(voice=says(scene.folder / "cara-voice.wav", 12.0, QUESTION))
    await alice.goes_on_duty()
    await cara.calls()
    await cara.becomes("callStatus", "IN_PROGRESS")
    assert (await cara.hears())["packetsReceived"] > 50
    scene.stack.kill("assistant")
    try:
        await alice.is_rung(within=60)
        await expect(cara.page.locator("[data-person-wanted]")).to_be_visible()
        await expect(alice.page.locator("[data-on=ring] [data-handover-reason]")).to_have_text(
            "자동 응답 장애"
        )
        await alice.answers()
        for person in (alice, cara):
            await person.hears()
            await person.becomes("callStatus", "IN_PROGRESS")
        await expect(cara.page.locator("[data-automatic]")).to_be_hidden()
    finally:
        scene.stack.start_process("assistant")
    await cara.hangs_up()
    await alice.becomes("callStatus", "ENDED", within=10)
    await alice.opens_the_record()
    record = await alice.page.locator("main").inner_text()
    assert "안녕하세요" in record
    assert "배송이 너무 늦어요" in record
