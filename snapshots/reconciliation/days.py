"""What stored observations of a park's day contradict: missing status changes (R-13), and holes of single rides."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter

from core.instants import instant, seconds
from core.zones import day_range
from parks.models import Park, Ride
from snapshots.collection.gaps import LONGEST_SILENCE
from snapshots.collection.rows import Reported, differs, rides_before
from snapshots.models import (
    DataQualityLog,
    DataSource,
    LogType,
    ParkActivitySnapshot,
    Resolution,
    RideStatusChange,
    RideStatusSnapshot,
)
from snapshots.reconciliation.filing import external_id, file_findings, park_finding, settle_missing

CHANGES, HOLE = "status changes", "ride without observations"
SHOWN = 20  # places that a finding names
Span = tuple[int, int]  # seconds since 1970, [start, end)


@dataclass(slots=True)
class Reconciled:
    """What one park's day came to."""

    missing_changes: int = 0
    holes: int = 0
    filed: int = 0
    settled: int = 0


def reconcile_day(park: Park, day: date) -> Reconciled:
    """Check a park-local day, file what is wrong, settle what is no longer; about eight queries."""
    start, end = day_range(day, park.timezone)
    columns = ("ride_id", "recorded_at", "duration_seconds", "status", "computed_is_open", "data_source")
    rows = RideStatusSnapshot.objects.filter(park=park, recorded_at__gte=start, recorded_at__lt=end)
    known = set(Ride.objects.values_list("pk", flat=True))  # of orphans the orphans' check says
    by_ride = {
        ride: list(found)
        for ride, found in groupby(rows.order_by("ride_id", "recorded_at").only(*columns), attrgetter("ride_id"))
        if ride in known
    }
    result = Reconciled()
    findings: list[DataQualityLog] = []
    places = missing_changes(park, by_ride, start, end)
    if places:
        result.missing_changes = len(places)
        findings.append(changes_finding(park, start, end, places))
    for ride, (begun, ended) in ride_holes(park, by_ride, start, end):
        result.holes += 1
        findings.append(hole_finding(ride, begun, ended))
    result.settled = settle_missing(known_findings(park, by_ride, start, end), findings)
    result.filed = file_findings(findings)
    return result


def known_findings(park: Park, rides: Iterable[int], start: datetime, end: datetime) -> Iterator[DataQualityLog]:
    """What earlier runs filed of this day and nobody has settled."""
    unsettled = DataQualityLog.objects.filter(
        timestamp_start__gte=start,
        timestamp_start__lt=end,
        import_id=None,
        resolution_status__in=(Resolution.OPEN, Resolution.INVESTIGATING),
    )
    key = changes_key(park, start)
    yield from unsettled.filter(fingerprint=key)
    yield from unsettled.filter(
        issue_type=LogType.GAP, entity_type="ride", entity_id__in=list(rides), raw_data__reason=HOLE
    )


# -- status changes --------------------------------------------------------------------------------------


def missing_changes(
    park: Park, by_ride: dict[int, list[RideStatusSnapshot]], start: datetime, end: datetime
) -> list[tuple[int, datetime]]:
    """(ride, instant) where a live row differs from the row before and no change is stored."""
    before = rides_before([park.pk], list(by_ride), start)
    expected = set()
    for ride, rows in by_ride.items():
        known: Reported | None = before.get(ride)
        for row in rows:
            if row.data_source == DataSource.LIVE and differs(known, row):
                expected.add((ride, row.recorded_at))
            known = row
    stored = RideStatusChange.objects.filter(ride__in=list(by_ride), changed_at__gte=start, changed_at__lt=end)
    return sorted(expected - set(stored.values_list("ride_id", "changed_at")))


def changes_key(park: Park, start: datetime) -> str:
    return DataQualityLog.natural_key(LogType.INVALID, "park", external_id(park), start, CHANGES)


def changes_finding(park: Park, start: datetime, end: datetime, places: list[tuple[int, datetime]]) -> DataQualityLog:
    ride, at = places[0]
    description = f"{len(places):,} status changes are missing, the first of ride {ride} at {at:%Y-%m-%d %H:%MZ}"
    first = [{"ride_id": ride, "changed_at": at.isoformat()} for ride, at in places[:SHOWN]]
    found = {"reason": CHANGES, "missing": len(places), "first": first}
    return park_finding(park, start, end, changes_key(park, start), description, found)


# -- holes of single rides -------------------------------------------------------------------------------


def ride_holes(
    park: Park, by_ride: dict[int, list[RideStatusSnapshot]], start: datetime, end: datetime
) -> Iterator[tuple[int, tuple[datetime, datetime]]]:
    """Where a ride that had been seen that day has no row for more than half an hour of the park's observed, open
    time. The silence of a whole park is the park's gap, not its rides'."""
    watched = open_spans(park, start, end)
    for ride, rows in by_ride.items():
        if rows[0].data_source != DataSource.LIVE:
            continue  # a state of the archive holds until the next
        edges = [(seconds(row.recorded_at), seconds(row.recorded_at) + row.duration_seconds) for row in rows]
        known_until = edges[0][1]
        for begun, ended in [*edges[1:], (seconds(end), seconds(end))]:
            seen = [(max(a, known_until), min(b, begun)) for a, b in watched if b > known_until and a < begun]
            if sum(b - a for a, b in seen) > LONGEST_SILENCE.total_seconds():
                yield ride, (instant(seen[0][0]), instant(seen[-1][1]))
            known_until = max(known_until, ended)


def open_spans(park: Park, start: datetime, end: datetime) -> list[Span]:
    """When live collection saw the park open, as few spans as possible; one query."""
    rows = ParkActivitySnapshot.objects.filter(
        park=park,
        recorded_at__gte=start,
        recorded_at__lt=end,
        park_appears_open=True,
        data_source=DataSource.LIVE,
    ).order_by("recorded_at")
    spans: list[Span] = []
    for at, lasting in rows.values_list("recorded_at", "duration_seconds"):
        begun = seconds(at)
        if spans and begun <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], begun + lasting))
        else:
            spans.append((begun, begun + lasting))
    return spans


def hole_finding(ride: int, begun: datetime, ended: datetime) -> DataQualityLog:
    name = f"ride {ride}"
    return DataQualityLog(
        fingerprint=DataQualityLog.natural_key(LogType.GAP, "ride", name, begun, HOLE),
        issue_type=LogType.GAP,
        entity_type="ride",
        entity_id=ride,
        external_id=name,
        timestamp_start=begun,
        timestamp_end=ended,
        description="no observation of the ride while its open park was observed",
        raw_data={"reason": HOLE},
    )
