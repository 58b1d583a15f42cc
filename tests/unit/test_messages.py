"""Every text of pages and code has a Korean translation."""

from __future__ import annotations

from pathlib import Path

import polib
import pytest

from config import messages

pytestmark = pytest.mark.unit


def test_the_korean_catalogue_is_complete() -> None:
    assert list(messages.problems()) == []


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small house with one template and one module."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        '{% load i18n %}\n  <p title="it\'s">{% trans "Hang up" %}</p>\n'
        "{% blocktrans count n=n %}{{ n }} call{% plural %}{{ n }} calls{% endblocktrans %}\n"
    )
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "views.py").write_text(
        'from x import pgettext as p\n_("Busy")\npgettext("door", "Open")\n'
    )
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "LOCALE", tmp_path / "locale")
    monkeypatch.setattr(messages, "CATALOGUE", tmp_path / "locale/ko/LC_MESSAGES/django.po")
    return tmp_path


def test_texts_are_collected_from_pages_and_code(house: Path) -> None:
    assert set(messages.collect()) == {
        messages.Text("Hang up"),
        messages.Text("%(n)s call", plural="%(n)s calls"),
        messages.Text("Busy"),
        messages.Text("Open", context="door"),
    }


def test_a_new_text_is_appended_and_complained_about(house: Path) -> None:
    messages.update()
    assert any("'Busy' has no translation" in problem for problem in messages.problems())
    translate(messages.CATALOGUE)
    assert list(messages.problems()) == []


def test_a_text_that_nobody_uses_goes(house: Path) -> None:
    messages.update()
    translate(messages.CATALOGUE)
    (house / "calls" / "views.py").write_text("")
    assert any("unused: 'Busy'" in problem for problem in messages.problems())
    messages.update()
    assert list(messages.problems()) == []


def test_other_placeholders_are_complained_about(house: Path) -> None:
    messages.update()
    translate(messages.CATALOGUE, plural="통화 %(m)s건")
    assert any("other placeholders" in problem for problem in messages.problems())


def test_a_fuzzy_translation_is_complained_about(house: Path) -> None:
    messages.update()
    translate(messages.CATALOGUE)
    catalogue = polib.pofile(str(messages.CATALOGUE))
    catalogue.find("Busy").flags.append("fuzzy")
    catalogue.save()
    assert any("is marked fuzzy" in problem for problem in messages.problems())


def test_the_same_text_twice_is_complained_about(house: Path) -> None:
    messages.update()
    translate(messages.CATALOGUE)
    with messages.CATALOGUE.open("a") as file:
        file.write('\nmsgid "Busy"\nmsgstr "통화 중"\n')
    assert any("2 times: 'Busy'" in problem for problem in messages.problems())
    messages.update()
    assert list(messages.problems()) == []


def test_what_is_compiled_can_be_read(house: Path) -> None:
    messages.update()
    translate(messages.CATALOGUE)
    messages.compile_all()
    assert polib.mofile(str(messages.CATALOGUE.with_suffix(".mo"))).find("Busy").msgstr == "우리말"


def translate(path: Path, plural: str = "통화 %(n)s건") -> None:
    catalogue = polib.pofile(str(path))
    for entry in catalogue:
        if entry.msgid_plural:
            entry.msgstr_plural = {0: plural}
        else:
            entry.msgstr = "우리말"
    catalogue.save()
