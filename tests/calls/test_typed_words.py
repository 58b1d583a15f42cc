"""What a customer types is kept as it may be seen, and nowhere else."""

from __future__ import annotations

import pytest
from django.db import connection

from calls import masking
from calls.actions import chat
from calls.actions.calls import end_call, rate_call
from calls.models import CallEvent, Message
from tests import cast
from transcripts.actions import remask
from transcripts.actions.written import mask_calls
from transcripts.models import LexiconEntry, MaskingPolicy

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db, pytest.mark.req("S1.6")]

TYPED = "아 씨발 카드 4111 1111 1111 1111 재발급이요"
SHOWN = "아 ●●● 카드 [CARD] 재발급이요"


def columns() -> str:
    """Every text of every table."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table != "transcripts_lexiconentry":
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
                found += [str(row) for row in cursor.fetchall()]
    return "\n".join(found)


def test_the_form_is_kept_masked_and_the_words_nowhere():
    cara = cast.cara_calls(name="씨발 이정은", topic=TYPED, question=TYPED)
    rate_call(_over(cara), 1, TYPED)
    cara.call.refresh_from_db()
    call = cara.call
    assert (call.customer_name, call.topic) == ("●●● 이정은", SHOWN)
    assert (call.question, call.rating_comment) == (SHOWN, SHOWN)
    assert call.participants.get().name == "●●● 이정은"
    kept = columns()
    assert "재발급이요" in kept
    assert "씨발" not in kept
    assert "4111" not in kept


def _over(cara):
    end_call(cara.party)
    cara.call.refresh_from_db()
    return cara.call


def test_a_harmless_form_is_kept_as_it_was_typed():
    place = cast.a_place(location="시발점 옆")
    cara = cast.cara_calls(
        place, name="시발점", question="시발점이 어디인가요?", contact="a.dick@example.com"
    )
    assert (cara.call.customer_name, cara.call.question) == ("시발점", "시발점이 어디인가요?")
    assert cara.call.customer_contact == "a.dick@example.com"


def test_a_number_to_call_back_stays_and_abuse_beside_it_does_not():
    assert cast.cara_calls(contact="010-1234-2210").call.customer_contact == "010-1234-2210"
    assert cast.cara_calls(contact="씨발 010-1234-2210").call.customer_contact == "●●● 010-1234-2210"


def test_a_topic_that_the_place_offers_stays_whatever_the_rules_say():
    LexiconEntry.objects.create(term="여권", language="ko")
    cara = cast.cara_calls(topic="여권", question="여권 있어요")
    assert (cara.call.topic, cara.call.question) == ("여권", "●●● 있어요")


def test_the_queue_decides_what_is_hidden():
    place = cast.a_place()
    MaskingPolicy.objects.create(queue=place.queue, personal_data=[], min_severity=1)
    assert "4111" in cast.cara_calls(place, question=TYPED).call.question


def test_what_grows_by_its_masks_still_fits_its_column():
    question = "씨발 " * 166
    cara = cast.cara_calls(question=question[:500], name=("썅 " * 40)[:80])
    assert len(cara.call.question) <= 500
    assert len(cara.call.customer_name) == 80


def test_without_a_masker_no_call_is_placed(monkeypatch):
    monkeypatch.setattr(masking, "_maskers", {})
    with pytest.raises(masking.NoMasker):
        cast.cara_calls(question="안녕하세요")


def test_a_word_that_is_added_later_is_hidden_in_what_was_typed_and_told_before():
    alice = cast.an_agent()
    cara = cast.talking(alice, name="감자 정은", question="감자 주세요")
    customer = cara.party.participant
    CallEvent.objects.create(
        call=cara.call, seq=900, type="peer-joined", payload={"peerId": str(customer.pk), "name": "감자 정은"}
    )
    author = {"id": f"party:{customer.pk}", "name": "감자 정은"}
    CallEvent.objects.create(
        call=cara.call,
        seq=901,
        type="message-received",
        payload={"message": {"author": author, "text": "네"}},
    )
    room = chat.room_of(cara.call)
    Message.objects.create(room=room, seq=1, author=author["id"], author_name=author["name"], client_id="1")
    LexiconEntry.objects.create(term="감자", language="ko")
    remask.run(remask.request().pk)
    kept = columns()
    assert "●●● 정은" in kept
    assert "감자" not in kept
    assert CallEvent.objects.get(seq=901).payload["message"]["author"]["name"] == "●●● 정은"


def test_a_run_changes_nothing_that_is_masked_already():
    cara = cast.cara_calls(name="씨발 이정은", question=TYPED)
    before = columns()
    assert list(mask_calls()) == [0]
    assert columns() == before
    assert cara.call.question == SHOWN
