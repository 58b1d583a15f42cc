"""The assistant by REST: heard, answered, spoken; and every way in which an endpoint can fail it."""

from __future__ import annotations

import base64
import io
import json
import wave
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import av
import numpy as np
import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from tests.calls.test_api import bearer, by_token, error_of
from tests.cast import Cara, an_agent, cara_calls, talking
from tests.transcripts.chat_endpoint import fails, says, sends, waits
from tests.transcripts.scene import PROFANE
from tests.transcripts.transcription_server import Handler, Server, serving
from tests.transcripts.voices import spoken
from transcripts.actions import converse
from transcripts.models import AssistantPolicy, AssistantTurn, KnowledgeEntry

ADDRESS = "/api/v1/calls/conversation/process"
LATE = "배송이 너무 늦어요."


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()
    converse._model.cache_clear()
    converse._voice.cache_clear()


@pytest.fixture
def cara() -> Cara:
    KnowledgeEntry.objects.create(
        questions="배송이 늦어요\n노트북 배송이 왜 늦어요\n택배가 언제 오나요",
        answer="배송은 보통 이틀 걸립니다. 주문 번호를 알려 주시면 확인해 드립니다.",
    )
    return talking(an_agent("alice"))


def wav(samples: np.ndarray, rate: int = 16_000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return out.getvalue()


def encoded(container: str, codec: str, rate: int) -> bytes:
    out = io.BytesIO()
    samples = spoken(PROFANE, "ko", voice="+m3", rate=rate)
    with av.open(out, "w", format=container) as target:
        stream = target.add_stream(codec, rate=rate, layout="mono")
        resampler = av.AudioResampler(stream.format, "mono", rate, stream.codec_context.frame_size or 960)
        frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), "flt", "mono")
        frame.sample_rate = rate
        for made in [*resampler.resample(frame), *resampler.resample(None)]:
            target.mux(stream.encode(made))
        target.mux(stream.encode(None))
    return out.getvalue()


def ask(client, cara: Cara, sound: bytes | None = None, **fields: str):
    sound = wav(spoken(LATE, "ko", voice="+m3", rate=16_000)) if sound is None else sound
    body = {"audio": SimpleUploadedFile("a.wav", sound), "callId": str(cara.call.pk), **fields}
    return client.post(ADDRESS, body, headers=by_token(cara.token))


@pytest.fixture
def endpoint(settings: Settings) -> Callable[..., AbstractContextManager[Server]]:
    """`with endpoint(says("네"), fails(500)) as server:` the settings point to it."""
    from contextlib import contextmanager

    @contextmanager
    def start(*replies: Callable[[Handler], None], **more: object) -> Iterator[Server]:
        with serving(*replies) as server:
            settings.ASSISTANT_URL, settings.ASSISTANT_KEY, settings.ASSISTANT_MODEL = server.url, "k", "m"
            settings.ASSISTANT_TIMEOUT = 2
            for name, value in more.items():
                setattr(settings, name, value)
            yield server

    return start


@pytest.mark.model
@pytest.mark.django_db
class TestHeardAndSpoken:
    @pytest.mark.req("S2.5", "S2.6", "S2.8")
    @pytest.mark.parametrize(
        ("container", "codec", "rate"),
        [("webm", "libopus", 48_000), ("mp3", "libmp3lame", 44_100), ("wav", "pcm_s16le", 16_000)],
    )
    def test_the_house_answers_without_any_key(self, client, cara, container, codec, rate) -> None:
        done = ask(client, cara, encoded(container, codec, rate))
        assert done.status_code == 200, done.json()
        data = done.json()["data"]
        said = data["conversation"]
        assert said["userMessage"] == PROFANE.replace("씨발", "●●●")
        assert said["aiResponse"].startswith("배송은 보통 이틀")
        assert said["sentiment"]["sentiment"] == "negative"
        assert -1 <= said["sentiment"]["score"] < -0.3
        assert data["automatic"] is True
        kind, _, spoken_back = data["audioUrl"].partition(",")
        assert kind == "data:audio/mp3;base64"
        with av.open(io.BytesIO(base64.b64decode(spoken_back))) as sound:
            assert sum(frame.samples for frame in sound.decode(audio=0)) > 2 * 24_000

    @pytest.mark.req("S2.5")
    def test_silence_noise_and_nonsense_have_codes(self, client, cara) -> None:
        assert error_of(ask(client, cara, wav(np.zeros(16_000)))) == (422, "no_speech")
        assert error_of(ask(client, cara, b"no sound at all")) == (400, "undecodable_audio")
        assert error_of(ask(client, cara, wav(np.zeros(16_000 * 121)))) == (400, "undecodable_audio")
        assert not AssistantTurn.objects.exists()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """What the recogniser is to hear, whatever the recording says."""

    def hear(text: str) -> None:
        monkeypatch.setattr(converse, "hear", lambda _call, _sound: text)

    hear(LATE)
    return hear


@pytest.mark.db
@pytest.mark.one_database
@pytest.mark.django_db
class TestAnswered:
    @pytest.mark.req("S2.6", "S2.7")
    def test_a_language_model_gets_prompt_facts_and_history(self, client, cara, heard, endpoint) -> None:
        with endpoint(says("이틀 ", "걸립니다."), says("네.")) as server:
            assert (
                ask(client, cara, b"x", systemPrompt="짧게 답하세요").json()["data"]["conversation"][
                    "aiResponse"
                ]
                == "이틀 걸립니다."
            )
            heard("그럼 내일 오나요")
            ask(client, cara, b"x")
        first, second = (json.loads(asked.body) for asked in server.asked)
        assert "짧게 답하세요" in first["messages"][0]["content"]
        assert "배송은 보통 이틀" in first["messages"][0]["content"]
        assert [m["role"] for m in second["messages"]] == ["system", "user", "assistant", "user"]
        assert second["messages"][2]["content"] == "이틀 걸립니다."
        turn = AssistantTurn.objects.first()
        assert (turn.prompt_tokens, turn.completion_tokens, turn.model, turn.prompt) == (
            50,
            9,
            "m",
            "짧게 답하세요",
        )

    @pytest.mark.req("S2.7")
    def test_only_the_latest_turns_are_context(self, client, cara, heard, endpoint) -> None:
        AssistantPolicy.objects.create(turns=2)
        with endpoint(says("네")) as server:
            for _ in range(5):
                ask(client, cara, b"x")
        assert len(json.loads(server.asked[-1].body)["messages"]) == 1 + 2 * 2 + 1

    @pytest.mark.req("S1.6")
    def test_neither_model_nor_store_gets_an_unmasked_word(self, client, cara, heard, endpoint) -> None:
        heard("씨발 내 번호는 010-9876-5432야")
        with endpoint(says("진정하세요 씨발")) as server:
            said = ask(client, cara, b"x").json()["data"]["conversation"]
        assert said["userMessage"] == "●●● 내 번호는 [PHONE]야"
        assert said["aiResponse"] == "진정하세요 ●●●"
        assert said["sentiment"]["sentiment"] == "negative"
        for place in (server.asked[0].body.decode(), str(AssistantTurn.objects.values())):
            assert "씨발" not in place
            assert "9876" not in place

    @pytest.mark.parametrize(
        ("reply", "expected"),
        [
            (fails(401), (503, "key_missing")),
            (fails(403), (503, "key_missing")),
            (fails(400, "content_filter"), (422, "provider_refused")),
            (says("아", finish="content_filter"), (422, "provider_refused")),
        ],
    )  # fmt: skip
    def test_what_asking_again_does_not_mend_is_told(
        self, client, cara, heard, endpoint, reply, expected
    ) -> None:
        with endpoint(reply):
            assert error_of(ask(client, cara, b"x")) == expected

    @pytest.mark.parametrize(
        "reply",
        [
            fails(500), fails(429), waits(3), says(), sends(b""), sends(b"<html>", "text/html"),
            sends(b"data: {not json\n\n"), sends(b"data: [1, 2]\n\n"),
        ],
    )  # fmt: skip
    def test_while_the_endpoint_is_down_the_house_answers(self, client, cara, heard, endpoint, reply) -> None:
        with endpoint(reply):
            done = ask(client, cara, b"x")
        assert done.status_code == 200
        data = done.json()["data"]
        assert data["degraded"] is True
        assert data["conversation"]["aiResponse"].startswith("배송은 보통 이틀")

    def test_who_fails_three_times_is_left_alone_for_a_while(self, client, cara, heard, endpoint) -> None:
        with endpoint(sends(b"")) as server:
            for _ in range(5):
                assert ask(client, cara, b"x").json()["data"]["degraded"] is True
        assert len(server.asked) == 3

    def test_a_used_up_budget_leaves_the_answers_of_the_house(self, client, cara, heard, endpoint) -> None:
        AssistantPolicy.objects.create(place=cara.call.place, monthly_tokens=50)
        with endpoint(says("네")) as server:
            assert ask(client, cara, b"x").json()["data"]["model"] == "m"
            assert ask(client, cara, b"x").json()["data"]["model"] == "embedded"
        assert len(server.asked) == 1

    def test_it_says_that_it_does_not_know_and_offers_a_person(self, client, cara, heard) -> None:
        heard("화성까지 얼마나 걸려요")
        assert "상담원을 연결해" in ask(client, cara, b"x").json()["data"]["conversation"]["aiResponse"]

    def test_without_a_voice_the_text_is_there(
        self, client, cara, heard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("transcripts.assistant.voice.shutil.which", lambda _name: None)
        data = ask(client, cara, b"x").json()["data"]
        assert (data["audioUrl"], data["voiceMissing"]) == ("", True)
        assert data["conversation"]["aiResponse"]

    @pytest.mark.req("S2.6")
    def test_a_remote_voice_speaks_and_espeak_stands_in_for_it(self, client, cara, heard, endpoint) -> None:
        with endpoint(says("네"), sends(b"ID3remote", "audio/mpeg"), ASSISTANT_VOICE_MODEL="tts") as server:
            data = ask(client, cara, b"x", voice="onyx").json()["data"]
        assert base64.b64decode(data["audioUrl"].partition(",")[2]) == b"ID3remote"
        assert json.loads(server.asked[1].body)["voice"] == "onyx"
        with endpoint(says("네"), fails(500), ASSISTANT_VOICE_MODEL="tts"):
            data = ask(client, cara, b"x").json()["data"]
        assert base64.b64decode(data["audioUrl"].partition(",")[2]).startswith(b"ID3")

    @pytest.mark.req("S5.5")
    def test_the_call_must_be_the_callers(self, client, cara, heard) -> None:
        other = cara_calls()
        assert error_of(client.post(ADDRESS, {"callId": str(cara.call.pk)})) == (401, "not_authenticated")
        body = {"audio": SimpleUploadedFile("a.wav", b"x"), "callId": str(cara.call.pk)}
        assert error_of(client.post(ADDRESS, body, headers=by_token(other.token))) == (404, "not_found")
        assert error_of(
            client.post(
                ADDRESS, body | {"audio": SimpleUploadedFile("a", b"x")}, headers=bearer(an_agent("eve"))
            )
        ) == (404, "not_found")
        assert error_of(client.post(ADDRESS, {"callId": "x"}, headers=by_token(other.token))) == (
            400,
            "invalid",
        )

    def test_a_call_that_is_over_has_no_more_conversation(
        self, client, cara, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from calls.actions.calls import end_call

        end_call(cara.party)
        assert error_of(ask(client, cara, b"x")) == (409, "wrong_state")
