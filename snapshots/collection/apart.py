"""Rides that run apart from their park, in the quality log: one row a ride, with the dates (N-8).

The log is also where the next days find them: for seven days such a ride is no witness.
"""

from collections.abc import Collection, Iterable, Mapping, Set
from datetime import UTC, date, datetime

from core.database.querysets import BATCH_SIZE, retried_on_lock, upsert
from core.zones import day_range
from parks.models import INCLUSION_WINDOW, Park, Ride
from snapshots.models import DataQualityLog, LogType

APART = "runs apart"
RIDE, DATES = "ride", "dates"
ONCE = datetime(1970, 1, 1, tzinfo=UTC)


def rows_of(rides: Collection[int]) -> Iterable[DataQualityLog]:
    """The rows of these rides, a query for each thousand."""
    keys = list(rides)
    for n in range(0, len(keys), BATCH_SIZE):
        yield from DataQualityLog.objects.filter(
            entity_type=RIDE, entity_id__in=keys[n : n + BATCH_SIZE], raw_data__reason=APART
        )


def dates_apart(rides: Collection[int]) -> dict[int, list[date]]:
    """By ride, the dates on which it ran apart, in order; rides that never did are missing."""
    return {row.entity_id: dates_in(row) for row in rows_of(rides) if row.entity_id is not None}


def dates_in(row: DataQualityLog) -> list[date]:
    return [date.fromisoformat(day) for day in row.raw_data[DATES]] if row.raw_data else []


def apart_before(apart: Mapping[int, Iterable[date]], day: date) -> set[int]:
    """Of `dates_apart`, the rides that ran apart on one of the seven dates before `day`."""
    since = day - INCLUSION_WINDOW
    return {ride for ride, dates in apart.items() if any(since <= each < day for each in dates)}


@retried_on_lock
def note_apart(park: Park, found: Mapping[date, Set[int]]) -> None:
    """Which rides ran apart on each of these dates, of which all is known now; at most four statements.

    A row goes when no date is left: it said what later rows of the day refute.
    """
    rides = dict(Ride.objects.filter(park=park).values_list("pk", "name"))
    known = {row.entity_id: row for row in rows_of(rides)}
    changed, gone = [], []
    for ride, name in rides.items():
        row = known.get(ride)
        before = set(dates_in(row)) if row else set()
        dates = sorted((before - found.keys()) | {day for day, apart in found.items() if ride in apart})
        if set(dates) == before:
            continue
        if not dates:
            gone.append(ride)
            continue
        row = row or new_row(park, ride, name)
        row.timestamp_start = day_range(dates[0], park.timezone)[0]
        row.timestamp_end = day_range(dates[-1], park.timezone)[1]
        row.raw_data = {"reason": APART, DATES: [day.isoformat() for day in dates]}
        changed.append(row)
    upsert(DataQualityLog, changed, ["fingerprint"], ["timestamp_start", "timestamp_end", "raw_data"])
    if gone:
        DataQualityLog.objects.filter(pk__in=[known[ride].pk for ride in gone]).delete()


def new_row(park: Park, ride: int, name: str) -> DataQualityLog:
    return DataQualityLog(
        fingerprint=DataQualityLog.natural_key(LogType.INVALID, RIDE, f"ride {ride}", ONCE, APART),
        issue_type=LogType.INVALID,
        entity_type=RIDE,
        entity_id=ride,
        external_id=f"ride {ride}",
        description=f"{name} of {park.name} runs while the rest of the park rests; it does not hold the park open",
    )
