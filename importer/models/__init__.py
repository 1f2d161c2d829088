"""The ledgers of imports, of calls of the history endpoint, and of mapping decisions."""

from importer.models.decisions import (
    LONGEST_NOTES,
    SURE,
    MappingDecision,
    MappingDecisionQuerySet,
    MappingMethod,
    Span,
    decisions_of,
    stored,
)
from importer.models.imports import (
    ACTIVE,
    RESUMABLE,
    AlreadyRunning,
    HistoryCall,
    HistoryOutcome,
    ImportCheckpoint,
    ImportSlice,
    ImportStatus,
    SliceState,
    TransitionRefused,
    new_import_id,
)

__all__ = [
    "ACTIVE",
    "LONGEST_NOTES",
    "RESUMABLE",
    "SURE",
    "AlreadyRunning",
    "HistoryCall",
    "HistoryOutcome",
    "ImportCheckpoint",
    "ImportSlice",
    "ImportStatus",
    "MappingDecision",
    "MappingDecisionQuerySet",
    "MappingMethod",
    "SliceState",
    "Span",
    "TransitionRefused",
    "decisions_of",
    "new_import_id",
    "stored",
]
