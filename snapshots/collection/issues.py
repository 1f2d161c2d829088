"""Issues of live collection: stale, missing, unknown, contradictory data (R-22.1); each at most once an hour."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from core.instants import seconds
from core.querysets import BATCH_SIZE, retried_on_lock
from parks.models import Park
from snapshots.collection.feeds import Finding, ParkReading, minutes_between
from snapshots.models import DataQualityIssue, DataQualityLog, IssueSource, IssueType, LogType
from snapshots.storage.bulk import Row, insert_new, row_of, stamp

DEDUPLICATION = timedelta(minutes=60)
# The same unknown entity is one row for good, whenever it is met.
ONCE = datetime(1970, 1, 1, tzinfo=UTC)

UNKNOWN_KEY = "live collection"
Key = tuple[str, str, int | None, int | None, str, str]


def running_in_closed_park(reading: ParkReading, park_is_open: bool) -> list[Finding]:
    """Rides that are still reported as operating with an old time though the park is closed: a frozen feed."""
    if park_is_open:
        return []
    stale = {finding.ride.pk: finding for finding in reading.findings if is_stale(finding) and finding.ride}
    return [
        Finding(
            IssueType.INCONSISTENT_DATA,
            row.ride,
            "operating, long unchanged, in a closed park",
            stale[row.ride.pk].entity_id,
            stale[row.ride.pk].entity_name,
            row.reported_at,
            row.reported_status,
        )
        for row in reading.readings
        if row.is_operating and row.ride.pk in stale
    ]


def source_of(park: Park) -> IssueSource:
    """R-4.1."""
    return IssueSource.THEMEPARKS_WIKI if park.themeparks_wiki_id else IssueSource.QUEUE_TIMES


def is_stale(finding: Finding) -> bool:
    return finding.kind == IssueType.STALE_DATA


def key(source: str, kind: str, park: int | None, ride: int | None, wiki_id: str | None, details: Any) -> Key:
    """What makes an issue the same as one within the hour."""
    text = "" if kind == IssueType.STALE_DATA else str((details or {}).get("text", ""))
    return source, kind, park, ride, wiki_id or "", text


def issue(finding: Finding, reading: ParkReading, at: datetime) -> tuple[Key, Row]:
    """A row of data_quality_issues, and its key."""
    ride, reported_at = finding.ride, finding.reported_at
    wiki_id = finding.entity_id or None if reading.source == IssueSource.THEMEPARKS_WIKI else None
    details = {"text": finding.text}
    source, kind, park = reading.source.value, finding.kind.value, reading.park.pk
    row = row_of(
        DataQualityIssue,
        data_source=source,
        issue_type=kind,
        detected_at=stamp(seconds(at)),
        park_id=park,
        ride_id=ride and ride.pk,
        themeparks_wiki_id=wiki_id,
        queue_times_id=ride.queue_times_id if ride else reading.park.queue_times_id,
        entity_name=finding.entity_name[:255] or reading.park.name,
        last_updated_api=reported_at and stamp(seconds(reported_at)),
        data_age_minutes=minutes_between(reported_at, at) if reported_at else None,
        reported_status=(finding.reported_status or "")[:50] or None,
        details=json.dumps(details),
        is_resolved=False,
        resolved_at=None,
    )
    return key(source, kind, park, ride.pk if ride else None, wiki_id, details), row


def note_findings(readings: Iterable[tuple[ParkReading, bool]], at: datetime) -> int:
    """Write what was found (and whether each park is open) unless it was within the last hour; two queries."""
    rows = [
        issue(finding, reading, at)
        for reading, is_open in readings
        for finding in (*reading.findings, *running_in_closed_park(reading, is_open))
    ]
    return write_issues(rows, at)


def write_issues(rows: Sequence[tuple[Key, Row]], at: datetime) -> int:
    """Those that were not reported within the hour; returns how many."""
    if not rows:
        return 0
    recent = DataQualityIssue.objects.filter(
        data_source__in={key[0] for key, _ in rows},
        issue_type__in={key[1] for key, _ in rows},
        detected_at__gt=at - DEDUPLICATION,
        detected_at__lte=at,
    )
    columns = ("data_source", "issue_type", "park_id", "ride_id", "themeparks_wiki_id", "details")
    known = {key(*row) for row in recent.values_list(*columns)}
    fresh = {key: row for key, row in rows if key not in known}
    insert_new(DataQualityIssue, fresh.values())
    return len(fresh)


@retried_on_lock
def note_missing(parks: Iterable[tuple[Park, str]], at: datetime) -> int:
    """One issue for each park that its source says it does not know (sources 1.7): the park is kept."""
    rows = [
        issue(Finding(IssueType.MISSING_DATA, None, cause, park.themeparks_wiki_id or ""), reading, at)
        for park, cause in parks
        for reading in [ParkReading(park, source_of(park))]
    ]
    return write_issues(rows, at)


@retried_on_lock
def note_unknown(readings: Sequence[ParkReading], at: datetime) -> None:
    """One row of the quality log, for good, for each entity that is no ride of ours (R-4.2) and each new member."""
    rows = {row.fingerprint: row for row in (*unmapped_rows(readings, at), *member_rows(readings, at))}
    names = list(rows)
    for n in range(0, len(names), BATCH_SIZE):
        known = DataQualityLog.objects.filter(fingerprint__in=names[n : n + BATCH_SIZE])
        for fingerprint in known.values_list("fingerprint", flat=True):
            del rows[fingerprint]
    DataQualityLog.objects.bulk_create(rows.values(), ignore_conflicts=True)


def unmapped_rows(readings: Iterable[ParkReading], at: datetime) -> Iterator[DataQualityLog]:
    for reading in readings:
        for entry in reading.unmapped:
            yield DataQualityLog(
                fingerprint=DataQualityLog.natural_key(LogType.MAPPING_FAILED, "ride", entry.id, ONCE, UNKNOWN_KEY),
                issue_type=LogType.MAPPING_FAILED,
                entity_type="ride",
                external_id=entry.id,
                timestamp_start=at,
                description=f"{entry.name} of {reading.park.name} is not known; sync_parks learns it",
            )


def member_rows(readings: Iterable[ParkReading], at: datetime) -> Iterator[DataQualityLog]:
    """Members and values that this version does not know: the same news from every park, reported once."""
    for reading in readings:
        for problem in reading.unknown:
            text = f"{problem.field}: {problem.text}"
            yield DataQualityLog(
                fingerprint=DataQualityLog.natural_key(LogType.INVALID, "feed", reading.source, ONCE, text),
                issue_type=LogType.INVALID,
                entity_type="feed",
                external_id=reading.source,
                timestamp_start=at,
                description=f"{text}; first met at {reading.park.name}, {problem.count} times",
            )
