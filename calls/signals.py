"""What other apps may hear of calls. Sent after commit, with ids only, so a receiver never sees what was rolled back."""

from django.dispatch import Signal

call_placed = Signal()
"""kwargs: call_id: uuid.UUID. A customer waits; nobody has been asked to answer yet."""

call_taken_over = Signal()
"""kwargs: call_id: uuid.UUID. A person has come into a call that the assistant had."""

voice_told = Signal()
"""kwargs: call_id: uuid.UUID, participant_id: uuid.UUID, told: dict (docs/media.md). What became of the assistant's words."""

key_pressed = Signal()
"""kwargs: call_id: uuid.UUID, key: str. The customer pressed a key for the assistant: `person`, `repeat` or `bye`."""

chunk_recorded = Signal()
"""kwargs: chunk_id: int. A closed piece of one side is on disk and has its row."""

chunk_growing = Signal()
"""kwargs: call_id: uuid.UUID, participant_id: uuid.UUID, path: str (of the open file, in the recordings' directory),
started_ms: int (Unix). Somebody goes on speaking. Told again every two seconds; to miss one does no harm."""

call_answered = Signal()
"""kwargs: call_id: uuid.UUID. An agent has accepted; sound follows in a moment."""

call_finished = Signal()
"""kwargs: call_id: uuid.UUID. The call is ENDED, or FAILED after an agent had accepted."""

call_erasing = Signal()
"""kwargs: call_id: uuid.UUID. Inside the transaction that erases what was said: receivers delete their part of it."""

demo_seeded = Signal()
"""No kwargs. The demo office stands; whoever has something to show in it adds what is missing."""
