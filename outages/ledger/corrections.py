"""What a computation changes of figures that were published: noted before they are replaced."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from outages.models import Cause, Correction, Outage
from stats.daily.compute import ParkDay
from stats.models import RideDailyStats

# Published figures of a ride's day, and of an outage.
OF_DAYS = (
    "open_seconds",
    "up_seconds",
    "down_seconds",
    "unknown_seconds",
    "opening_delay_seconds",
    "outages",
    "wait_seconds",
    "wait_minute_seconds",
)
OF_OUTAGES = ("state", "kind", "ended_at", "seconds", "total_seconds")
BATCH = 1_000
RideStart = tuple[int, datetime]
Values = dict[str, Any]


def published(row: Outage) -> Values:
    return {name: shown(getattr(row, name)) for name in OF_OUTAGES}


def shown(value: Any) -> Any:
    """As JSON keeps it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return None if value is None else str(value) if isinstance(value, str) else value


def note_corrections(
    result: ParkDay, before: Mapping[RideStart, Values], rows: Iterable[Outage], now: datetime
) -> None:
    """Of the rides of a day that was published: `before` are its outages, `rows` what replaces them; two queries."""
    rides = result.measures.keys() | result.gone
    stored = {
        row.ride_id: row
        for row in RideDailyStats.objects.filter(
            ride__in=list(rides), stat_date=result.day, metrics_version=result.version
        ).only("ride", "snapshot_count", *OF_DAYS)
    }
    computed = {row.ride_id: row for row in result.rides}
    causes = {ride: cause_of(stored.get(ride), computed.get(ride)) for ride in rides}
    found = []
    for ride in sorted(rides):
        changes = changed(values_of(stored.get(ride)), values_of(computed.get(ride)))
        if changes:
            found.append(correction(result, ride, None, causes[ride], changes, now))
    for row in rows:
        old = before.get((row.ride_id, row.started_at), dict.fromkeys(OF_OUTAGES))
        changes = changed(old, published(row))
        if changes:
            found.append(correction(result, row.ride_id, row.started_at, causes[row.ride_id], changes, now))
    Correction.objects.bulk_create(found, batch_size=BATCH)


def values_of(row: RideDailyStats | None) -> Values:
    return {name: None if row is None else getattr(row, name) for name in OF_DAYS}


def changed(old: Values, new: Values) -> dict[str, list[Any]]:
    return {name: [old[name], new[name]] for name in old if old[name] != new[name]}


def cause_of(old: RideDailyStats | None, new: RideDailyStats | None) -> Cause:
    """The same number of observations over the same time are the same observations, as far as a day can say."""
    if old is None or new is None:
        return Cause.OBSERVATIONS
    sums = ("snapshot_count", "wait_seconds", "wait_minute_seconds", "up_seconds")
    is_same = all(getattr(old, name) == getattr(new, name) for name in sums)
    return Cause.RULES if is_same else Cause.OBSERVATIONS


def correction(
    result: ParkDay, ride: int, started_at: datetime | None, cause: Cause, changes: dict[str, list[Any]], now: datetime
) -> Correction:
    return Correction(
        park=result.park,
        ride_id=ride,
        stat_date=result.day,
        started_at=started_at,
        metrics_version=result.version,
        cause=cause,
        changes=changes,
        made_at=now.replace(microsecond=0),
    )
