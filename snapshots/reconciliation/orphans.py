"""Rows of the partitioned tables whose ride or park does not exist: the engine forbids foreign keys there."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Count, Max, Min, Model, Q

from parks.models import Park, Ride
from snapshots.models import DataQualityLog, LogType, QueueData, Resolution, RideStatusSnapshot
from snapshots.reconciliation.filing import ONCE, file_findings, settle_missing

# Table, its column, and whose key it is. Each column leads an index.
REFERENCES: tuple[tuple[type[Model], str, type[Ride] | type[Park]], ...] = (
    (RideStatusSnapshot, "ride_id", Ride),
    (RideStatusSnapshot, "park_id", Park),
    (QueueData, "ride_id", Ride),
)
HOLES_A_QUERY = 100
REASON = "orphans"


def reconcile_orphans() -> tuple[int, int]:
    """File every missing ride or park that rows refer to, settle those that none refers to any more.

    Returns how many are new and how many settled.
    """
    found = [row for model, column, owner in REFERENCES for row in orphans(model, column, owner)]
    tables = {model._meta.db_table for model, _, _ in REFERENCES}
    open_ones = DataQualityLog.objects.filter(
        entity_type__in=tables,
        issue_type=LogType.INVALID,
        resolution_status__in=(Resolution.OPEN, Resolution.INVESTIGATING),
    )
    settled = settle_missing(open_ones, found)
    return file_findings(found), settled


def orphans(model: type[Model], column: str, owner: type[Ride] | type[Park]) -> Iterator[DataQualityLog]:
    """An unsaved finding per missing owner. It looks only into the holes between known keys, so it reads orphans
    alone, however many rows there are."""
    table = model._meta.db_table
    known = list(owner._default_manager.order_by("pk").values_list("pk", flat=True))
    for condition in holes(column, known):
        rows = model._default_manager.filter(condition).order_by().values_list(column)
        for key, count, first, last in rows.annotate(Count("recorded_at"), Min("recorded_at"), Max("recorded_at")):
            name = f"{column.removesuffix('_id')} {key}"
            yield DataQualityLog(
                fingerprint=DataQualityLog.natural_key(LogType.INVALID, table, name, ONCE, REASON),
                issue_type=LogType.INVALID,
                entity_type=table,
                entity_id=key,
                external_id=name,
                timestamp_start=first,
                timestamp_end=last,
                description=f"{count:,} rows of {table} are of {name}, which does not exist",
                raw_data={"rows": count},
            )


def holes(column: str, known: Sequence[int]) -> Iterator[Q]:
    """Conditions that together hold for every value that is not known."""
    bounds: list[tuple[int | None, int | None]] = []
    before: int | None = None
    for key in known:
        if before is None or key > before + 1:
            bounds.append((before, key))
        before = key
    bounds.append((before, None))
    for n in range(0, len(bounds), HOLES_A_QUERY):
        condition = Q()
        for low, high in bounds[n : n + HOLES_A_QUERY]:
            within: dict[str, Any] = {}
            if low is not None:
                within[f"{column}__gt"] = low
            if high is not None:
                within[f"{column}__lt"] = high
            condition |= Q(**within) if within else Q(**{f"{column}__isnull": False})
        yield condition
