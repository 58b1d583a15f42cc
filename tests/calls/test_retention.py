from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.actions import calls, retention
from calls.models import Call, CallEvent
from calls.signals import call_erasing
from tests.cast import a_place, an_agent, cara_calls, talking

pytestmark = [pytest.mark.db, pytest.mark.django_db]


@pytest.fixture
def ended(settings):
    cara = talking(an_agent("alice"), a_place())
    calls.end_call(cara.party)
    for folder in ("recordings", "audio"):
        path = settings.DATA_DIR / folder / str(cara.call.pk)
        path.mkdir(parents=True)
        (path / "000001-1.opus").write_bytes(b"sound")
    return cara


def age(call: Call, days: int) -> None:
    Call.objects.filter(pk=call.pk).update(ended_at=timezone.now() - timedelta(days=days))


def test_a_call_past_its_time_keeps_its_row_and_loses_its_words_and_sound(ended, settings) -> None:
    heard = []

    def listen(call_id, **_kwargs) -> None:
        heard.append(call_id)

    age(ended.call, settings.RETENTION_DAYS + 1)
    call_erasing.connect(listen)
    try:
        assert retention.erase_old_calls() == 1
    finally:
        call_erasing.disconnect(listen)
    call = Call.objects.get(pk=ended.call.pk)
    assert (call.customer_name, call.customer_contact, call.question) == ("", "", "")
    assert call.erased_at is not None
    assert call.participants.get(role="customer").name == ""
    assert not CallEvent.objects.filter(call=call).exists()
    assert heard == [call.pk]
    for folder in ("recordings", "audio"):
        assert not (settings.DATA_DIR / folder / str(call.pk)).exists()


def test_a_call_within_its_time_and_one_that_goes_on_are_left_alone(ended, settings) -> None:
    age(ended.call, settings.RETENTION_DAYS - 1)
    cara_calls()
    assert retention.erase_old_calls() == 0
    assert (settings.DATA_DIR / "recordings" / str(ended.call.pk)).exists()


def test_erasing_twice_is_no_error(ended, settings) -> None:
    age(ended.call, settings.RETENTION_DAYS + 1)
    retention.erase_old_calls()
    retention.erase_call(ended.call.pk)
    assert retention.erase_old_calls() == 0
