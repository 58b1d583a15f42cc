"""The domain: places and queues, calls and who takes part in them, offers, events, recordings."""

from calls.models.agents import AgentStatus, DeskSession
from calls.models.call import Call, CallEvent, CallTransition, Participant
from calls.models.offer import Offer
from calls.models.place import Place, Queue, QueueMembership
from calls.models.recording import Chunk, Recording

__all__ = [
    "AgentStatus",
    "Call",
    "CallEvent",
    "CallTransition",
    "Chunk",
    "DeskSession",
    "Offer",
    "Participant",
    "Place",
    "Queue",
    "QueueMembership",
    "Recording",
]
