"""The domain: places and queues, calls and who takes part in them, offers, events, recordings."""

from calls.models.agents import AgentStatus, DeskSession
from calls.models.call import Call, CallEvent, CallTransition, Participant
from calls.models.chat import Attachment, Message, PresenceLease, ReadMark
from calls.models.listening import Listening
from calls.models.offer import Offer
from calls.models.place import Place, Queue, QueueMembership
from calls.models.recording import Chunk, Recording
from calls.models.room import Membership, Participation, QualitySample, Room, RoomSession

__all__ = [
    "AgentStatus",
    "Attachment",
    "Call",
    "CallEvent",
    "CallTransition",
    "Chunk",
    "DeskSession",
    "Listening",
    "Membership",
    "Message",
    "Offer",
    "Participant",
    "Participation",
    "Place",
    "PresenceLease",
    "QualitySample",
    "Queue",
    "QueueMembership",
    "ReadMark",
    "Recording",
    "Room",
    "RoomSession",
]
