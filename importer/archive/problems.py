"""Problems met in an archive become rows of the quality log, each once (issue key: kind, place, reason)."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core.database.querysets import upsert
from core.zones import day_start
from snapshots.models import DataQualityLog, LogType, Resolution

MAX_PER_FILE = 10_000
RAW_LIMIT = 4_000  # characters of offending input that are kept
MAX_DEPTH = 25
FORMAT = "#format"  # ends the place of a variation of the format, which is no problem


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: `place` is the file's key and, behind `#`, the position inside it."""

    kind: LogType
    entity_type: str
    place: str
    reason: str
    at: datetime
    until: datetime | None = None
    entity_id: int | None = None
    raw: Any = None


class ProblemLog:
    """Collects the problems of an import and writes them to the quality log."""

    def __init__(self, import_id: str) -> None:
        self.import_id = import_id
        self.counts: Counter[str] = Counter()
        self.pending: dict[str, DataQualityLog] = {}
        self.per_file: Counter[str] = Counter()

    def add(self, problem: Problem) -> None:
        """Remember a problem; past MAX_PER_FILE of one file they are only counted."""
        self.counts[problem.kind.value] += 1
        file = problem.place.partition("#")[0]
        self.per_file[file] += 1
        if self.per_file[file] > MAX_PER_FILE:
            return
        row = self.row(problem)
        self.pending[row.fingerprint] = row

    def add_formats(self, key: str, at: datetime, met: Mapping[str, int]) -> None:
        """Remember each format variation of a file, which was normalised: no error, and nothing to be done."""
        for variation, count in met.items():
            row = self.row(Problem(LogType.INVALID, "archive_file", f"{key}{FORMAT}", f"format: {variation}", at))
            row.raw_data = {"events": count}
            row.resolution_status = Resolution.RESOLVED
            row.resolution_notes = "normalised on import"
            self.pending[row.fingerprint] = row

    def row(self, problem: Problem) -> DataQualityLog:
        key = DataQualityLog.natural_key(problem.kind, problem.entity_type, problem.place, problem.at, problem.reason)
        return DataQualityLog(
            fingerprint=key,
            import_id=self.import_id,
            issue_type=problem.kind,
            entity_type=problem.entity_type,
            entity_id=problem.entity_id,
            external_id=problem.place[:255],
            timestamp_start=problem.at,
            timestamp_end=problem.until,
            description=problem.reason,
            raw_data=shortened(problem.raw),
        )

    def flush(self) -> None:
        """Write what is pending; a problem known from an earlier import keeps its row."""
        # A gap's end may have become known since; nothing else of a known problem changes.
        upsert(DataQualityLog, list(self.pending.values()), ["fingerprint"], ["timestamp_end"])
        self.pending.clear()


def new_problems(import_id: str) -> int:
    """How many problems the log has of an import, reported by whatever try; variations of the format are none."""
    return DataQualityLog.objects.filter(import_id=import_id).exclude(external_id__endswith=FORMAT).count()


def shortened(raw: Any) -> Any:
    """Offending input that every database keeps: as it is, or the beginning of its text."""
    if raw is None:
        return None
    try:
        text = json.dumps(raw, allow_nan=False)
    except (ValueError, RecursionError):
        text = ""
    # MariaDB refuses lone surrogates and JSON nested more than 32 deep.
    is_plain = 0 < len(text) <= RAW_LIMIT and "\\ud" not in text.lower() and depth(text) <= MAX_DEPTH
    return raw if is_plain else described(raw)


def depth(text: str) -> int:
    """How deep the JSON `text` is nested, at most (brackets inside strings count too)."""
    level = deepest = 0
    for character in text:
        level += (character in "[{") - (character in "]}")
        deepest = max(deepest, level)
    return deepest


def described(raw: Any) -> str:
    try:
        text = repr(raw)
    except RecursionError:
        return "nested too deep to show"
    return text[:RAW_LIMIT].encode("ascii", "backslashreplace").decode()


def start_of(file_day: date) -> datetime:
    """The instant a problem of a whole file is dated: the beginning of its UTC day."""
    return day_start(file_day, "UTC")
