"""One park-local day of an import: what the database knows before, and the write that makes it so.

A day's archive rows are replaced as a set, and only where they differ; rows of live collection are never
touched. Running it again writes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.db.models import Max, Q

from importer.days import DayRows, Interval, RideFacts, RideMemory
from parks.models import DEFAULT_TIER_WEIGHT, Park, Ride
from parks.querysets import BATCH_SIZE, retried_on_lock, upsert
from snapshots.models import (
    DataSource,
    ParkActivitySnapshot,
    QueueData,
    RideStatusChange,
    RideStatusSnapshot,
)
from snapshots.status import Status, operating

RIDE_FIELDS = (
    "park_id",
    "duration_seconds",
    "is_open",
    "status",
    "wait_time",
    "computed_is_open",
    "park_appears_open",
    "is_carried",
    "last_updated_api",
    "data_source",
)
PARK_FIELDS = (
    "duration_seconds",
    "total_rides_tracked",
    "rides_open",
    "rides_closed",
    "avg_wait_time",
    "max_wait_time",
    "park_appears_open",
    "shame_score",
    "data_source",
)
QUEUE_FIELDS = (
    "wait_time_minutes",
    "return_state",
    "return_time_start",
    "return_time_end",
    "price_amount",
    "price_currency",
    "boarding_group_status",
    "boarding_group_current",
)
CHANGE_FIELDS = (
    "previous_status",
    "new_status",
    "previous_status_enum",
    "new_status_enum",
    "duration_in_previous_status",
    "wait_time_at_change",
)


def instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def seconds(at: datetime) -> int:
    return int(at.timestamp())


@dataclass
class Written:
    """Rows by what became of them: created, updated, deleted, unchanged."""

    counts: Counter[str] = field(default_factory=Counter)

    @property
    def changed(self) -> int:
        return sum(self.counts[word] for word in ("created", "updated", "deleted"))


# -- what is known before ---------------------------------------------------------------------------------


def ride_facts(park: Park) -> dict[int, RideFacts]:
    """Weight and activity of the park's rides, for the instantaneous score."""
    rows = park.rides.values_list("pk", "classification__tier_weight", "is_active")
    return {pk: RideFacts(weight or DEFAULT_TIER_WEIGHT, is_active) for pk, weight, is_active in rows}


def memory_before(park: Park, at: int) -> dict[int, RideMemory]:
    """The state of each ride of the park at an instant, from what is stored (three queries a ride)."""
    found = {}
    for ride in park.rides.all():
        rows = RideStatusSnapshot.objects.filter(ride=ride, recorded_at__lt=instant(at))
        last = rows.order_by("-recorded_at").first()
        if last is None:
            continue
        changes = RideStatusChange.objects.filter(ride=ride, changed_at__lt=instant(at))
        changed_at = changes.aggregate(at=Max("changed_at"))["at"]
        since = changed_at or rows.order_by("recorded_at").values_list("recorded_at", flat=True).first()
        ran = rows.filter(operating(), park_appears_open=True).order_by("-recorded_at").first()
        reported = seconds(last.last_updated_at_source)
        found[ride.pk] = RideMemory(
            state=(Status(last.status) if last.status else None, last.wait_time),
            reported_at=reported,
            last_event=reported,
            status_since=seconds(since or last.recorded_at),
            last_operated=seconds(ran.recorded_at) + ran.duration_seconds if ran else None,
        )
    return found


def live_intervals(park: Park, start: int, end: int) -> tuple[dict[int, list[Interval]], list[Interval]]:
    """What live collection covers of a day, by ride, and for the park itself."""
    within = Q(park=park, data_source=DataSource.LIVE, recorded_at__gte=instant(start), recorded_at__lt=instant(end))
    columns = ("recorded_at", "duration_seconds")
    by_ride: dict[int, list[Interval]] = {}
    rows = RideStatusSnapshot.objects.filter(within).order_by("ride_id", "recorded_at")
    for ride, at, lasting in rows.values_list("ride_id", *columns):
        by_ride.setdefault(ride, []).append((seconds(at), seconds(at) + max(lasting, 1)))
    own = ParkActivitySnapshot.objects.filter(within).order_by("recorded_at").values_list(*columns)
    return by_ride, [(seconds(at), seconds(at) + max(lasting, 1)) for at, lasting in own]


# -- the write --------------------------------------------------------------------------------------------


@retried_on_lock
def store_day(park: Park, start: int, end: int, rows: DayRows) -> Written:
    """Make the stored archive rows of a park-local day equal to `rows`, in one transaction."""
    written = Written()
    rides = list(park.rides.values_list("pk", flat=True))
    day = Q(recorded_at__gte=instant(start), recorded_at__lt=instant(end))
    archive = Q(data_source=DataSource.ARCHIVE)
    replace(
        written,
        RideStatusSnapshot.objects.filter(day & archive, park=park),
        ride_instances(park, rows),
        ("ride_id", "recorded_at"),
        RIDE_FIELDS,
    )
    replace(
        written,
        ParkActivitySnapshot.objects.filter(day & archive, park=park),
        park_instances(park, rows),
        ("park_id", "recorded_at"),
        PARK_FIELDS,
    )
    replace(
        written,
        QueueData.objects.filter(day, ride__in=rides),
        queue_instances(rows),
        ("ride_id", "recorded_at", "queue_type"),
        QUEUE_FIELDS,
        delete=False,  # queue rows do not tell their source; live ones must stay
    )
    replace(
        written,
        RideStatusChange.objects.filter(ride__in=rides, changed_at__gte=instant(start), changed_at__lt=instant(end)),
        change_instances(rows),
        ("ride_id", "changed_at"),
        CHANGE_FIELDS,
        delete=not rows_have_live_neighbours(park, day),
    )
    return written


def rows_have_live_neighbours(park: Park, day: Q) -> bool:
    return RideStatusSnapshot.objects.filter(day, park=park, data_source=DataSource.LIVE).exists()


def replace(
    written: Written,
    stored: models.QuerySet[Any],
    wanted: Iterable[models.Model],
    key: Sequence[str],
    columns: Sequence[str],
    delete: bool = True,
) -> None:
    """Make `stored` equal to `wanted`: compare by natural key, write the difference."""
    size = len(key)
    existing = {row[:size]: row[size:] for row in stored.values_list(*key, *columns)}
    fresh, changed = [], []
    for row in wanted:
        values = tuple(getattr(row, name) for name in (*key, *columns))
        known = existing.pop(values[:size], None)
        if known is None:
            fresh.append(row)
        elif known != values[size:]:
            changed.append(row)
        else:
            written.counts["unchanged"] += 1
    model = stored.model
    names = [name.removesuffix("_id") for name in key]
    if fresh:
        # LIVE rows under the same key win: what exists is left alone.
        upsert(model, fresh, names, [])
    if changed:
        upsert(model, changed, names, [name.removesuffix("_id") for name in columns])
    written.counts["created"] += len(fresh)
    written.counts["updated"] += len(changed)
    if delete:
        written.counts["deleted"] += delete_keys(stored, key, list(existing))


def delete_keys(stored: models.QuerySet[Any], key: Sequence[str], gone: list[tuple[Any, ...]]) -> int:
    """Delete the rows of `stored` with these keys; returns how many."""
    for i in range(0, len(gone), BATCH_SIZE // 10):
        condition = Q()
        for values in gone[i : i + BATCH_SIZE // 10]:
            condition |= Q(**dict(zip(key, values, strict=True)))
        stored.filter(condition).delete()
    return len(gone)


def ride_instances(park: Park, rows: DayRows) -> list[RideStatusSnapshot]:
    return [
        RideStatusSnapshot(
            ride_id=row.ride,
            recorded_at=instant(row.at),
            park_id=park.pk,
            duration_seconds=row.seconds,
            is_open=row.status == Status.OPERATING,
            status=row.status.value if row.status else None,
            wait_time=row.wait,
            computed_is_open=row.status == Status.OPERATING,
            park_appears_open=row.park_open,
            is_carried=row.carried,
            last_updated_api=None if row.reported_at is None else instant(row.reported_at),
            data_source=DataSource.ARCHIVE.value,
        )
        for row in rows.rides
    ]


def park_instances(park: Park, rows: DayRows) -> list[ParkActivitySnapshot]:
    return [
        ParkActivitySnapshot(
            park_id=park.pk,
            recorded_at=instant(row.at),
            duration_seconds=row.seconds,
            total_rides_tracked=row.total,
            rides_open=row.open,
            rides_closed=row.total - row.open,
            avg_wait_time=row.avg_wait,
            max_wait_time=row.max_wait,
            park_appears_open=row.park_open,
            shame_score=row.score,
            data_source=DataSource.ARCHIVE.value,
        )
        for row in rows.parks
    ]


def queue_instances(rows: DayRows) -> list[QueueData]:
    return [QueueData(ride_id=row.ride, recorded_at=instant(row.at), **asdict(row.queue)) for row in rows.queues]


def change_instances(rows: DayRows) -> list[RideStatusChange]:
    return [
        RideStatusChange(
            ride_id=row.ride,
            changed_at=instant(row.at),
            previous_status=row.before == Status.OPERATING,
            new_status=row.after == Status.OPERATING,
            previous_status_enum=row.before.value if row.before else None,
            new_status_enum=row.after.value if row.after else None,
            duration_in_previous_status=row.minutes,
            wait_time_at_change=row.wait,
        )
        for row in rows.changes
    ]


def note_operation(memory: dict[int, RideMemory]) -> None:
    """Move `rides.last_operated_at` forward, never back (R-5.5)."""
    for pk, known in memory.items():
        if known.last_operated is not None:
            at = instant(known.last_operated)
            behind = Q(last_operated_at__isnull=True) | Q(last_operated_at__lt=at)
            Ride.objects.filter(behind, pk=pk).update(last_operated_at=at)
