"""Where live collection knows nothing of a park: gap records, opened when data stop and closed when they return."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from core.database.querysets import retried_on_lock
from parks.models import Park
from snapshots.collection.issues import silent_issues
from snapshots.collection.rows import Span, parks_before
from snapshots.models import DataQualityLog, DataSource, LogType, Resolution

# A silence this long is a gap even when no cycle ran that could have failed.
LONGEST_SILENCE = timedelta(minutes=30)
PARK = "park"
RETURNED = "data returned"
NOTHING = "no data: nothing was collected"


def open_gaps(parks: Iterable[int]) -> dict[int, DataQualityLog]:
    """The gap of each park that has not ended yet; one query."""
    rows = DataQualityLog.objects.filter(
        issue_type=LogType.GAP,
        entity_type=PARK,
        entity_id__in=list(parks),
        import_id=None,
        timestamp_end=None,
    )
    return {row.entity_id: row for row in rows if row.entity_id is not None}


def live_before(parks: Iterable[int], at: datetime) -> dict[int, Span]:
    """Each park's latest row of live collection before `at`; parks that it never saw are missing. One query."""
    return parks_before(list(parks), at, data_source=DataSource.LIVE)


def gap(park: Park, start: datetime, end: datetime | None, cause: str) -> DataQualityLog:
    """An unsaved record; the park and its start make it the same gap."""
    external = park.themeparks_wiki_id or str(park.queue_times_id)
    return DataQualityLog(
        fingerprint=DataQualityLog.natural_key(LogType.GAP, PARK, external, start, "live collection"),
        issue_type=LogType.GAP,
        entity_type=PARK,
        entity_id=park.pk,
        external_id=external,
        timestamp_start=start,
        timestamp_end=end,
        description=cause[:2_000],
        resolution_status=Resolution.OPEN if end is None else Resolution.RESOLVED,
        resolution_notes=None if end is None else RETURNED,
    )


@retried_on_lock
def note_failures(causes: Mapping[Park, str], at: datetime) -> int:
    """Open a gap for each park that a cycle could not read and that has none; returns how many are new."""
    known = open_gaps(park.pk for park in causes)
    fresh = [park for park in causes if park.pk not in known]
    ends = live_before([park.pk for park in fresh], at) if fresh else {}
    rows = [
        gap(park, min(at, ends[park.pk].until) if park.pk in ends else at, None, f"no data: {causes[park]}")
        for park in fresh
    ]
    DataQualityLog.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def note_returns(parks: Iterable[Park], before: Mapping[int, Span], at: datetime) -> None:
    """Close the gaps of parks that were read at `at`; a long silence that nobody noticed becomes a closed one.

    `before`: each park's latest row before `at`.
    """
    by_id = {park.pk: park for park in parks}
    known = open_gaps(by_id)
    if known:
        ended = DataQualityLog.objects.filter(pk__in=[row.pk for row in known.values()], timestamp_start__lte=at)
        ended.update(timestamp_end=at)
        ended.move_to(Resolution.RESOLVED, RETURNED)  # but what a person settled stays as it is
        reported_again = [by_id[pk] for pk in known]
        silent_issues(reported_again).update(is_resolved=True, resolved_at=at)
    silent = [pk for pk in silent_parks(before, at) if pk in by_id and pk not in known]
    watched = live_before(silent, at) if silent else {}  # the archive's last word begins no gap of ours
    rows = [gap(by_id[pk], watched[pk].until, at, NOTHING) for pk in silent_parks(watched, at)]
    DataQualityLog.objects.bulk_create(rows, ignore_conflicts=True)


def silent_parks(before: Mapping[int, Span], at: datetime) -> list[int]:
    return [pk for pk, latest in before.items() if at - latest.until > LONGEST_SILENCE]


def detect(now: datetime, parks: Iterable[Park]) -> int:
    """Open a gap for each park that has been silent for too long; what the schedule calls (R-22.3).

    A park that live collection never saw has none. Returns how many are new.
    """
    by_id = {park.pk: park for park in parks}
    before = live_before(by_id, now)
    known = open_gaps(by_id)
    late = [pk for pk in silent_parks(before, now) if pk not in known]
    rows = [gap(by_id[pk], before[pk].until, None, NOTHING) for pk in late]
    DataQualityLog.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
