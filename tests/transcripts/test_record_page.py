"""The page of one call: sound and words, masked; who may open it; who looked behind a mask."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from calls.models import Call, Recording
from tests.cast import PASSWORD, a_place, a_queue, a_supervisor, a_team, an_agent, cara_calls, talking
from tests.transcripts.records import HIDDEN, Made, a_record, record, say
from transcripts.models import CallTranscript, Reveal, Source, TranscriptState, Utterance
from transcripts.record import read

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]


@pytest.fixture
def alice():
    return an_agent()


@pytest.fixture
def made(alice) -> Made:
    return a_record(alice)


def page_of(made: Made) -> str:
    return reverse("transcripts:record", args=[made.call.pk])


def sound_of(made: Made) -> str:
    return reverse("transcripts:audio", args=[made.call.pk, made.customer.pk])


def opened(client, made: Made) -> str:
    response = client.get(page_of(made))
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.req("S1.7")
@pytest.mark.req("S1.8")
def test_alice_reads_her_call_by_speaker_with_a_time_per_utterance(client, alice, made):
    client.force_login(alice)
    page = opened(client, made)
    turns = re.findall(r'data-from="(\w+)" data-start="(\d+)"', page)
    assert turns == [("agent", "500"), ("customer", "4000"), ("agent", "10000")]
    assert "사진 배경에 그림자가 있어서" in page
    assert "<time>00:10</time>" in page
    assert sound_of(made) in page


@pytest.mark.req("S1.6")
def test_the_masked_word_is_nowhere_in_the_page(client, alice, made):
    client.force_login(alice)
    for address in (page_of(made), reverse("transcripts:parts", args=[made.call.pk])):
        page = client.get(address).content.decode()
        assert HIDDEN not in page
        assert "●●●" in page
        assert 'data-index="0"' in page


def test_the_original_text_is_not_even_read(client, alice, made):
    client.force_login(alice)
    with CaptureQueriesContext(connection) as asked:
        opened(client, made)
    read = [query["sql"] for query in asked if "transcripts_utterance" in query["sql"]]
    assert read
    assert not any('"transcripts_utterance"."text"' in sql for sql in read)


def test_a_longer_conversation_asks_no_more_questions(client, alice, made):
    client.force_login(alice)
    opened(client, made)
    with CaptureQueriesContext(connection) as few:
        opened(client, made)
    for number in range(20):
        said = say(made.customer, 15000 + number, 15500 + number, f"또 {HIDDEN}", HIDDEN)
        Reveal.objects.create(
            user=alice, call=made.call, utterance=said, mask_index=0, at_ms=6000, reason="check"
        )
    with CaptureQueriesContext(connection) as many:
        opened(client, made)
    assert len(many) == len(few)


# --- who may open it ------------------------------------------------------------------------------------------------


def someone(who: str, made: Made) -> User | None:
    other = {"queue": a_queue("세무", team=a_team("세무팀"))}
    people = {
        "her agent": lambda: made.agent.user,
        "another agent of the team": lambda: an_agent("carol"),
        "her supervisor": lambda: a_supervisor(),
        "another team's supervisor": lambda: a_supervisor("dan", **other),
        "another team's agent": lambda: an_agent("erin", **other),
        "an administrator": lambda: User.objects.create_superuser("root", PASSWORD, name="관리자"),
        "a stranger": lambda: None,
    }
    return people[who]()


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("her agent", 200),
        ("another agent of the team", 404),
        ("her supervisor", 200),
        ("another team's supervisor", 404),
        ("another team's agent", 404),
        ("an administrator", 200),
        ("a stranger", 302),
    ],
)
def test_who_may_see_hear_and_look(client, made, who, status):
    user = someone(who, made)
    if user is not None:
        client.force_login(user)
    parts = reverse("transcripts:parts", args=[made.call.pk])
    for address in (page_of(made), parts, sound_of(made)):
        assert client.get(address).status_code == status, address
    assert look(client, made).status_code == status
    assert Reveal.objects.count() == (1 if status == 200 else 0)


def test_a_withdrawn_agent_sees_nothing_any_more(client, alice, made):
    client.force_login(alice)
    alice.withdraw()
    assert client.get(page_of(made)).status_code == 302
    assert client.get(sound_of(made)).status_code == 302


def test_one_calls_sound_does_not_open_under_another_calls_address(client, alice, made):
    other = a_record(an_agent("carol"))
    client.force_login(alice)
    crossed = reverse("transcripts:audio", args=[made.call.pk, other.customer.pk])
    assert client.get(crossed).status_code == 404


# --- looking behind a mask ------------------------------------------------------------------------------------------


def look(client, made: Made, **wish):
    wish = {"utterance": made.masked_utterance.pk, "mask": 0, "reason": "mistake", "note": "지명"} | wish
    return client.post(reverse("transcripts:reveal", args=[made.call.pk]), wish)


@pytest.mark.req("S1.6")
def test_alice_looks_with_a_reason_and_it_stays_on_record(client, alice, made):
    client.force_login(alice)
    answer = look(client, made)
    assert answer.json() == {"word": HIDDEN, "seconds": 30}
    assert "no-store" in answer.headers["Cache-Control"]
    kept = Reveal.objects.get()
    assert (kept.user, kept.call, kept.reason, kept.note, kept.at_ms) == (
        alice,
        made.call,
        "mistake",
        "지명",
        6000,
    )
    page = opened(client, made)
    assert "열람 1회" in page
    assert f"{alice.name} · " in page
    assert HIDDEN not in page


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"reason": ""}, 400),
        ({"reason": "curious"}, 400),
        ({"mask": -1}, 400),
        ({"mask": 1}, 404),
        ({"mask": "x"}, 400),
        ({"utterance": 2**63 - 1}, 404),
        ({"utterance": 2**80}, 400),
        ({"note": "x" * 201}, 400),
        ({"note": "a\x00b"}, 400),
    ],
)
def test_without_a_reason_or_with_nonsense_nothing_is_shown_or_logged(client, alice, made, wish, status):
    client.force_login(alice)
    answer = look(client, made, **wish)
    assert answer.status_code == status
    assert "word" not in answer.json()
    assert not Reveal.objects.exists()


def test_not_during_the_call(client, alice):
    cara = talking(alice)
    said = say(cara.call.participants.get(role="customer"), 0, 900, HIDDEN, HIDDEN, Source.LIVE)
    client.force_login(alice)
    address = reverse("transcripts:reveal", args=[cara.call.pk])
    answer = client.post(address, {"utterance": said.pk, "mask": 0, "reason": "check"})
    assert answer.status_code == 404
    page = client.get(reverse("transcripts:record", args=[cara.call.pk])).content.decode()
    assert "data-utterance" not in page


def test_a_look_needs_the_forms_own_token(alice, made):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert look(strict, made).status_code == 403
    assert not Reveal.objects.exists()


# --- sound ----------------------------------------------------------------------------------------------------------


async def body(response) -> bytes:
    return b"".join([piece async for piece in response.streaming_content])


@pytest.mark.django_db(transaction=True)
async def test_players_get_the_part_that_they_ask_for(async_client, alice, made):
    await async_client.aforce_login(alice)
    whole = await async_client.get(sound_of(made))
    sound = await body(whole)
    assert (whole.status_code, whole["Content-Type"], whole["Accept-Ranges"]) == (200, "audio/ogg", "bytes")
    assert sound.startswith(b"OggS")
    assert int(whole["Content-Length"]) == len(sound)
    part = await async_client.get(sound_of(made), headers={"range": "bytes=100-199"})
    assert (part.status_code, part["Content-Range"]) == (206, f"bytes 100-199/{len(sound)}")
    assert await body(part) == sound[100:200]
    tail = await async_client.get(sound_of(made), headers={"range": "bytes=-50"})
    assert await body(tail) == sound[-50:]
    beyond = await async_client.get(sound_of(made), headers={"range": f"bytes={len(sound)}-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(sound)}")


def test_the_original_has_no_address(client, alice, made):
    recording = Recording.objects.get(participant=made.customer)
    original = settings.DATA_DIR / recording.original_path
    original.write_bytes(b"original")
    client.force_login(alice)
    page = opened(client, made)
    assert recording.original_path not in page
    Recording.objects.filter(pk=recording.pk).update(masked_path="")
    assert client.get(sound_of(made)).status_code == 404
    assert sound_of(made) not in opened(client, made)


def test_a_file_that_is_gone_is_not_found_and_the_page_still_opens(client, alice, made):
    for recording in Recording.objects.all():
        recording.masked_file().unlink()
    client.force_login(alice)
    assert client.get(sound_of(made)).status_code == 404
    assert "data-tracks" not in opened(client, made)


# --- what the page says in each state -------------------------------------------------------------------------------


def test_while_it_is_made_the_page_shows_captions_progress_and_looks_again(client, alice):
    made = a_record(alice, sound=False, state=TranscriptState.PROCESSING)
    Utterance.objects.all().delete()
    say(made.agent, 0, 900, "실시간 자막입니다", source=Source.LIVE)
    CallTranscript.objects.update(progress=40)
    client.force_login(alice)
    page = opened(client, made)
    assert "상담 기록을 만들고 있습니다" in page
    assert "40%" in page
    assert "실시간 자막입니다" in page
    assert 'data-until="[data-moving]"' in page
    CallTranscript.objects.update(state=TranscriptState.READY)
    parts = client.get(reverse("transcripts:parts", args=[made.call.pk])).content.decode()
    assert "data-moving" not in parts


def test_the_final_transcript_replaces_the_captions(client, alice, made):
    say(made.agent, 0, 900, "실시간 자막입니다", source=Source.LIVE)
    client.force_login(alice)
    assert "실시간 자막입니다" not in opened(client, made)


def test_without_a_model_it_says_how_to_install_one(client, alice, settings):
    settings.ALLOW_FIXTURE_SPEECH = False
    made = a_record(alice, sound=False, state=TranscriptState.WAITING_MODEL)
    Utterance.objects.all().delete()
    client.force_login(alice)
    page = opened(client, made)
    assert "음성 인식 모델이 없습니다" in page
    assert "download_speech_model" in page


@pytest.mark.parametrize(
    ("state", "said"),
    [(TranscriptState.READY, "말한 사람이 없습니다"), (TranscriptState.PARTIAL, "말한 사람이 없습니다")],
)
def test_a_silent_call_says_so(client, alice, state, said):
    made = a_record(alice, state=state)
    Utterance.objects.all().delete()
    client.force_login(alice)
    assert said in opened(client, made)


def test_an_interrupted_recording_says_so(client, alice):
    made = a_record(alice, sound=False)
    record(made.customer, 5, interrupted=True)
    client.force_login(alice)
    assert "녹음이 중간에 끊겼습니다" in opened(client, made)


def test_a_running_call_shows_its_captions(client, alice):
    cara = talking(alice)
    say(cara.call.participants.get(role="customer"), 0, 900, "여보세요", source=Source.LIVE)
    client.force_login(alice)
    page = client.get(reverse("transcripts:record", args=[cara.call.pk])).content.decode()
    assert "상담이 진행 중입니다" in page
    assert "여보세요" in page


def test_a_call_nobody_answered_has_a_page(client):
    cara = cara_calls()
    from calls.actions import calls as call_actions

    call_actions.end_call(cara.party)
    client.force_login(a_supervisor())
    page = client.get(reverse("transcripts:record", args=[cara.call.pk])).content.decode()
    assert "상담원이 받기 전에 끝나" in page


def test_an_erased_call_has_a_page(client, alice, made):
    from calls.actions.retention import erase_call

    erase_call(made.call.pk)
    client.force_login(alice)
    page = opened(client, made)
    assert "지워졌습니다" in page
    assert "사진 배경" not in page
    assert client.get(sound_of(made)).status_code == 404


def test_neighbours_are_calls_that_the_user_may_see(client, alice, made):
    hidden = a_record(an_agent("carol"), place=a_place(is_default=False))
    later = a_record(alice)
    client.force_login(alice)
    page = opened(client, made)
    assert reverse("transcripts:record", args=[later.call.pk]) in page
    assert str(hidden.call.pk) not in page


def test_the_policy_allows_no_inline_script_and_the_page_has_none(client, alice, made):
    client.force_login(alice)
    response = client.get(page_of(made))
    assert "unsafe-inline" not in response.headers["Content-Security-Policy"]
    text = response.content.decode()
    assert not re.search(r"\sstyle=|\son[a-z]+=\"|<style", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


def test_retention_is_said(client, alice, made, settings):
    settings.RETENTION_DAYS = 10
    client.force_login(alice)
    Call.objects.filter(pk=made.call.pk).update(created_at=timezone.now())
    until = timezone.localdate() + timedelta(days=10)
    assert f"{until:%Y.%m.%d}" in opened(client, made)


@pytest.mark.req("S1.6")
def test_personal_data_stands_as_its_kind_and_what_nobody_heard_has_a_row(client, alice, made):
    said = say(made.customer, 15_000, 18_000, "번호는 010-1234-5678 이요")
    said.masked_text, said.masks = "번호는 [PHONE] 이요", [
        {"start": 4, "end": 11, "kind": "phone", "severity": 0, "start_ms": 16_000, "end_ms": 17_000,
         "source_start": 4, "source_end": 17}
    ]  # fmt: skip
    said.save()
    gap = {"peer": str(made.agent.pk), "start_ms": 14_000, "end_ms": 15_900, "reason": "undecodable_audio"}
    CallTranscript.objects.filter(call=made.call).update(missing=[gap])
    client.force_login(alice)
    page = opened(client, made)
    assert "전화번호</span>" in page
    assert "[PHONE]" not in page
    assert "010-1234" not in page
    assert "2초 동안 들을 수 없었음 · 손상된 녹음" in page


def test_of_two_agents_each_has_their_own_side_and_words(alice):
    made = a_record(alice, sound=False)
    dan = an_agent("dan", name="이하늘")
    third = made.call.participants.create(role="agent", user=dan, name="이하늘", left_at=made.call.ended_at)
    say(third, 15_000, 20_000, "제가 이어서 도와드리겠습니다.")
    found = read(alice, made.call)
    shares = {side.participant.name: side.share for side in found.sides if side.participant.role == "agent"}
    assert shares == {made.agent.name: 35, "이하늘": 25}
    assert [turn.speaker for turn in found.turns][-1] == "이하늘"
