"""What the quality log says: a summary, gaps, issues (public-api 5.3). Lists hold no more than was asked for."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, F
from django.db.models.functions import Coalesce

from parks.models import Park, Ride
from snapshots.models import DataQualityLog, DataSource, LogType, Resolution
from snapshots.quality.selection import PARK, RIDE, Rows, Selection, parts_of

Answer = dict[str, Any]
GROUPS = ("resolution_status", "issue_type")


def summary(asked: Selection) -> Answer:
    """Counts by type and by status; DEGRADED while a problem of the window and place is OPEN.

    An import narrows `by_type` and `total_issues` alone, as it always did. One query per part, twice with an import.
    """
    everywhere = counts(asked_without_import(asked))
    found = counts(asked) if asked.import_id is not None else everywhere
    by_status = totals(everywhere, 0)
    return {
        "by_status": by_status,
        "by_type": totals(found, 1),
        "health": "DEGRADED" if by_status.get(Resolution.OPEN) else "HEALTHY",
        "import_id": asked.import_id,
        "total_issues": found.total(),
    }


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


# -- gaps ------------------------------------------------------------------------------------------------


def gaps(asked: Selection, limit: int) -> Answer:
    """The gaps that reach into the window, the latest first; `total` are the rows of this answer."""
    rows: list[DataQualityLog] = []
    for part in parts_of(DataQualityLog.objects.filter(issue_type=LogType.GAP), asked):
        rows += page(part.order_by("-timestamp_start", "-timestamp_end", "-pk"), 0, limit + 1)
    rows.sort(key=lambda row: (row.timestamp_start, row.pk), reverse=True)
    found = [gap(row, asked) for row in rows[:limit]]
    name_places(found)
    return {"gaps": found, "has_more": len(rows) > limit, "total": len(found)}


def gap(row: DataQualityLog, asked: Selection) -> Answer:
    end = row.timestamp_end
    return {
        "log_id": row.pk,
        "entity_type": row.entity_type,
        "entity_id": row.entity_id,
        "external_id": row.external_id,
        "timestamp_start": row.timestamp_start,
        "timestamp_end": end,
        "duration_minutes": None if end is None else int((end - row.timestamp_start).total_seconds()) // 60,
        "description": row.description,
        "resolution_status": row.resolution_status,
        "created_at": row.created_at,
        "source": DataSource.LIVE if row.import_id is None else DataSource.ARCHIVE,
    }


def name_places(rows: Iterable[Answer]) -> None:
    """Say of which park and ride each row is; two queries."""
    rows = list(rows)
    ids = {kind: {row["entity_id"] for row in rows if row["entity_type"] == kind} for kind in (PARK, RIDE)}
    rides = {ride.pk: ride for ride in Ride.objects.filter(pk__in=ids[RIDE])}
    parks = Park.objects.in_bulk({*ids[PARK], *(ride.park_id for ride in rides.values())} - {None})
    for row in rows:
        ride = rides.get(row["entity_id"]) if row["entity_type"] == RIDE else None
        park = parks.get(ride.park_id if ride else row["entity_id"] if row["entity_type"] == PARK else None)
        row.update(park_id=park and park.pk, park_name=park and park.name, ride_name=ride and ride.name)


# -- issues ----------------------------------------------------------------------------------------------


def issues(status: str | None, kind: str | None, limit: int, offset: int) -> Answer:
    """Problems of every kind, the one noted last first; a status or type that does not exist has none."""
    rows = DataQualityLog.objects.order_by("-pk")
    if status is not None:
        rows = rows.filter(resolution_status=status) if status in Resolution.values else rows.none()
    if kind is not None:
        rows = rows.filter(issue_type=kind) if kind in LogType.values else rows.none()
    found = page(rows, offset, limit + 1)
    listed = [issue(row) for row in found[:limit]]
    return {"issues": listed, "has_more": len(found) > limit, "offset": offset, "total": len(listed)}


def page(rows: Rows, offset: int, limit: int) -> list[DataQualityLog]:
    """Some of the ordered rows; what lies before them is passed over in an index. Two queries."""
    keys = list(rows.values_list("pk", flat=True)[offset : offset + limit])
    found = DataQualityLog.objects.in_bulk(keys)
    return [found[key] for key in keys if key in found]


def issue(row: DataQualityLog) -> Answer:
    return {
        "log_id": row.pk,
        "import_id": row.import_id,
        "issue_type": row.issue_type,
        "entity_type": row.entity_type,
        "entity_id": row.entity_id,
        "external_id": row.external_id,
        "timestamp_start": row.timestamp_start,
        "timestamp_end": row.timestamp_end,
        "description": row.description,
        "resolution_status": row.resolution_status,
        "resolution_notes": row.resolution_notes,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
