"""Pages for what is not there, and for our own faults: in the house's look, without a traceback."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]


@pytest.mark.parametrize("address", ["/nowhere/", "/records/00000000-0000-0000-0000-000000000000/", "/p/"])
def test_what_is_not_there_is_said_kindly(address: str) -> None:
    answer = Client().get(address, follow=True)
    assert answer.status_code in {200, 404}
    assert "<h1" in answer.content.decode()
    assert "Not Found" not in answer.content.decode()


def test_our_own_fault_needs_nothing_to_be_said() -> None:
    assert "저희 쪽에서 생긴 문제" in render_to_string("500.html")
