"""Which worker does what, and what is done again and again: settings of Celery."""

from __future__ import annotations

from typing import Any

ROUTES: dict[str, dict[str, str]] = {
    "transcripts.tasks.transcribe_chunk": {"queue": "live"},
    "transcripts.tasks.announce_captions": {"queue": "live"},
    "transcripts.tasks.caption_partial": {"queue": "live"},
    "transcripts.tasks.finish_transcript": {"queue": "batch"},
    "transcripts.tasks.summarise_call": {"queue": "batch"},
    "transcripts.tasks.assemble_slices": {"queue": "batch"},
    "transcripts.tasks.enter_call": {"queue": "assistant"},
    "transcripts.tasks.answer_call": {"queue": "assistant"},
    "transcripts.tasks.answer_kept": {"queue": "assistant"},
    "transcripts.tasks.press_key": {"queue": "assistant"},
    "transcripts.tasks.watch_assistant": {"queue": "assistant"},
    "calls.tasks.seal_recordings": {"queue": "batch"},
    "transcripts.tasks.mask_again": {"queue": "batch"},
    "transcripts.tasks.make_sound_again": {"queue": "batch"},
}
SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep-calls": {"task": "calls.tasks.sweep_calls", "schedule": 5.0, "options": {"expires": 5}},
    "sweep-rooms": {"task": "calls.tasks.sweep_rooms", "schedule": 2.0, "options": {"expires": 4}},
    "erase-old-calls": {
        "task": "calls.tasks.erase_old_calls",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "seal-recordings": {
        "task": "calls.tasks.seal_recordings",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "watch-captions": {
        "task": "transcripts.tasks.watch_captions",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    "watch-assistant": {
        "task": "transcripts.tasks.watch_assistant",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    "rescue-assisted": {
        "task": "transcripts.tasks.rescue_assisted",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    "sweep-speech": {"task": "transcripts.tasks.sweep_speech", "schedule": 30.0, "options": {"expires": 30}},
}
