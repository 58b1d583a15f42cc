"""A call as a file: what each format tells, to whom, and that nothing hidden is in it."""

from __future__ import annotations

import io
import json
import re
from itertools import pairwise

import pytest
from django.urls import reverse
from pypdf import PdfReader

from accounts.tokens import issue
from calls.models import Call
from tests.cast import a_supervisor, a_team, an_agent, talking
from tests.transcripts.records import HIDDEN, Made, a_record, say
from transcripts.models import CallTranscript, Export, Utterance

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db, pytest.mark.req("S1.8")]

CUE = re.compile(
    r"(?P<number>\d+)\r\n(\d\d):(\d\d):(\d\d),(\d{3}) --> (\d\d):(\d\d):(\d\d),(\d{3})\r\n(?P<text>.+)\r\n"
)


@pytest.fixture
def alice():
    return an_agent()


@pytest.fixture
def made(alice) -> Made:
    made = a_record(alice)
    phone = say(made.customer, 15_000, 18_000, "제 번호는 010-1234-5678 이에요.")
    phone.masked_text = "제 번호는 [PHONE] 이에요."
    phone.masks = [
        {"start": 6, "end": 13, "kind": "phone", "severity": 0, "start_ms": 16_000, "end_ms": 17_500,
         "source_start": 6, "source_end": 19}
    ]  # fmt: skip
    phone.save()
    return made


def fetched(client, made: Made, form: str):
    return client.get(reverse("transcripts:export", args=[made.call.pk, form]))


def cues(text: str) -> list[tuple[int, int, str]]:
    """(start, end, words) of a SubRip file, which must be nothing but well-formed cues."""
    found = []
    for number, block in enumerate(text.split("\r\n\r\n"), start=1):
        match = CUE.fullmatch(block if block.endswith("\r\n") else f"{block}\r\n")
        assert match, block
        assert int(match["number"]) == number
        parts = [int(each) for each in match.groups()[1:9]]
        start, end = (((h * 60 + m) * 60 + s) * 1000 + ms for h, m, s, ms in (parts[:4], parts[4:]))
        found.append((start, end, match["text"]))
    return found


def test_a_text_names_speakers_and_times(client, alice, made):
    client.force_login(alice)
    text = fetched(client, made, "txt").content.decode("utf-8-sig")
    assert "[00:04] 고객: 아 ●●● 여권 사진이 반려됐어요." in text
    assert "[00:15] 고객: 제 번호는 [전화번호] 이에요." in text
    assert made.call.reference in text


def test_subtitles_are_in_order_and_show_one_cue_at_a_time(client, alice, made):
    say(made.agent, 8_000, 12_500, "잠시만요.")
    client.force_login(alice)
    found = cues(fetched(client, made, "srt").content.decode())
    assert len(found) == 5
    assert all(start < end for start, end, _ in found)
    assert all(first[1] <= second[0] for first, second in pairwise(found))
    assert found[1][:2] == (4_000, 8_000)


def test_web_subtitles_name_the_voice_and_escape_what_was_said(client, alice, made):
    say(made.agent, 3_700_000, 3_701_000, "a < b & c --> d")
    client.force_login(alice)
    text = fetched(client, made, "vtt").content.decode()
    assert text.startswith("WEBVTT\n\n")
    assert "01:01:40.000 --> 01:01:41.000" in text
    assert "a &lt; b &amp; c --&gt; d</v>" in text
    assert "<v 고객>아 ●●● 여권" in text


def test_data_has_codes_for_programs(client, alice, made):
    client.force_login(alice)
    data = json.loads(fetched(client, made, "json").content)
    assert data["version"] == 1
    assert data["reference"] == made.call.reference
    assert [said["text"] for said in data["utterances"] if "phone" in said["masked"]] == [
        "제 번호는 [PHONE] 이에요."
    ]


def test_a_pdf_holds_korean_that_can_be_read_and_searched(client, alice, made):
    client.force_login(alice)
    response = fetched(client, made, "pdf")
    assert response["Content-Type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(response.content)).pages
    text = "".join(page.extract_text() for page in pages)
    assert "사진 배경에 그림자가 있어서 반려되었습니다." in text
    assert "[전화번호]" in text


def test_a_long_call_is_many_pages_with_every_turn(client, alice, made):
    Utterance.objects.bulk_create(
        [
            Utterance(
                call=made.call, participant=made.agent, source="offline", position=100 + n, start_ms=n * 4000,
                end_ms=n * 4000 + 3000, text=f"문장 {n}번", masked_text=f"문장 {n}번", language="ko", confidence=1,
                engine="x", engine_model="y",
            )
            for n in range(300)
        ]
    )  # fmt: skip
    client.force_login(alice)
    pages = PdfReader(io.BytesIO(fetched(client, made, "pdf").content)).pages
    text = "".join(page.extract_text() for page in pages)
    assert len(pages) > 5
    assert all(f"문장 {n}번" in text for n in range(300))


@pytest.mark.parametrize("form", ["pdf", "txt", "srt", "vtt", "json"])
@pytest.mark.req("S1.6")
def test_no_format_holds_what_is_masked(client, alice, made, form):
    client.force_login(alice)
    body = fetched(client, made, form).content
    if form == "pdf":
        body = "".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages).encode()
    text = body.decode("utf-8-sig")
    assert HIDDEN not in text
    assert "1234" not in text


def test_what_could_not_be_heard_is_told(client, alice, made):
    gap = {"peer": str(made.agent.pk), "start_ms": 14_500, "end_ms": 14_900, "reason": "undecodable_audio"}
    CallTranscript.objects.filter(call=made.call).update(missing=[gap])
    client.force_login(alice)
    assert "(들을 수 없었음: 손상된 녹음)" in fetched(client, made, "txt").content.decode("utf-8-sig")
    data = json.loads(fetched(client, made, "json").content)
    assert data["missing"] == [
        {"startMs": 14_500, "endMs": 14_900, "role": "agent", "reason": "undecodable_audio"}
    ]


def test_every_export_is_on_record_and_a_refused_one_is_not(client, alice, made):
    client.force_login(alice)
    fetched(client, made, "txt")
    client.get(reverse("transcripts:export-sound", args=[made.call.pk, "customer"]))
    assert fetched(client, made, "docx").status_code == 404
    assert list(Export.objects.order_by("pk").values_list("user", "form")) == [
        (alice.pk, "txt"),
        (alice.pk, "customer"),
    ]


def test_the_sound_is_the_masked_file_under_a_name_that_tells_the_call(client, alice, made):
    client.force_login(alice)
    response = client.get(reverse("transcripts:export-sound", args=[made.call.pk, "customer"]))
    body = b"".join(response.streaming_content) if not response.is_async else None
    file = made.call.recordings.get(participant=made.customer).masked_file()
    assert response["Content-Disposition"] == f'attachment; filename="{made.call.reference}.customer.opus"'
    assert body is None or body == file.read_bytes()
    assert int(response["Content-Length"]) == file.stat().st_size
    assert client.get(reverse("transcripts:export-sound", args=[made.call.pk, "mix"])).status_code == 404


def test_strangers_and_other_agents_export_nothing(client, made):
    dan = an_agent("dan")
    bob = a_supervisor("bob")
    bob.teams.set([a_team("elsewhere")])
    for user in (dan, bob):
        client.force_login(user)
        for form in ("txt", "json"):
            assert fetched(client, made, form).status_code == 404
        assert (
            client.get(reverse("transcripts:export-sound", args=[made.call.pk, "agent"])).status_code == 404
        )
    assert not Export.objects.exists()


def test_a_call_that_runs_has_nothing_to_export(client, alice):
    call = Call.objects.get(pk=talking(alice).call.pk)
    client.force_login(alice)
    assert client.get(reverse("transcripts:export", args=[call.pk, "txt"])).status_code == 404


def test_the_api_gives_the_same_to_a_program(client, alice, made):
    headers = {"Authorization": f"Bearer {issue(alice).access_token}"}
    url = reverse("api-transcript", args=[made.call.pk])
    answer = client.get(url, headers=headers).json()
    assert answer["success"] is True
    assert len(answer["data"]["transcript"]["utterances"]) == 4
    assert client.get(f"{url}?as=srt", headers=headers).content.startswith(b"1\r\n")
    assert client.get(f"{url}?as=doc", headers=headers).json()["error"]["code"] == "unknown_format"
    assert client.get(reverse("api-transcript", args=["nonsense"]), headers=headers).status_code == 404
    assert client.get(url).status_code == 401


def test_the_record_page_offers_the_formats(client, alice, made):
    client.force_login(alice)
    page = client.get(reverse("transcripts:record", args=[made.call.pk])).content.decode()
    for form in ("pdf", "txt", "srt", "vtt", "json"):
        assert reverse("transcripts:export", args=[made.call.pk, form]) in page
