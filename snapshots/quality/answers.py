"""What the quality log says: a summary, gaps, issues (public-api 5.3). Lists hold no more than was asked for."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import Count, F
from django.db.models.functions import Coalesce

from core.shapes import Shape, describe
from parks.models import Park, Ride
from snapshots.models import DataQualityLog, DataSource, LogType, Resolution
from snapshots.quality.selection import PARK, RIDE, Rows, Selection, parts_of

GROUPS = ("resolution_status", "issue_type")


class QualitySummary(Shape):
    by_status: Annotated[dict[str, int], describe("of all imports, and of none")]
    by_type: dict[str, int]
    health: Annotated[Literal["HEALTHY", "DEGRADED"], describe("DEGRADED: something is OPEN")]
    import_id: str | None
    total_issues: Annotated[int, describe("the sum of by_type")]


class Logged(Shape):
    log_id: int
    entity_type: str
    entity_id: int | None
    external_id: str | None
    timestamp_start: datetime
    timestamp_end: datetime | None
    description: str
    resolution_status: Annotated[str, describe(enum=Resolution.values)]
    created_at: datetime


class LoggedGap(Logged):
    duration_minutes: Annotated[int | None, describe("null: it has not ended")]
    source: DataSource
    park_id: int | None
    park_name: str | None
    ride_name: str | None


class LoggedGaps(Shape):
    gaps: list[LoggedGap]
    has_more: Annotated[bool, describe("there are more than `limit`")]
    total: Annotated[int, describe("how many there are without the limit")]


class LoggedIssue(Logged):
    import_id: str | None
    issue_type: Annotated[str, describe(enum=LogType.values)]
    resolution_notes: str | None
    updated_at: datetime


class LoggedIssues(Shape):
    issues: list[LoggedIssue]
    has_more: Annotated[bool, describe("there is a next page")]
    offset: int
    total: Annotated[int, describe("how many there are on all pages")]


def summary(asked: Selection) -> QualitySummary:
    """Counts by type and by status; DEGRADED while a problem of the window and place is OPEN.

    An import narrows `by_type` and `total_issues` alone, as it always did. One query per part, twice with an import.
    """
    everywhere = counts(asked_without_import(asked))
    found = counts(asked) if asked.import_id is not None else everywhere
    by_status = totals(everywhere, 0)
    return QualitySummary(
        by_status=by_status,
        by_type=totals(found, 1),
        health="DEGRADED" if by_status.get(Resolution.OPEN) else "HEALTHY",
        import_id=asked.import_id,
        total_issues=found.total(),
    )


def asked_without_import(asked: Selection) -> Selection:
    return Selection(asked.now, asked.period, asked.days, asked.park, asked.ride, asked.least, asked.source)


def counts(asked: Selection) -> "Counter[tuple[str, str]]":
    """How many rows there are by (status, type)."""
    found: Counter[tuple[str, str]] = Counter()
    for part in parts_of(DataQualityLog.objects.all(), asked):
        # Wrapped where there is a window, so that its index is chosen and not the one in the order of the groups.
        status, kind = (Coalesce(name, name) if asked.has_window else F(name) for name in GROUPS)
        grouped = part.order_by().values_list(status, kind).annotate(Count("pk"))
        found.update({(status, kind): rows for status, kind, rows in grouped})
    return found


def totals(found: "Counter[tuple[str, str]]", place: int) -> dict[str, int]:
    """Added up by status (0) or type (1), in the order of their names."""
    added: Counter[str] = Counter()
    for key, rows in found.items():
        added[key[place]] += rows
    return dict(sorted(added.items()))


def logged(row: DataQualityLog) -> dict[str, Any]:
    """The values of `Logged`."""
    return {
        "log_id": row.pk,
        "entity_type": row.entity_type,
        "entity_id": row.entity_id,
        "external_id": row.external_id,
        "timestamp_start": row.timestamp_start,
        "timestamp_end": row.timestamp_end,
        "description": row.description,
        "resolution_status": row.resolution_status,
        "created_at": row.created_at,
    }


# -- gaps ------------------------------------------------------------------------------------------------


def gaps(asked: Selection, limit: int) -> LoggedGaps:
    """The gaps that reach into the window, the latest first; they are counted where the limit cuts them (N-16)."""
    rows: list[DataQualityLog] = []
    parts = list(parts_of(DataQualityLog.objects.filter(issue_type=LogType.GAP), asked))
    for part in parts:
        rows += page(part.order_by("-timestamp_start", "-timestamp_end", "-pk"), 0, limit + 1)
    rows.sort(key=lambda row: (row.timestamp_start, row.pk), reverse=True)
    chosen = rows[:limit]
    places = places_of(chosen)
    found = [gap(row, *places[row.pk]) for row in chosen]
    has_more = len(rows) > limit
    total = sum(part.count() for part in parts) if has_more else len(found)
    return LoggedGaps(gaps=found, has_more=has_more, total=total)


def gap(row: DataQualityLog, park: Park | None, ride: Ride | None) -> LoggedGap:
    start, end = row.timestamp_start, row.timestamp_end
    return LoggedGap(
        **logged(row),
        duration_minutes=None if end is None else int((end - start).total_seconds()) // 60,
        source=DataSource.LIVE if row.import_id is None else DataSource.ARCHIVE,
        park_id=park.pk if park else None,
        park_name=park.name if park else None,
        ride_name=ride.name if ride else None,
    )


def places_of(rows: Iterable[DataQualityLog]) -> Mapping[int, tuple[Park | None, Ride | None]]:
    """Of which park and ride each row is, by its key; two queries."""
    ids = {row.pk: (row.entity_type, row.entity_id) for row in rows}
    known = {kind: {pk for other, pk in ids.values() if other == kind and pk is not None} for kind in (PARK, RIDE)}
    rides = Ride.objects.in_bulk(known[RIDE])
    parks = Park.objects.in_bulk({*known[PARK], *(ride.park_id for ride in rides.values())})
    found: dict[int, tuple[Park | None, Ride | None]] = {}
    for key, (kind, pk) in ids.items():
        ride = rides.get(pk or 0) if kind == RIDE else None
        park = ride.park_id if ride else pk if kind == PARK else None
        found[key] = parks.get(park or 0), ride
    return found


# -- issues ----------------------------------------------------------------------------------------------


def issues(status: str | None, kind: str | None, limit: int, offset: int) -> LoggedIssues:
    """Problems of every kind, the one noted last first; a status or type that does not exist has none.

    They are counted where there is more than one page (N-16).
    """
    rows = DataQualityLog.objects.order_by("-pk")
    if status is not None:
        rows = rows.filter(resolution_status=status) if status in Resolution.values else rows.none()
    if kind is not None:
        rows = rows.filter(issue_type=kind) if kind in LogType.values else rows.none()
    found = page(rows, offset, limit + 1)
    listed = [issue(row) for row in found[:limit]]
    has_more = len(found) > limit
    total = rows.count() if has_more or (offset and not found) else offset + len(listed)
    return LoggedIssues(issues=listed, has_more=has_more, offset=offset, total=total)


def page(rows: Rows, offset: int, limit: int) -> list[DataQualityLog]:
    """Some of the ordered rows; what lies before them is passed over in an index. Two queries."""
    keys = list(rows.values_list("pk", flat=True)[offset : offset + limit])
    found = DataQualityLog.objects.in_bulk(keys)
    return [found[key] for key in keys if key in found]


def issue(row: DataQualityLog) -> LoggedIssue:
    return LoggedIssue(
        **logged(row),
        import_id=row.import_id,
        issue_type=row.issue_type,
        resolution_notes=row.resolution_notes,
        updated_at=row.updated_at,
    )
