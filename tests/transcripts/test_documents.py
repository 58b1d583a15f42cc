"""Documents of the house: taken in on pages, found, said by the sentence, and named where they were said."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from calls.models import Place
from tests.cast import a_supervisor, an_agent, on_duty, ringing_offer
from tests.transcripts.test_assisted_calls import (  # noqa: F401 - fixtures
    cara,
    customer_says,
    delayed,
    lines,
    place,
    studio,
)
from tests.unit.test_documents import pdf
from transcripts.actions import converse, suggest
from transcripts.actions.documents import add_text
from transcripts.models import AssistantTurn, KnowledgeDocument

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]

HANDOUT = """# 세탁기 설치 안내
## 설치 비용
기본 설치는 무료입니다. 벽걸이 설치는 삼만 원입니다. 사다리차가 필요하면 따로 냅니다.
## 헌 제품 수거
헌 세탁기는 새 제품을 놓을 때 무료로 가져갑니다. 냉장고도 가져갑니다.
"""


@pytest.fixture
def document(place: Place) -> KnowledgeDocument:  # noqa: F811
    return add_text(place, HANDOUT, title="", language="ko")


class TestAnswering:
    @pytest.mark.req("S2.6")
    def test_the_sentences_that_a_question_is_about_are_said(self, cara, document) -> None:  # noqa: F811
        customer_says(cara, "헌 세탁기도 수거해 가나요")
        assert lines(cara.call)[1:] == [
            "헌 세탁기는 새 제품을 놓을 때 무료로 가져갑니다.", "냉장고도 가져갑니다.",
        ]  # fmt: skip
        turn = AssistantTurn.objects.filter(call=cara.call).last()
        assert turn.sources == [
            {"kind": "document", "id": document.pk, "passage": 2,
             "title": "세탁기 설치 안내 · 세탁기 설치 안내 · 헌 제품 수거"},
        ]  # fmt: skip

    def test_an_answer_of_the_house_is_named_too(self, cara, document) -> None:  # noqa: F811
        turn = converse.answer(cara.call, "배송이 너무 늦어요").turn
        assert [(each["kind"], each["title"]) for each in turn.sources] == [("answer", "배송이 늦어요")]

    def test_who_takes_the_call_reads_where_the_answer_came_from(self, cara, document, place) -> None:  # noqa: F811
        alice = on_duty(an_agent(queue=place.queue))
        customer_says(cara, "헌 세탁기도 수거해 가나요")
        customer_says(cara, "상담원 연결해 주세요")
        assert ringing_offer(alice).call.handover["lastSource"].startswith("세탁기 설치 안내")

    def test_a_change_is_known_at_once(self, cara, document) -> None:  # noqa: F811
        asked = "헌 세탁기도 수거해 가나요"
        assert "무료로" in converse.answer(cara.call, asked).turn.reply
        document.text = HANDOUT.replace("무료로", "만 원에")
        document.save()
        assert "만 원에" in converse.answer(cara.call, asked).turn.reply
        KnowledgeDocument.objects.update(is_active=False)
        assert converse.answer(cara.call, asked).turn.sources == []

    def test_a_document_of_another_place_is_not_known_here(self, cara, document) -> None:  # noqa: F811
        document.place = Place.objects.create(name="먼 지점", queue=cara.call.queue)
        document.save()
        assert converse.answer(cara.call, "헌 세탁기도 수거해 가나요").turn.sources == []

    def test_an_agent_is_shown_the_document_with_the_suggestion(self, document, place) -> None:  # noqa: F811
        (found,) = converse.knowledge_of(place.calls.model(place=place)).find("헌 세탁기 수거", limit=1)
        told = suggest._told(found)
        assert (told["source"], told["entryId"]) == ("세탁기 설치 안내", document.pk)
        assert told["answer"].startswith("헌 세탁기는")


class TestPages:
    @pytest.fixture
    def page(self, client, place: Place):  # noqa: F811
        bob = a_supervisor()
        bob.teams.add(place.queue.team)
        client.force_login(bob)
        return lambda name, *more: reverse(f"assistant:{name}", args=[place.pk, *more])

    @pytest.mark.parametrize(
        ("name", "data"),
        [
            ("설치.md", HANDOUT.encode()),
            ("설치.html", b"<h1>a</h1><p>" + HANDOUT.encode()),
            ("guide.pdf", pdf("Old machines are taken away.")),
        ],
    )
    def test_a_file_is_taken(self, client, page, place, name: str, data: bytes) -> None:  # noqa: F811
        file = SimpleUploadedFile(name, data)
        answer = client.post(page("new-document"), {"file": file, "language": "ko"})
        made = KnowledgeDocument.objects.get()
        assert answer["Location"] == page("document", made.pk)
        assert (made.place, made.title) == (place, Path(name).stem)
        assert "taken away" in made.text or "무료로 가져갑니다" in made.text
        shown = client.get(page("document", made.pk)).content.decode()
        assert "passage" in shown or "대목" in shown
        assert made.title in client.get(page("documents")).content.decode()

    def test_words_are_taken_changed_and_deleted(self, client, page) -> None:
        client.post(page("new-document"), {"text": HANDOUT, "language": "ko"})
        made = KnowledgeDocument.objects.get()
        assert made.title == "세탁기 설치 안내"
        form = {"title": "새 이름", "text": "다른 글\u200b입니다.", "language": "ko", "is_active": "on"}
        assert client.post(page("document", made.pk), form | {"text": " # "}).status_code == 400
        client.post(page("document", made.pk), form)
        made.refresh_from_db()
        assert (made.title, made.text) == ("새 이름", "다른 글입니다.")
        client.post(page("document", made.pk), {"delete": "1"})
        assert not KnowledgeDocument.objects.exists()

    @pytest.mark.parametrize(
        "form",
        [
            {},
            {"text": "글", "file": SimpleUploadedFile("a.txt", b"words")},
            {"file": SimpleUploadedFile("a.exe", b"MZ")},
            {"file": SimpleUploadedFile("a.txt", b"x" * (2 * 1024 * 1024 + 1))},
            {"text": "---"},
        ],
        ids=["neither", "both", "no document", "too large", "empty"],
    )
    def test_what_is_wrong_is_said(self, client, page, form) -> None:
        answer = client.post(page("new-document"), form | {"language": "ko"})
        assert answer.status_code == 400
        assert 'role="alert"' in answer.content.decode()
        assert not KnowledgeDocument.objects.exists()

    def test_there_is_an_end_to_them(self, client, page, monkeypatch) -> None:
        monkeypatch.setattr("transcripts.actions.documents.MOST_DOCUMENTS", 1)
        codes = [
            client.post(page("new-document"), {"text": "글", "language": "ko"}).status_code for _ in range(2)
        ]
        assert codes == [302, 400]

    def test_only_supervisors_of_the_place(self, client, page, document) -> None:
        other = Place.objects.create(name="먼 지점", queue=document.place.queue)
        assert client.get(reverse("assistant:document", args=[other.pk, document.pk])).status_code == 404
        for name in ("documents", "new-document"):
            assert client.get(reverse(f"assistant:{name}", args=[0])).status_code == 404
        client.force_login(an_agent("dora"))
        for address in (page("documents"), page("new-document"), page("document", document.pk)):
            assert client.get(address).status_code == 403
