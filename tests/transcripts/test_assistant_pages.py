"""The pages of the assistant: who may set it up, versions that stay, answers, and trying it without a trace."""

from __future__ import annotations

import base64
import json
from datetime import datetime

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Role, User
from calls.models import Place
from tests.cast import a_supervisor, an_agent, cara_calls, talking
from tests.transcripts.chat_endpoint import fails, says
from tests.transcripts.transcription_server import serving
from transcripts import usage
from transcripts.actions import converse, trial
from transcripts.actions.prompts import version_of
from transcripts.models import AssistantPolicy, AssistantPrompt, AssistantTurn, KnowledgeEntry

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]

POLICY = {
    "mode": "off", "overflow_seconds": 45, "weekdays": "12345", "voice": "onyx", "prompt": "존댓말", "turns": 5,
    "monthly_tokens": 1000, "suggests": "on",
}  # fmt: skip


@pytest.fixture
def place() -> Place:
    cache.clear()
    converse._model.cache_clear()
    return talking(an_agent("alice")).call.place


@pytest.fixture
def bob(place: Place) -> User:
    bob = a_supervisor()
    bob.teams.add(place.queue.team)
    return bob


@pytest.fixture
def page(client, bob: User, place: Place):
    client.force_login(bob)
    return lambda name, *more: reverse(f"assistant:{name}", args=[place.pk, *more])


class TestWhoMay:
    def test_agents_and_strangers_may_not(self, client, place: Place) -> None:
        address = reverse("assistant:place", args=[place.pk])
        assert client.get(address).status_code == 302
        client.force_login(User.objects.get(username="alice"))
        for name, arguments in (
            ("places", []),
            ("place", [place.pk]),
            ("answers", [place.pk]),
            ("try", [place.pk]),
        ):
            assert client.get(reverse(f"assistant:{name}", args=arguments)).status_code == 403
        assert client.post(reverse("assistant:ask", args=[place.pk]), {"text": "x"}).status_code == 403

    def test_a_supervisor_sets_up_the_places_of_their_teams_only(self, client, page, place: Place) -> None:
        other = cara_calls(_elsewhere()).call.place
        listed = client.get(reverse("assistant:places")).content.decode()
        assert place.name in listed
        assert other.name not in listed
        for strange in (other.pk, 0, 9999):
            for name in ("place", "answers", "try", "new-answer"):
                assert client.get(reverse(f"assistant:{name}", args=[strange])).status_code == 404
            assert client.post(reverse("assistant:place", args=[strange]), POLICY).status_code == 404
            assert client.post(reverse("assistant:ask", args=[strange]), {"text": "x"}).status_code == 404
        entry = KnowledgeEntry.objects.create(place=other, questions="q", answer="a")
        assert client.post(page("answer", entry.pk), {"delete": "1"}).status_code == 404
        assert KnowledgeEntry.objects.filter(pk=entry.pk).exists()

    def test_an_administrator_sets_up_everywhere(self, client, place: Place) -> None:
        client.force_login(an_agent("root", role=Role.ADMIN))
        assert client.post(reverse("assistant:place", args=[0]), POLICY).status_code == 302
        assert AssistantPolicy.objects.get().place is None


def _elsewhere() -> Place:
    from accounts.models import Team
    from calls.models import Queue

    queue = Queue.objects.create(name="다른 창구", team=Team.objects.create(name="다른 팀"))
    return Place.objects.create(name="먼 지점", queue=queue)


class TestSettings:
    def test_each_prompt_is_kept_with_the_turns_that_it_served(
        self, client, page, place: Place, bob: User
    ) -> None:
        client.post(page("place"), POLICY)
        call = place.calls.get()
        first = converse.answer(call, "배송이 늦어요").turn
        client.post(page("place"), POLICY | {"prompt": "반말"})
        second = converse.answer(call, "배송이 늦어요").turn
        given = converse.answer(call, "배송이 늦어요", system_prompt="손님이 준 것").turn
        assert [(v.number, v.text, v.author) for v in AssistantPrompt.objects.order_by("number")] == [
            (1, "존댓말", bob),
            (2, "반말", bob),
        ]
        assert (first.prompt_version.number, second.prompt_version.number) == (1, 2)
        assert given.prompt_version is None
        shown = client.get(page("place")).content.decode()
        assert "존댓말" in shown
        client.post(page("restore", 1))
        assert AssistantPolicy.objects.get().prompt == "존댓말"
        assert AssistantPrompt.objects.first().number == 3

    def test_saving_without_a_new_prompt_adds_no_version(self, client, page) -> None:
        for voice in ("onyx", "echo"):
            client.post(page("place"), POLICY | {"voice": voice})
        assert AssistantPrompt.objects.count() == 1
        assert AssistantPolicy.objects.get().voice == "echo"

    def test_what_the_admin_changed_is_a_version_when_it_first_serves(self, page, place: Place) -> None:
        policy = AssistantPolicy.objects.create(place=place, prompt="하나")
        assert version_of(policy).number == 1
        AssistantPolicy.objects.update(prompt="둘")
        policy.refresh_from_db()
        assert version_of(policy).number == 2
        assert version_of(policy).number == 2

    def test_a_place_starts_from_what_holds_everywhere_and_leaves_that_alone(self, client, page) -> None:
        AssistantPolicy.objects.create(prompt="모두에게", voice="fable")
        assert "모두에게" in client.get(page("place")).content.decode()
        assert AssistantPolicy.objects.count() == 1
        client.post(page("place"), POLICY)
        assert AssistantPolicy.objects.get(place=None).prompt == "모두에게"
        assert AssistantPolicy.objects.count() == 2

    def test_what_is_wrong_is_said(self, client, page) -> None:
        wrong = client.post(page("place"), POLICY | {"voice": "darth"})
        assert wrong.status_code == 400
        assert 'role="alert"' in wrong.content.decode()
        assert not AssistantPolicy.objects.exists()

    def test_tokens_and_cost_are_counted_by_month_and_place(self, place: Place, settings: Settings) -> None:
        settings.ASSISTANT_PRICE_IN, settings.ASSISTANT_PRICE_OUT = 2.0, 10.0
        call = place.calls.get()
        elsewhere = cara_calls(_elsewhere()).call
        for number, (whose, at, tokens) in enumerate(
            [(call, None, 300), (call, 40, 100), (elsewhere, None, 7)]
        ):
            row = converse.store_turn(
                whose, user_text="", reply="", sentiment="neutral", score=0, model="m",
                prompt_tokens=tokens, completion_tokens=50 if at is None else 0,
            )  # fmt: skip
            if at:
                earlier = timezone.localtime().replace(day=1) - timezone.timedelta(days=2)
                AssistantTurn.objects.filter(pk=row.pk).update(created_at=earlier)
            assert number < 3
        found = usage.months(place.pk, budget=700)
        assert [month.tokens for month in found] == [0, 0, 0, 0, 100, 350]
        assert found[-1].share == 50
        assert found[-1].cost == pytest.approx((300 * 2 + 50 * 10) / 1_000_000)
        assert usage.months(None)[-1].tokens == 350 + 57

    def test_the_year_turns_in_the_middle_of_the_months(self) -> None:
        firsts = usage._firsts(timezone.make_aware(datetime(2026, 2, 17)))
        assert [(f.year, f.month) for f in firsts] == [
            (2025, 9), (2025, 10), (2025, 11), (2025, 12), (2026, 1), (2026, 2),
        ]  # fmt: skip


class TestAnswers:
    FORM = {"questions": " 배송 기간 \n\n언제 와요", "answer": "이틀", "language": "ko", "is_active": "on"}

    def test_an_answer_is_written_changed_and_deleted(self, client, page, place: Place) -> None:
        client.post(page("new-answer"), self.FORM)
        entry = KnowledgeEntry.objects.get()
        assert (entry.place, entry.questions) == (place, "배송 기간\n언제 와요")
        client.post(page("answer", entry.pk), self.FORM | {"answer": "사흘", "is_active": ""})
        entry.refresh_from_db()
        assert (entry.answer, entry.is_active) == ("사흘", False)
        assert "사흘" in client.get(page("answers")).content.decode()
        assert "사흘" not in client.get(page("answers") + "?q=하루").content.decode()
        client.post(page("answer", entry.pk), {"delete": "1"})
        assert not KnowledgeEntry.objects.exists()

    def test_it_needs_a_question_and_an_answer(self, client, page) -> None:
        assert client.post(page("new-answer"), self.FORM | {"questions": " \n "}).status_code == 400
        assert client.post(page("new-answer"), self.FORM | {"answer": ""}).status_code == 400
        assert not KnowledgeEntry.objects.exists()


class TestTrying:
    def rows(self) -> dict[str, int]:
        return {model.__name__: model.objects.count() for model in apps.get_models()}

    def test_a_question_is_answered_and_leaves_nothing(self, client, page) -> None:
        KnowledgeEntry.objects.create(questions="배송 기간", answer="이틀 걸립니다.")
        before = self.rows()
        told = client.post(page("ask"), {"text": "배송 기간이요 씨발", "language": "ko"}).json()
        assert told["asked"] == "배송 기간이요 ●●●"
        assert (told["reply"], told["model"]) == ("이틀 걸립니다.", "embedded")
        assert told["found"][0]["sure"] is True
        assert base64.b64decode(told["audio"]).startswith(b"ID3")
        assert self.rows() == before

    def test_it_goes_the_way_of_a_real_call(self, client, page, place: Place, settings: Settings) -> None:
        AssistantPolicy.objects.create(place=place, prompt="짧게 답하세요")
        with serving(says("네.")) as server:
            settings.ASSISTANT_URL, settings.ASSISTANT_KEY, settings.ASSISTANT_MODEL = server.url, "k", "m"
            told = client.post(page("ask"), {"text": "배송", "language": "ko"}).json()
        assert (told["reply"], told["model"], told["tokens"]) == ("네.", "m", 59)
        assert "짧게 답하세요" in json.loads(server.asked[0].body)["messages"][0]["content"]

    def test_its_tokens_count_against_the_budget_and_are_shown(
        self, client, page, place: Place, settings: Settings
    ) -> None:
        policy = AssistantPolicy.objects.create(place=place, monthly_tokens=59)
        question = {"text": "배송", "language": "ko"}
        with serving(says("네.")) as server:
            settings.ASSISTANT_URL, settings.ASSISTANT_KEY, settings.ASSISTANT_MODEL = server.url, "k", "m"
            assert not converse.is_used_up(policy)
            models = [client.post(page("ask"), question).json()["model"] for _ in range(2)]
        assert models == ["m", "embedded"]
        assert [usage.months(place.pk)[-1].tokens, usage.months(None)[-1].tokens] == [59, 59]
        elsewhere = AssistantPolicy.objects.create(place=_elsewhere(), monthly_tokens=59)
        assert not converse.is_used_up(elsewhere)
        assert "59" in client.get(page("place")).content.decode()

    def test_a_recording_is_heard(self, client, page, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(trial, "hear", lambda call, sound: f"{call.language} {sound.decode()}")
        sound = SimpleUploadedFile("q", b"hi")
        assert client.post(page("ask"), {"audio": sound, "language": "en"}).json()["asked"] == "en hi"

    def test_what_cannot_be_answered_has_a_code_and_a_sentence(
        self, client, page, settings: Settings
    ) -> None:
        noise = SimpleUploadedFile("q", b"no sound")
        wrong = client.post(page("ask"), {"audio": noise, "language": "ko"})
        assert (wrong.status_code, wrong.json()["code"]) == (400, "undecodable_audio")
        assert wrong.json()["message"]
        assert client.post(page("ask"), {"text": "x"}).status_code == 400
        with serving(fails(401)) as server:
            settings.ASSISTANT_URL, settings.ASSISTANT_KEY, settings.ASSISTANT_MODEL = server.url, "k", "m"
            assert (
                client.post(page("ask"), {"text": "배송", "language": "ko"}).json()["code"] == "key_missing"
            )

    def test_too_many_tries_wait(self, client, page, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("transcripts.assistant_views.TRIES_A_MINUTE", 1)
        codes = [client.post(page("ask"), {"text": "배송", "language": "ko"}).status_code for _ in range(2)]
        assert codes == [200, 429]

    def test_a_voice_is_heard(self, client, page, monkeypatch: pytest.MonkeyPatch) -> None:
        sound = client.get(reverse("assistant:voice", args=["nova"]))
        assert sound["Content-Type"] == "audio/mpeg"
        assert sound.content.startswith(b"ID3")
        assert client.get(reverse("assistant:voice", args=["darth"])).status_code == 404
        monkeypatch.setattr("transcripts.assistant.voice.shutil.which", lambda _name: None)
        assert client.get(reverse("assistant:voice", args=["nova"])).status_code == 503
