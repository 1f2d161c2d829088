"""Issues of live collection: stale, missing, unknown, contradictory data (R-22.1); what is stale is one issue while it
lasts, the others are reported at most once an hour."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from core.database.querysets import BATCH_SIZE, columns_of, retried_on_lock
from core.instants import seconds
from parks.models import Park
from snapshots.collection.feeds import Finding, ParkReading, minutes_between
from snapshots.models import DataQualityIssue, DataQualityLog, IssueSource, IssueType, LogType, Resolution
from snapshots.storage.bulk import Row, insert_new, row_of, stamp

DEDUPLICATION = timedelta(minutes=60)
EXTENDED = ("last_detected_at", "data_age_minutes", "last_updated_api", "reported_status", "details")
# The same unknown entity is one row for good, whenever it is met.
ONCE = datetime(1970, 1, 1, tzinfo=UTC)

UNKNOWN_KEY = "live collection"
JOINED = "joined"
SILENT = "silent"  # of a park's issue, until data return
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
    text = "" if kind == IssueType.STALE_DATA else str((details or {}).get("text", ""))  # it counts the minutes
    return source, kind, park, ride, wiki_id or "", text


def issue(finding: Finding, reading: ParkReading, at: datetime, kind_of: str = "") -> tuple[Key, Row]:
    """A row of data_quality_issues, and its key. `kind_of`: what its details call it, to be found again."""
    ride, reported_at = finding.ride, finding.reported_at
    wiki_id = finding.entity_id or None if reading.source == IssueSource.THEMEPARKS_WIKI else None
    details = {"text": finding.text} | ({"kind": kind_of} if kind_of else {})
    source, kind, park = reading.source.value, finding.kind.value, reading.park.pk
    row = row_of(
        DataQualityIssue,
        data_source=source,
        issue_type=kind,
        detected_at=stamp(seconds(at)),
        last_detected_at=stamp(seconds(at)) if is_stale(finding) else None,
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
    """Write what was found (and whether each park is open) unless it was within the last hour, and what is stale."""
    readings = list(readings)
    rows = [
        issue(finding, reading, at)
        for reading, is_open in readings
        for finding in (*reading.findings, *running_in_closed_park(reading, is_open))
    ]
    stale = {key: row for key, row in rows if key[1] == IssueType.STALE_DATA}
    new = note_stale([reading.park for reading, _ in readings if reading.readings], stale, at)
    return new + write_issues([(key, row) for key, row in rows if key not in stale], at)


def note_stale(parks: Sequence[Park], found: Mapping[Key, Row], at: datetime) -> int:
    """One open issue for each entity whose data are stale: extended once an hour while they are, then resolved.

    `found`: all that is stale in the parks at this instant. Returns how many are new; two to four statements. A cycle
    that is run later than one after it changes nothing of what that one knew.
    """
    if not parks and not found:
        return 0
    of_type = DataQualityIssue.objects.filter(issue_type=IssueType.STALE_DATA)
    rows = of_type.filter(is_resolved=False, park__in=[park.pk for park in parks]).order_by("pk")
    columns = ("data_source", "issue_type", "park_id", "ride_id", "themeparks_wiki_id")
    known = {key(*(getattr(row, name) for name in (*columns, "details"))): row for row in rows}
    over = [row.pk for name, row in known.items() if name not in found and last_of(row) <= at]
    if over:
        of_type.filter(pk__in=over).update(is_resolved=True, resolved_at=at)
    lasting = [name for name, row in known.items() if name in found and at - last_of(row) >= DEDUPLICATION]
    extended = [extend(known[name], found[name], at) for name in lasting]
    DataQualityIssue.objects.bulk_update(extended, EXTENDED, batch_size=BATCH_SIZE)
    fresh = [row for name, row in found.items() if name not in known]
    insert_new(DataQualityIssue, fresh)
    return len(fresh)


def last_of(row: DataQualityIssue) -> datetime:
    return row.last_detected_at or row.detected_at


def extend(row: DataQualityIssue, found: Row, at: datetime) -> DataQualityIssue:
    """The open issue with what is reported now."""
    told = dict(zip(columns_of(DataQualityIssue), found, strict=True))
    reported_at = told["last_updated_api"]
    row.last_detected_at, row.data_age_minutes = at, told["data_age_minutes"]
    row.last_updated_api = reported_at and datetime.fromisoformat(f"{reported_at}+00:00")
    row.reported_status, row.details = told["reported_status"], json.loads(told["details"])
    return row


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
def note_silent(parks: Iterable[tuple[Park, str]], at: datetime) -> int:
    """One open issue for each park that its source does not know, or of which it lists nothing (sources 1.7): the park
    is kept, and the issue stays open until it is reported again, however long that takes. Returns how many are new."""
    parks = list(parks)
    if not parks:
        return 0
    open_ones = silent_issues(park for park, _ in parks)
    known = set(open_ones.values_list("park_id", flat=True))
    rows = [
        issue(Finding(IssueType.MISSING_DATA, None, cause, park.themeparks_wiki_id or ""), reading, at, SILENT)[1]
        for park, cause in parks
        if park.pk not in known
        for reading in [ParkReading(park, source_of(park))]
    ]
    insert_new(DataQualityIssue, rows)
    return len(rows)


def silent_issues(parks: Iterable[Park]) -> QuerySet[DataQualityIssue]:
    """The open issues of parks that are reported nothing of."""
    return DataQualityIssue.objects.filter(
        park__in=list(parks), is_resolved=False, issue_type=IssueType.MISSING_DATA, details__kind=SILENT
    )


@retried_on_lock
def note_future(parks: Iterable[Park], at: datetime, now: datetime) -> int:
    """One issue an hour for each park of which observations of an instant later than now are refused (N-14)."""
    text = f"observations of {at:%Y-%m-%d %H:%M}Z lie in the future; they are refused"
    rows = [
        issue(Finding(IssueType.INCONSISTENT_DATA, None, text), ParkReading(park, source_of(park)), now)
        for park in parks
    ]
    return write_issues(rows, now)


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
    """Entities that were not known before: what has become of them."""
    for reading in readings:
        park = reading.park.name
        for entry in reading.unmapped:
            if entry.name:
                yield met(entry.id, at, f"{entry.name} of {park} is not known; sync_parks learns it")
            else:
                yield met(entry.id, at, f"an entity of {park} has neither a name nor a ride; it is left out")
        for ride, old in reading.joined:
            new = str(
                ride.themeparks_wiki_id if reading.source == IssueSource.THEMEPARKS_WIKI else ride.queue_times_id
            )
            text = (
                f"{ride.name} of {park} came back under another key, {old} is told no more; joined to ride {ride.pk}"
            )
            row = met(new, at, text, JOINED)
            row.entity_id, row.raw_data = ride.pk, {"old": old, "new": new}
            yield row
        for ride in reading.created:
            row = met(ride.themeparks_wiki_id or ride.queue_times_id or "", at, f"{ride.name} of {park} is new")
            row.entity_id = ride.pk
            row.resolution_status, row.resolution_notes = Resolution.RESOLVED, "created from its first cycle"
            yield row


def parted_keys(keys: Iterable[str]) -> set[str]:
    """Those of which a person has said that the join under them was wrong; one query."""
    names = {DataQualityLog.natural_key(LogType.MAPPING_FAILED, "ride", key, ONCE, JOINED): key for key in keys}
    rows = DataQualityLog.objects.filter(fingerprint__in=list(names), resolution_status=Resolution.WONTFIX)
    return {names[fingerprint] for fingerprint in rows.values_list("fingerprint", flat=True)}


def met(key: str | int, at: datetime, text: str, what: str = UNKNOWN_KEY) -> DataQualityLog:
    """An unsaved row of an entity that an upstream names `key`."""
    return DataQualityLog(
        fingerprint=DataQualityLog.natural_key(LogType.MAPPING_FAILED, "ride", str(key), ONCE, what),
        issue_type=LogType.MAPPING_FAILED,
        entity_type="ride",
        external_id=str(key),
        timestamp_start=at,
        description=text,
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
