"""The write of one park-local day of an import.

A day's archive rows are replaced as a set, and only where they differ; rows of live collection are never
touched. Running it again writes nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, NamedTuple

from django.db import IntegrityError, models
from django.db.models import Q

from core.database.querysets import BATCH_SIZE, columns_of, retried_on_lock, upsert
from core.instants import instant
from core.shortcuts import by_identity
from importer.days.shapes import DayRows, RideMemory
from parks.models import Park, Ride
from snapshots.models import DataSource, ParkActivitySnapshot, QueueData, RideStatusChange, RideStatusSnapshot
from snapshots.queues import QueueState
from snapshots.revisions import note_changed
from snapshots.status import Status, is_operating
from snapshots.storage.bulk import insert_new, stamp

KEYS_PER_DELETE = 100
STATES_KEPT = 1 << 14


class Form(NamedTuple):
    """How a row's values are written: as the ORM reads them, or as text for bulk insertion."""

    when: Callable[[int], Any]
    decimal: Callable[[Decimal], Any]

    def maybe_when(self, at: int | None) -> Any:
        return None if at is None else self.when(at)

    def maybe_decimal(self, value: Decimal | None) -> Any:
        return None if value is None else self.decimal(value)


AS_READ = Form(instant, lambda value: value)
AS_TEXT = Form(stamp, str)


class Table(NamedTuple):
    """One table of a day: how many of its first columns are the natural key, and the rows of a day."""

    model: type[models.Model]
    key_size: int
    rows: Callable[[Park, DayRows, Form], Iterator[tuple[Any, ...]]]


@lru_cache(STATES_KEPT)
def state_columns(
    status: str | None, wait: int | None, park_open: bool, carried: bool
) -> tuple[bool, str | None, int | None, bool, bool, bool]:
    """The columns from `is_open` to `is_carried`."""
    is_open = is_operating(status, False)
    return is_open, None if status is None else str(status), wait, is_open, park_open, carried


def ride_tuples(park: Park, day: DayRows, form: Form) -> Iterator[tuple[Any, ...]]:
    when, source, pk = form.when, DataSource.ARCHIVE.value, park.pk
    for ride, at, lasting, status, wait, park_open, carried, reported_at in day.rides:
        state = state_columns(status, wait, park_open, carried)
        moment = when(at)
        yield (ride, moment, pk, lasting, *state, moment if reported_at == at else when(reported_at), source)


def park_tuples(park: Park, day: DayRows, form: Form) -> Iterator[tuple[Any, ...]]:
    for row in day.parks:
        yield (
            park.pk,
            form.when(row.at),
            row.seconds,
            row.total,
            row.open,
            row.total - row.open,
            form.maybe_decimal(row.avg_wait),
            row.max_wait,
            row.park_open,
            form.maybe_decimal(row.score),
            DataSource.ARCHIVE.value,
        )


def queue_columns(queue: QueueState, form: Form) -> tuple[Any, ...]:
    """The columns from `queue_type` on."""
    return (
        queue.queue_type,
        queue.wait_time_minutes,
        queue.return_state,
        form.maybe_when(queue.return_time_start),
        form.maybe_when(queue.return_time_end),
        form.maybe_decimal(queue.price_amount),
        queue.price_currency,
        queue.boarding_group_status,
        queue.boarding_group_current,
    )


def queue_tuples(park: Park, day: DayRows, form: Form) -> Iterator[tuple[Any, ...]]:
    columns_of_queue = by_identity(partial(queue_columns, form=form))  # states occur many times a day
    when = form.when
    for ride, at, queue in day.queues:
        yield (ride, when(at), *columns_of_queue(queue))


def change_tuples(day: DayRows, form: Form) -> Iterator[tuple[Any, ...]]:
    for row in day.changes:
        yield (
            row.ride,
            form.when(row.at),
            row.before == Status.OPERATING,
            row.after == Status.OPERATING,
            row.before and row.before.value,
            row.after and row.after.value,
            row.minutes,
            row.wait,
        )


RIDES = Table(RideStatusSnapshot, 2, ride_tuples)
PARKS = Table(ParkActivitySnapshot, 2, park_tuples)
QUEUES = Table(QueueData, 3, queue_tuples)
CHANGES = Table(RideStatusChange, 2, lambda park, day, form: change_tuples(day, form))
TABLES = (RIDES, PARKS, QUEUES, CHANGES)


def store_again(park: Park, window: tuple[int, int], rows: DayRows) -> Counter[str]:
    """`store_day`, also when another importer writes the same day."""
    try:
        return store_day(park, *window, rows)
    except IntegrityError:
        # The second try compares with the other's rows.
        return store_day(park, *window, rows)


@retried_on_lock
def store_day(park: Park, start: int, end: int, day: DayRows) -> Counter[str]:
    """Make the stored archive rows of `[start, end)`, inside a park-local day, equal to `day`, in one transaction.

    Returns how many rows were created, updated, deleted, unchanged. The day's rows leave room for live ones
    (A-17), so none can meet a live row under its key.
    """
    counts: Counter[str] = Counter()
    within = Q(recorded_at__gte=instant(start), recorded_at__lt=instant(end))
    changed_within = Q(changed_at__gte=instant(start), changed_at__lt=instant(end))
    archive = Q(data_source=DataSource.ARCHIVE)
    rides = list(park.rides.values_list("pk", flat=True))
    is_live = RideStatusSnapshot.objects.filter(within, ~archive, park=park).exists()
    # By park and by ride: a ride may have stood in another park when its rows were written.
    mine = Q(park=park) | Q(ride__in={row.ride for row in day.rides})
    replace(counts, RIDES, RideStatusSnapshot.objects.filter(within & archive & mine), park, day)
    replace(counts, PARKS, ParkActivitySnapshot.objects.filter(within & archive, park=park), park, day)
    # Queue rows and changes do not say their source: beside live collection none is taken away.
    replace(counts, QUEUES, QueueData.objects.filter(within, ride__in=rides), park, day, not is_live)
    changes = RideStatusChange.objects.filter(changed_within, ride__in=rides)
    replace(counts, CHANGES, changes, park, day, not is_live)
    note_changed([park.pk], instant(end))
    return counts


def replace(
    counts: Counter[str],
    table: Table,
    stored: models.QuerySet[Any],
    park: Park,
    day: DayRows,
    delete: bool = True,
) -> None:
    """Make `stored` equal to the day's rows of a table: compare by natural key, write the difference."""
    size, names = table.key_size, columns_of(table.model)
    existing = {row[:size]: row[size:] for row in stored.values_list(*names)}
    if not existing:
        rows = list(table.rows(park, day, AS_TEXT))
        insert_new(table.model, rows)
        counts["created"] += len(rows)
        return
    fresh, changed = [], []
    for row in table.rows(park, day, AS_READ):
        known = existing.pop(row[:size], None)
        if known is None:
            fresh.append(row)
        elif known != row[size:]:
            changed.append(row)
        else:
            counts["unchanged"] += 1
    table.model._default_manager.bulk_create(instances(table, fresh), batch_size=BATCH_SIZE)
    upsert(table.model, instances(table, changed), relations(names[:size]), relations(names[size:]))
    counts["created"] += len(fresh)
    counts["updated"] += len(changed)
    if delete:
        counts["deleted"] += delete_keys(stored, names[:size], list(existing))


def instances(table: Table, rows: list[tuple[Any, ...]]) -> list[models.Model]:
    names = columns_of(table.model)
    return [table.model(**dict(zip(names, row, strict=True))) for row in rows]


def relations(columns: tuple[str, ...]) -> list[str]:
    """Field names of columns: `ride` of `ride_id`."""
    return [name.removesuffix("_id") for name in columns]


def delete_keys(stored: models.QuerySet[Any], key: tuple[str, ...], gone: list[tuple[Any, ...]]) -> int:
    """Delete the rows of `stored` with these keys; returns how many."""
    for i in range(0, len(gone), KEYS_PER_DELETE):
        condition = Q()
        for values in gone[i : i + KEYS_PER_DELETE]:
            condition |= Q(**dict(zip(key, values, strict=True)))
        stored.filter(condition).delete()
    return len(gone)


@retried_on_lock
def note_operation(memory: dict[int, RideMemory]) -> None:
    """Move `rides.last_operated_at` forward, never back (R-5.5)."""
    ran = {pk: instant(known.last_operated) for pk, known in memory.items() if known.last_operated is not None}
    behind = []
    for ride in Ride.objects.filter(pk__in=ran).select_for_update().order_by("pk"):
        if ride.last_operated_at is None or ride.last_operated_at < ran[ride.pk]:
            ride.last_operated_at = ran[ride.pk]
            behind.append(ride)
    # The rows are there and locked: an upsert costs a tenth of what `bulk_update` takes to say it.
    upsert(Ride, behind, ["id"], ["last_operated_at"])
