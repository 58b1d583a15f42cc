"""The running system loses its model, its worker, its Redis: every utterance is in the transcript once all the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.stack import Stack
from transcripts.engines.fixture import FOLDER, unpacked

pytestmark = [pytest.mark.model, pytest.mark.req("S1.5", "S1.8")]

WITHIN_S = 60.0
CHUNKS = 3
"""Three different sentences: the fixture model takes the third of three like ones in a long window for another."""

BEGIN = """
from accounts.models import User
from tests import cast
from tests.transcripts.scene import GREETING, PROFANE, SORRY, Scene
scene = Scene(cast.talking(User.objects.filter(username="alice").first() or cast.an_agent("alice")))
for at, words in enumerate((SORRY, GREETING, PROFANE)):
    scene.says("customer", words, at_ms=at * 4000)
answer = str(scene.call.pk)
"""
SEND = """
from transcripts.models import SpeechJob
from transcripts.tasks import transcribe_chunk
for job in SpeechJob.objects.filter(chunk__recording__call="{call}", state="pending"):
    transcribe_chunk.delay(job.chunk_id)
answer = None
"""
STATES = """
from transcripts.models import SpeechJob
jobs = SpeechJob.objects.filter(chunk__recording__call="{call}")
answer = sorted(jobs.values_list("state", flat=True))
"""
MINUTES_LATER = """
from datetime import timedelta
from django.db.models import F
from calls.models import Chunk
from transcripts.models import CallTranscript, SpeechJob
from transcripts.tasks import sweep_speech
late = timedelta(minutes=10)
SpeechJob.objects.update(created_at=F("created_at") - late)
SpeechJob.objects.exclude(claimed_at=None).update(claimed_at=F("claimed_at") - late)
CallTranscript.objects.update(created_at=F("created_at") - late)
CallTranscript.objects.exclude(claimed_at=None).update(claimed_at=F("claimed_at") - late)
Chunk.objects.update(created_at=F("created_at") - late)
sweep_speech.delay()
answer = None
"""
END = """
from calls.actions.calls import end_call
from calls.access import Party
from calls.models import Call
call = Call.objects.get(pk="{call}")
end_call(Party(call, call.participants.get(role="customer")))
answer = None
"""
HEARD = """
from collections import Counter
from transcripts.models import CallTranscript, Utterance
said = Utterance.objects.filter(call="{call}")
transcript = CallTranscript.objects.filter(call="{call}").first()
answer = {{
    "live": sorted(Counter(said.filter(source="live").values_list("chunk_id", flat=True)).values()),
    "final": sorted(Counter(said.filter(source="offline").values_list("chunk_id", flat=True)).values()),
    "missing": transcript.missing if transcript else None,
    "state": transcript.state if transcript else None,
}}
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the settings look for a speech model. At first nothing is there."""
    return tmp_path_factory.mktemp("models") / FOLDER


@pytest.fixture(scope="module")
def stack(start_stack: Callable[..., Stack], model: Path) -> Iterator[Stack]:
    stack = start_stack(
        ALLOW_FIXTURE_SPEECH="no", SPEECH_MODEL_LIVE=str(model), SPEECH_MODEL_OFFLINE=str(model)
    )
    yield stack
    stack.stop()


def test_what_was_said_before_a_model_was_installed_is_heard_afterwards(stack: Stack, model: Path) -> None:
    call = begin(stack)
    until(lambda: set(states(stack, call)), {"waiting_model"})
    stack.ask(END.format(call=call))
    until(lambda: heard(stack, call)["state"], "waiting_model")
    unpacked(model.parent)
    stack.ask(MINUTES_LATER)
    until(lambda: heard(stack, call)["state"], "ready")
    assert heard(stack, call)["final"] == [1] * CHUNKS
    assert heard(stack, call)["missing"] == []


def test_a_worker_killed_in_the_middle_of_its_work_costs_no_word_and_doubles_none(
    stack: Stack, model: Path
) -> None:
    unpacked(model.parent)
    call = begin(stack)
    until(lambda: "claimed" in states(stack, call), True)
    stack.kill("worker")
    assert "claimed" in states(stack, call)
    stack.start_process("worker")
    stack.ask(MINUTES_LATER)
    until(lambda: settled(stack, call), True)
    assert set(heard(stack, call)["live"]) == {1}
    ended_is_whole(stack, call)


def test_a_restarted_redis_loses_tasks_but_no_words(stack: Stack, model: Path) -> None:
    unpacked(model.parent)
    call = begin(stack)
    stack.redis.stop()
    stack.redis.start()
    stack.ask(MINUTES_LATER)
    until(lambda: settled(stack, call), True)
    assert set(heard(stack, call)["live"]) == {1}
    ended_is_whole(stack, call)


def begin(stack: Stack) -> str:
    """A call in which the customer has said CHUNKS things; each is on its way to the worker."""
    call = str(stack.ask(BEGIN))
    stack.ask(SEND.format(call=call))
    return call


def states(stack: Stack, call: str) -> list[str]:
    return list(stack.ask(STATES.format(call=call)))


def settled(stack: Stack, call: str) -> bool:
    """Every chunk was heard, or was so late that its words are left to the final transcript."""
    return set(states(stack, call)) <= {"done", "skipped"}


def heard(stack: Stack, call: str) -> dict[str, object]:
    return dict(stack.ask(HEARD.format(call=call)))


def ended_is_whole(stack: Stack, call: str) -> None:
    stack.ask(END.format(call=call))
    until(lambda: heard(stack, call)["state"], "ready")
    assert heard(stack, call)["final"] == [1] * CHUNKS


def until(found: Callable[[], object], wanted: object) -> None:
    deadline = time.monotonic() + WITHIN_S
    while (now := found()) != wanted:
        assert time.monotonic() < deadline, f"still {now}"
        time.sleep(0.05)
