"""Filing what a check found in the quality log: once, however often it is found, and settled when it is gone."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from core.database.querysets import BATCH_SIZE, retried_on_lock, upsert
from parks.models import Park
from snapshots.models import DataQualityLog, LogType, Resolution

# The same finding is one row for good, whenever it is met.
ONCE = datetime(1970, 1, 1, tzinfo=UTC)
AGAIN = "found again by the reconciliation"
GONE = "no longer found by the reconciliation"
REFRESHED = ("description", "raw_data", "timestamp_start", "timestamp_end")


def external_id(park: Park) -> str:
    return park.themeparks_wiki_id or f"park {park.pk}"


def park_finding(
    park: Park, start: datetime, end: datetime, fingerprint: str, description: str, raw_data: dict[str, Any]
) -> DataQualityLog:
    """The unsaved row of what is wrong with a park's day."""
    return DataQualityLog(
        fingerprint=fingerprint,
        issue_type=LogType.INVALID,
        entity_type="park",
        entity_id=park.pk,
        external_id=external_id(park),
        timestamp_start=start,
        timestamp_end=end,
        description=description,
        raw_data=raw_data,
    )


@retried_on_lock
def file_findings(rows: Sequence[DataQualityLog]) -> int:
    """Write unsaved rows that have a fingerprint; returns how many are new. Four statements per thousand.

    A known one keeps its state, except that what was RESOLVED and is found again is resumed again. WONTFIX stands.
    """
    fresh = 0
    for n in range(0, len(rows), BATCH_SIZE):
        batch = rows[n : n + BATCH_SIZE]
        known = DataQualityLog.objects.filter(fingerprint__in=[row.fingerprint for row in batch])
        fresh += len(batch) - known.count()
        known.filter(resolution_status=Resolution.RESOLVED).move_to(Resolution.INVESTIGATING, AGAIN)
        upsert(DataQualityLog, batch, ("fingerprint",), REFRESHED)
    return fresh


@retried_on_lock
def settle_missing(checked: Iterable[DataQualityLog], found: Iterable[DataQualityLog]) -> int:
    """Resolve the stored rows that were checked and are no longer found; returns how many."""
    still = {row.fingerprint for row in found}
    gone = [row.pk for row in checked if row.fingerprint not in still]
    return DataQualityLog.objects.filter(pk__in=gone).move_to(Resolution.RESOLVED, GONE) if gone else 0
