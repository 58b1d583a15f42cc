"""The note about a call: from masked words, by a model or by rule, once, through crashes, and changed on record."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from calls.models import Participant
from tests.cast import an_agent
from tests.transcripts.chat_endpoint import fails, says
from tests.transcripts.records import HIDDEN, Made, a_record, say
from tests.transcripts.transcription_server import Handler, Server, serving
from transcripts.actions import converse, summaries
from transcripts.actions.erase import erase_words
from transcripts.assistant.digest import EXTRACT, INSTRUCTIONS, Line, extract, read, transcript_of
from transcripts.assistant.guard import RULES_RUN, recites
from transcripts.models import AssistantPolicy, CallSummary, SummaryEdit, SummaryState
from transcripts.models.summary import LEASE, MAX_ATTEMPTS

PROFANE = "씨발"
NOTE = {
    "summary": "여권 사진이 반려되어 다시 찍기로 했습니다.",
    "topics": ["여권", "사진"],
    "next_steps": ["새 사진을 가져오기"],
    "outcome": "follow_up",
}


@pytest.fixture
def made() -> Made:
    cache.clear()
    converse._model.cache_clear()
    made = a_record(an_agent("alice"), sound=False)
    summaries.open_summary(made.call)
    return made


@pytest.fixture
def endpoint(settings: Settings) -> Callable[..., AbstractContextManager[Server]]:
    @contextmanager
    def start(*replies: Callable[[Handler], None]) -> Iterator[Server]:
        with serving(*replies) as server:
            settings.ASSISTANT_URL, settings.ASSISTANT_KEY, settings.ASSISTANT_MODEL = server.url, "k", "m"
            yield server

    return start


def note(made: Made) -> CallSummary:
    return CallSummary.objects.get(call=made.call)


@pytest.mark.db
@pytest.mark.one_database
@pytest.mark.django_db
class TestMade:
    def test_what_the_assistant_said_before_a_person_came_is_no_part_of_it(self, made: Made) -> None:
        greeter = Participant.objects.create(call=made.call, role="assistant", name="자동 응답")
        say(greeter, 0, 900, "저는 자동 응답 안내입니다.")
        summaries.summarise(made.call.pk)
        assert "자동 응답" not in note(made).text
        alone = a_record(an_agent("ben"), sound=False)
        alone.call.participants.filter(role="agent").update(role="assistant")
        assert any(not line.customer for line in summaries._lines(alone.call))

    def test_a_language_model_reads_masked_words_only(self, made: Made, endpoint) -> None:
        told = {**NOTE, "summary": f"고객이 {PROFANE} 하며 여권 사진을 물었습니다."}
        with endpoint(says(f"```json\n{json.dumps(told, ensure_ascii=False)}\n```")) as server:
            summaries.summarise(made.call.pk)
        body = server.asked[0].body.decode()
        assert HIDDEN not in json.dumps(json.loads(body), ensure_ascii=False)
        assert made.call.customer_name not in json.dumps(json.loads(body), ensure_ascii=False)
        found = note(made)
        assert (found.state, found.model, found.disposition) == ("ready", "m", "follow_up")
        assert found.text == "고객이 ●●● 하며 여권 사진을 물었습니다."
        assert (found.topics, found.prompt_tokens, found.completion_tokens) == (["여권", "사진"], 50, 9)

    def test_without_a_model_sentences_are_picked_and_labelled(self, made: Made) -> None:
        summaries.summarise(made.call.pk)
        found = note(made)
        assert (found.state, found.is_extract) == ("ready", True)
        assert "여권 사진이 반려됐어요." in found.text
        assert HIDDEN not in found.text

    @pytest.mark.parametrize("answer", ["네, 알겠습니다.", "{broken", '{"summary": 3}', INSTRUCTIONS])
    def test_what_is_no_note_is_not_taken_for_one(self, made: Made, endpoint, answer: str) -> None:
        with endpoint(says(answer)):
            summaries.summarise(made.call.pk)
        assert note(made).model == EXTRACT

    def test_a_recital_of_the_instructions_is_no_note(self, made: Made, endpoint) -> None:
        with endpoint(says(json.dumps({**NOTE, "summary": INSTRUCTIONS[:200]}))):
            summaries.summarise(made.call.pk)
        assert not recites(note(made).text, INSTRUCTIONS, RULES_RUN)

    def test_a_model_that_stays_away_is_asked_again_and_then_done_without(self, made: Made, endpoint) -> None:
        with endpoint(fails(500)):
            for _attempt in range(MAX_ATTEMPTS - 1):
                with pytest.raises(summaries.AskAgain):
                    summaries.summarise(made.call.pk)
                assert note(made).state == SummaryState.PENDING
            summaries.summarise(made.call.pk)
        assert (note(made).state, note(made).model) == ("ready", EXTRACT)

    def test_a_used_up_budget_and_a_refused_key_do_without(self, made: Made, endpoint) -> None:
        with endpoint(fails(401)):
            summaries.summarise(made.call.pk)
        assert note(made).model == EXTRACT
        CallSummary.objects.update(prompt_tokens=100, made_at=timezone.now())
        policy = AssistantPolicy.objects.create(place=made.call.place, monthly_tokens=100)
        assert converse.is_used_up(policy)

    def test_it_is_made_once(self, made: Made, endpoint) -> None:
        with endpoint(says(json.dumps(NOTE))) as server:
            summaries.summarise(made.call.pk)
            summaries.summarise(made.call.pk)
        assert len(server.asked) == 1

    def test_work_of_a_killed_worker_is_taken_over_and_its_late_result_dropped(self, made: Made) -> None:
        killed = note(made)
        assert killed.claim()
        summaries.summarise(made.call.pk)
        assert note(made).state == SummaryState.PENDING
        assert summaries.forgotten() == []
        CallSummary.objects.update(claimed_at=timezone.now() - LEASE - timedelta(seconds=1))
        assert summaries.forgotten() == [made.call.pk]
        summaries.summarise(made.call.pk)
        assert note(made).state == SummaryState.READY
        assert not killed.settle(SummaryState.READY, text="late")
        assert note(made).text != "late"

    def test_a_transcript_made_anew_makes_it_anew_unless_a_person_has_saved_it(self, made: Made) -> None:
        summaries.summarise(made.call.pk)
        summaries.open_summary(made.call)
        assert note(made).state == SummaryState.PENDING
        summaries.save(made.agent.user, made.call.pk, read(json.dumps(NOTE)))
        summaries.open_summary(made.call)
        assert note(made).state == SummaryState.SAVED

    def test_a_call_without_words_says_so(self, made: Made) -> None:
        made.call.utterances.all().delete()
        summaries.summarise(made.call.pk)
        assert note(made).state == SummaryState.FAILED

    def test_a_missing_call_is_done(self) -> None:
        summaries.summarise(uuid.uuid4())


@pytest.mark.db
@pytest.mark.one_database
@pytest.mark.django_db
class TestSaved:
    FORM = {
        "text": "고친 요약",
        "topics": "여권\n\n사진",
        "next_steps": "전화하기",
        "disposition": "call_back",
    }

    def post(self, client, made: Made, **fields: str):
        return client.post(reverse("transcripts:summary", args=[made.call.pk]), {**self.FORM, **fields})

    def test_the_agent_edits_it_on_the_records_page(self, client, made: Made) -> None:
        summaries.summarise(made.call.pk)
        before = note(made).text
        client.force_login(made.agent.user)
        page = client.get(reverse("transcripts:record", args=[made.call.pk])).content.decode()
        assert before in page
        assert 'name="disposition"' in page
        assert self.post(client, made).status_code == 302
        found = note(made)
        assert (found.text, found.topics, found.next_steps) == ("고친 요약", ["여권", "사진"], ["전화하기"])
        assert (found.state, found.disposition) == ("saved", "call_back")
        edit = SummaryEdit.objects.get()
        assert (edit.user, edit.before["text"], edit.after["text"]) == (made.agent.user, before, "고친 요약")
        shown = client.get(reverse("transcripts:record", args=[made.call.pk])).content.decode()
        assert "고친 요약" in shown

    def test_what_a_person_writes_is_masked_too(self, client, made: Made) -> None:
        client.force_login(made.agent.user)
        self.post(client, made, text=f"{PROFANE} 번호는 010-9876-5432", topics=PROFANE)
        kept = str(CallSummary.objects.values()) + str(SummaryEdit.objects.values())
        assert PROFANE not in kept
        assert "9876" not in kept

    def test_it_is_nobody_elses_to_change(self, client, made: Made) -> None:
        client.force_login(an_agent("eve"))
        assert self.post(client, made).status_code == 404
        client.logout()
        assert self.post(client, made).status_code == 302
        assert not SummaryEdit.objects.exists()

    def test_too_long_a_text_is_refused(self, client, made: Made) -> None:
        client.force_login(made.agent.user)
        assert self.post(client, made, text="a" * 801).status_code == 400
        assert self.post(client, made, disposition="sold").status_code == 400

    def test_a_changed_lexicon_hides_in_it_and_in_its_history(self, client, made: Made) -> None:
        from transcripts.models import LexiconEntry

        summaries.save(
            made.agent.user, made.call.pk, read(json.dumps({**NOTE, "summary": "도라에몽 이야기"}))
        )
        LexiconEntry.objects.create(language="ko", term="도라에몽", severity=2)
        summaries.mask_again({made.call.pk})
        assert "도라에몽" not in str(CallSummary.objects.values()) + str(SummaryEdit.objects.values())

    def test_erasing_the_call_erases_it(self, made: Made) -> None:
        summaries.save(made.agent.user, made.call.pk, read(json.dumps(NOTE)))
        erase_words(made.call.pk)
        assert not CallSummary.objects.exists()
        assert not SummaryEdit.objects.exists()


LINES = [
    Line(customer=False, text="안녕하세요 무엇을 도와드릴까요?"),
    Line(customer=True, text="여권 사진이 반려됐는데 왜 그런가요"),
    Line(customer=False, text="사진 배경에 그림자가 있어서 반려되었습니다."),
    Line(customer=True, text="그럼 사진을 다시 찍어야 하나요"),
    Line(customer=False, text="네 내일 다시 전화드리겠습니다."),
    Line(customer=True, text="감사합니다"),
]


@pytest.mark.unit
def test_an_extract_holds_nothing_that_was_not_said() -> None:
    found = extract(LINES, "여권")
    said = " ".join(line.text for line in LINES)
    for sentence in found.text.split(". "):
        assert sentence.rstrip(".") in said
    assert "안녕하세요" not in found.text
    assert found.topics[0] == "여권"
    assert found.next_steps == ["네 내일 다시 전화드리겠습니다."]
    assert found.outcome == "call_back"
    assert extract([]).text == ""


@pytest.mark.unit
def test_a_models_note_is_cut_to_size_and_to_known_outcomes() -> None:
    found = read(
        json.dumps({"summary": "a" * 2000, "topics": ["x"] * 9, "next_steps": "no list", "outcome": "sold"})
    )
    assert (len(found.text), len(found.topics), found.next_steps, found.outcome) == (800, 4, [], "")


@pytest.mark.unit
def test_of_a_very_long_call_the_model_reads_beginning_and_end() -> None:
    text = transcript_of([Line(customer=True, text=f"{number} " + "가" * 200) for number in range(200)])
    assert len(text) < 12_100
    assert "Customer: 0 " in text
    assert "Customer: 199 " in text
