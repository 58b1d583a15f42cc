from transcripts.models.asked import AskedLater, AskedState
from transcripts.models.assistant import (
    AssistantMode,
    AssistantPolicy,
    AssistantPrompt,
    AssistantTurn,
    KnowledgeEntry,
    TrialUse,
)
from transcripts.models.assisted import AssistedCall, LineOutcome, SpokenLine
from transcripts.models.document import KnowledgeDocument
from transcripts.models.export import Export
from transcripts.models.lexicon import LexiconEntry
from transcripts.models.opening import OriginalOpening
from transcripts.models.policy import MaskingPolicy, Remask, RemaskState
from transcripts.models.reveal import Reveal, RevealReason
from transcripts.models.summary import CallSummary, Disposition, SummaryEdit, SummaryState
from transcripts.models.utterance import Source, Utterance
from transcripts.models.work import CallTranscript, JobState, SpeechJob, TranscriptState

__all__ = [
    "AskedLater",
    "AskedState",
    "AssistantMode",
    "AssistantPolicy",
    "AssistantPrompt",
    "AssistantTurn",
    "AssistedCall",
    "CallSummary",
    "CallTranscript",
    "Disposition",
    "Export",
    "JobState",
    "KnowledgeDocument",
    "KnowledgeEntry",
    "LexiconEntry",
    "LineOutcome",
    "MaskingPolicy",
    "OriginalOpening",
    "Remask",
    "RemaskState",
    "Reveal",
    "RevealReason",
    "Source",
    "SpeechJob",
    "SpokenLine",
    "SummaryEdit",
    "SummaryState",
    "TranscriptState",
    "TrialUse",
    "Utterance",
]
