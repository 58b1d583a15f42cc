from transcripts.models.assistant import AssistantPolicy, AssistantTurn, KnowledgeEntry
from transcripts.models.export import Export
from transcripts.models.lexicon import LexiconEntry
from transcripts.models.opening import OriginalOpening
from transcripts.models.policy import MaskingPolicy, Remask, RemaskState
from transcripts.models.reveal import Reveal, RevealReason
from transcripts.models.utterance import Source, Utterance
from transcripts.models.work import CallTranscript, JobState, SpeechJob, TranscriptState

__all__ = [
    "AssistantPolicy",
    "AssistantTurn",
    "CallTranscript",
    "Export",
    "JobState",
    "KnowledgeEntry",
    "LexiconEntry",
    "MaskingPolicy",
    "OriginalOpening",
    "Remask",
    "RemaskState",
    "Reveal",
    "RevealReason",
    "Source",
    "SpeechJob",
    "TranscriptState",
    "Utterance",
]
