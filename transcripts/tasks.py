"""Celery's edge: ids in, one action each. Live captions and final passes have queues of their own."""

from __future__ import annotations

import uuid
from typing import Any

from celery import Task, shared_task
from celery.signals import worker_ready

from calls.media.errors import MediaError
from transcripts.actions import asked, audio, final, live, partials, remask, suggest, summaries, sweep
from transcripts.actions.assist import presence, rescue, talk
from transcripts.actions.converse import load_client
from transcripts.actions.knowledge import load_knowledge
from transcripts.models.summary import MAX_ATTEMPTS
from transcripts.speech import load_live_model

SETTLE_SECONDS = 2
# The media server closes the last chunk a moment after the call has ended.
FIRST_WAIT_SECONDS = 3
# Later than this they talk about something else.
SUGGESTED_WITHIN_SECONDS = 10


@shared_task(
    autoretry_for=(live.HearAgain,), max_retries=live.MAX_ATTEMPTS, retry_backoff=True, retry_jitter=True
)
def transcribe_chunk(chunk_id: int) -> None:
    live.transcribe_chunk(chunk_id)


@shared_task(bind=True, max_retries=60, default_retry_delay=SETTLE_SECONDS)
def finish_transcript(self: Task[Any, Any], call_id: str) -> None:
    """Waits for the live jobs by coming back; the sweep takes over when that takes minutes."""
    try:
        final.finish_transcript(uuid.UUID(call_id))
    except final.NotSettled as error:
        raise self.retry(exc=error) from error
    summarise_call.delay(call_id)


@shared_task(
    autoretry_for=(summaries.AskAgain,),
    max_retries=MAX_ATTEMPTS,
    retry_backoff=10,
    retry_jitter=True,
)
def summarise_call(call_id: str) -> None:
    """The note about the call. Without a transcript there is none to make yet."""
    summaries.summarise(uuid.UUID(call_id))


@shared_task
def sweep_speech() -> None:
    found = sweep.forgotten()
    for chunk_id in found.chunk_ids:
        transcribe_chunk.delay(chunk_id)
    for call_id in found.call_ids:
        finish_transcript.delay(str(call_id))
    asked.give_up()
    for call_id in summaries.forgotten():
        summarise_call.delay(str(call_id))
    for run_id in remask.open_runs():
        mask_again.delay(run_id)
    for call_id in remask.calls_without_sound():
        make_sound_again.delay(str(call_id))


@shared_task
def mask_again(remask_id: int) -> None:
    remask.run(remask_id)


@shared_task
def make_sound_again(call_id: str) -> None:
    audio.remake_audio(uuid.UUID(call_id))


@shared_task
def announce_captions(call_id: str) -> None:
    """Tell the pages at once whether this call will have captions, before the first word is said."""
    live.announce(uuid.UUID(call_id))


@shared_task
def caption_partial(call_id: str, participant_id: str, path: str, started_ms: int) -> None:
    """What is being said just now. Late or unlucky it is dropped: the next one or the caption follows."""
    partials.caption_partial(uuid.UUID(call_id), uuid.UUID(participant_id), path, started_ms)


@shared_task(
    autoretry_for=(MediaError,), max_retries=8, retry_backoff=1, retry_backoff_max=5, retry_jitter=True
)
def enter_call(call_id: str) -> None:
    """The assistant comes into a call that it has taken."""
    presence.enter(uuid.UUID(call_id))


@shared_task
def answer_call(call_id: str) -> None:
    """Answer what the customer has said; come back when they seem to go on."""
    wait = talk.heard(uuid.UUID(call_id))
    if wait:
        answer_call.apply_async((call_id,), countdown=wait)


@shared_task
def press_key(call_id: str, key: str) -> None:
    talk.press(uuid.UUID(call_id), key)


@shared_task
def suggest_answers(call_id: str) -> None:
    """For the agent, while it is still about that."""
    suggest.suggest(uuid.UUID(call_id))


@shared_task
def answer_kept(asked_id: str) -> None:
    """A recording whose answer is fetched later."""
    asked.answer_kept(uuid.UUID(asked_id))


@shared_task
def leave_call(call_id: str) -> None:
    presence.leave(uuid.UUID(call_id))


@shared_task
def rescue_assisted() -> None:
    """By another worker than the assistant's: it looks whether that one works."""
    rescue.rescue()


@shared_task
def watch_assistant() -> None:
    rescue.tell_alive()
    for call in presence.consider_waiting():
        enter_call.delay(str(call.pk))
    for call_id in presence.not_entered():
        enter_call.delay(str(call_id))
    for call_id in presence.watch():
        answer_call.delay(str(call_id))


@shared_task
def watch_captions() -> None:
    live.tell_delays()


@worker_ready.connect
def warm_up(sender: Any, **_kwargs: Any) -> None:
    """The first caption must not wait for its model to load, nor the first answer for what finds it."""
    if "live" in sender.app.amqp.queues.consume_from:
        load_live_model()
    if "assistant" in sender.app.amqp.queues.consume_from:
        load_knowledge()
        load_client()
