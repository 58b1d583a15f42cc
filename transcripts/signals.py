"""What the other parts of this app may hear of. Sent after commit, with ids only."""

from django.dispatch import Signal

utterance_heard = Signal()
"""kwargs: call_id: uuid.UUID, role: str. A live caption is stored."""
