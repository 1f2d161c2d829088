"""Corrections as answers show them, and what had been published before them."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any

from django.db.models import Q, QuerySet

from core.shapes import Shape, describe
from outages.models import Cause, Correction, Outage
from stats.readings.roster import zulu

# Words for the columns, as pages and feeds say them.
WORDS = {
    "open_seconds": "known open time",
    "up_seconds": "operating time",
    "down_seconds": "downtime",
    "unknown_seconds": "unknown time",
    "opening_delay_seconds": "opening delay",
    "outages": "outages",
    "wait_seconds": "posted time",
    "wait_minute_seconds": "wait times seconds",
    "state": "state",
    "kind": "kind",
    "ended_at": "end",
    "seconds": "seconds of the day",
    "total_seconds": "seconds",
}
INSTANTS = ("ended_at",)


class Change(Shape):
    what: Annotated[str, describe("the figure; seconds where its name says so", enum=list(WORDS))]
    old: Annotated[str | int | None, describe("what was published; null: nothing")]
    new: Annotated[str | int | None, describe("what is; null: nothing")]


class CorrectionRow(Shape):
    id: int
    park_id: int
    park_name: str
    ride_id: int
    ride_name: str
    date: Annotated[str, describe("park-local, whose figures changed", format="date")]
    outage_id: Annotated[str | None, describe("the outage that changed; null: the day of the ride")]
    changes: list[Change]
    cause: Annotated[str, describe(enum=Cause.values)]
    cause_text: str
    at: Annotated[str, describe("data revision of the new figures", format="date-time")]
    metrics_version: int


def correction_row(row: Correction) -> CorrectionRow:
    return CorrectionRow(
        id=row.pk,
        park_id=row.park_id,
        park_name=row.park.name,
        ride_id=row.ride_id,
        ride_name=row.ride.name,
        date=row.stat_date.isoformat(),
        outage_id=row.address,
        changes=[Change(what=what, old=old, new=new) for what, (old, new) in row.changes.items()],
        cause=row.cause,
        cause_text=Cause(row.cause).label,
        at=zulu(row.made_at),
        metrics_version=row.metrics_version,
    )


def corrections(
    version: int,
    park: int | None = None,
    ride: int | None = None,
    days: tuple[date, date] | None = None,
    before: tuple[datetime, int] | None = None,
) -> QuerySet[Correction]:
    """The newest first; `days`: park-local dates whose figures changed; `before`: those made before that one."""
    rows = Correction.objects.filter(metrics_version=version)
    if park is not None:
        rows = rows.filter(park=park)
    if ride is not None:
        rows = rows.filter(ride=ride)
    if days is not None:
        rows = rows.filter(stat_date__range=days)
    if before is not None:
        at, pk = before
        rows = rows.filter(Q(made_at__lt=at) | Q(made_at=at, pk__lt=pk), made_at__lte=at)
    return rows.select_related("park", "ride").order_by("-made_at", "-pk")


def words_of(row: CorrectionRow) -> str:
    """ "downtime 600 → 1200, outages 1 → 2" """
    return ", ".join(f"{WORDS[each.what]} {text(each.old)} → {text(each.new)}" for each in row.changes)


def text(value: Any) -> str:
    return "nothing" if value is None else str(value)


def as_published(rows: Iterable[Outage], at: datetime) -> list[Outage]:
    """Outages with the values that were published at an instant, those that were not then left out; one query.

    `rows` are in whatever state they are in now; what was changed since is taken back, the newest change first.
    """
    found = {(row.ride_id, row.started_at): row for row in rows}
    if not found:
        return []
    version = next(iter(found.values())).metrics_version
    since = Correction.objects.filter(
        ride__in={ride for ride, _ in found}, metrics_version=version, started_at__isnull=False, made_at__gt=at
    )
    for each in since.order_by("-made_at", "-pk"):
        row = found.get((each.ride_id, each.started_at)) if each.started_at else None
        if row is not None and not take_back(row, each.changes):
            del found[row.ride_id, row.started_at]
    return list(found.values())


def take_back(row: Outage, changes: dict[str, list[Any]]) -> bool:
    """Undo a correction in an unsaved copy; False: the outage was not published before it."""
    if changes.get("state", [""])[0] is None:
        return False
    for name, (old, _) in changes.items():
        setattr(row, name, datetime.fromisoformat(old) if name in INSTANTS and old else old)
    return True
