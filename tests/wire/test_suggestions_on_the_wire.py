"""Suggested answers reach the agent who talks with the customer, and nobody else."""

from __future__ import annotations

import pytest

from tests.cast import talking
from tests.transcripts.records import say
from tests.wire.pages import both_in_call, db
from transcripts.actions.suggest import suggest
from transcripts.models import KnowledgeEntry, Source

pytestmark = [pytest.mark.wire, pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


@pytest.mark.req("S2.6")
async def test_the_agent_is_told_the_answer_and_the_customer_is_not(staff) -> None:
    cara = await db(talking, staff[0])
    entry = await db(
        KnowledgeEntry.objects.create, questions="배송 기간\n배송이 늦어요", answer="이틀 걸립니다."
    )
    hers, his = await both_in_call(staff[0], cara)
    customer = await db(cara.call.participants.get, role="customer")
    said = await db(lambda: say(customer, 0, 900, "배송이 너무 늦어요", source=Source.LIVE))
    await db(suggest, cara.call.pk)
    told = await hers.next("answers-suggested")
    assert (told["callId"], told["utteranceId"]) == (str(cara.call.pk), said.pk)
    assert told["answers"] == [
        {"entryId": entry.pk, "question": "배송 기간", "answer": "이틀 걸립니다.", "source": ""}
    ]
    # What comes to the customer afterwards shows that nothing was on its way.
    await hers.request("toggle-audio", callId=str(cara.call.pk), muted=True)
    await his.next("peer-audio-changed")
    assert "answers-suggested" not in {message["type"] for message in his._kept}
    for page in (hers, his):
        await page.__aexit__(None, None, None)
