"""One park-local day from raw observations: what its daily rows say (R-12, R-14), computed, not stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count

from core.instants import instant
from core.intervals import length
from core.periods import Days
from core.rounding import half_up
from core.zones import day_range
from parks.models import Park, Ride, weight_of
from snapshots.models import ParkOperatingSession, RideStatusChange, RideStatusSnapshot
from snapshots.score import shame_score
from stats.measures.buckets import waitless_ride_cells
from stats.measures.hours_open import spans_by_day
from stats.measures.ride_measures import (
    RideMeasures,
    Stretch,
    down_stretches,
    mean_wait,
    measure_rides,
    minute_seconds,
    minutes,
    opening_delay,
    percentage,
)
from stats.measures.window_measures import park_window
from stats.measures.windows import Bucket, Window
from stats.models import ParkDailyStats, RideDailyStats

ZERO = Decimal(0)


@dataclass(slots=True)
class ParkDay:
    """The daily rows of one park, unsaved, and the measures they come from."""

    park: Park
    day: date
    version: int
    rides: list[RideDailyStats] = field(default_factory=list)
    total: ParkDailyStats | None = None
    session: ParkOperatingSession | None = None
    measures: dict[int, RideMeasures] = field(default_factory=dict)
    stretches: dict[int, list[Stretch]] = field(default_factory=dict)
    weights: dict[int, int] = field(default_factory=dict)


def compute_park_day(park: Park, day: date, version: int) -> ParkDay:
    """Every figure of a park-local day from its raw rows; writes nothing. Five to seven queries.

    Rows never reach over local midnight, so `[midnight, midnight)` is all there is to read.
    """
    result = ParkDay(park, day, version)
    start, end = day_range(day, park.timezone)
    result.weights = weights_of_day(park, start, end)
    rows = RideStatusSnapshot.objects.filter(
        ride__in=list(result.weights), park=park, recorded_at__gte=start, recorded_at__lt=end
    )
    measured = measure_rides(rows, end, {park.pk: park.reports_down}) if result.weights else []
    if not measured:
        return result
    result.measures = {measures.ride_id: measures for measures in measured}
    operated = [measures.ride_id for measures in measured if measures.operated()]
    result.stretches = down_stretches(rows.filter(ride__in=operated)) if operated else {}
    open_seconds = length(spans_by_day([park], [day]).get((park.pk, day), []))
    changes = changes_of_day(result.weights, start, end)
    result.rides = [
        ride_row(measures, day, version, changes.get(pk, 0), result.stretches.get(pk, []), open_seconds)
        for pk, measures in result.measures.items()
    ]
    result.total = park_row(park, day, version, result.rides, result.weights)
    result.session = session_row(park, day, measured)
    return result


def compute_park_days(park: Park, days: Days, version: int, only: int | None = None) -> list[ParkDay]:
    """The days of a range on which anything was observed, in order; writes nothing. Six queries, however many days.

    Of each day it says what adds up over days, as `compute_park_day` does: minutes, weights, scores. It leaves out
    waits, status changes, stretches and sessions. `only`: of one ride; then the park's own figures are left out too.
    """
    start, end = day_range(days.first, park.timezone)[0], day_range(days.last, park.timezone)[1]
    weights = weights_of_day(park, start, end, only)
    window = Window(days.first, days.last)
    raw = park_window(park, weights, window, Bucket.DAY, end, read=waitless_ride_cells, openings=False)
    by_day: dict[date, ParkDay] = {}
    for (pk, day, _), measures in raw.rides.items():
        by_day.setdefault(day, ParkDay(park, day, version, weights=weights)).measures[pk] = measures
    found = [by_day[day] for day in sorted(by_day)]
    opened = spans_by_day([park], [each.day for each in found]) if found else {}
    for each in found:
        open_seconds = length(opened.get((park.pk, each.day), []))
        each.rides = [ride_row(ride, each.day, version, 0, [], open_seconds) for ride in each.measures.values()]
        each.total = park_row(park, each.day, version, each.rides, weights) if only is None else None
    return found


def weights_of_day(park: Park, start: datetime, end: datetime, only: int | None = None) -> dict[int, int]:
    """Weight of every active ride that stood in the park then, by ride; read from an index alone. `only`: of one."""
    seen = RideStatusSnapshot.objects.filter(park=park, recorded_at__gte=start, recorded_at__lt=end)
    if only is not None:
        seen = seen.filter(ride=only)
    rides = Ride.objects.filter(
        is_active=True, pk__in=list(seen.order_by().values_list("ride_id", flat=True).distinct())
    )
    return {pk: weight_of(weight) for pk, weight in rides.values_list("pk", "classification__tier_weight")}


def changes_of_day(rides: Mapping[int, int], start: datetime, end: datetime) -> dict[int, int]:
    changes = RideStatusChange.objects.filter(ride__in=list(rides), changed_at__gte=start, changed_at__lt=end)
    return dict(changes.order_by().values_list("ride_id").annotate(count=Count("pk")))


# -- rows ------------------------------------------------------------------------------------------------


def ride_row(
    measures: RideMeasures,
    day: date,
    version: int,
    changes: int,
    stretches: Sequence[Stretch],
    park_open_seconds: int,
) -> RideDailyStats:
    """R-14.1 for one ride. Minutes are rounded half-up, and together never exceed the open minutes."""
    operated = measures.operated()
    open_minutes = minutes(measures.open_seconds)
    up = minutes(measures.up_seconds)
    down = min(minutes(measures.down_seconds), open_minutes - up) if operated else 0
    longest = max((stretch.seconds for stretch in stretches), default=0)
    share = percentage(measures.up_seconds, measures.open_seconds, 2) if operated else None
    waits = measures.waits
    average = mean_wait(waits)
    return RideDailyStats(
        ride_id=measures.ride_id,
        stat_date=day,
        uptime_minutes=up,
        downtime_minutes=down,
        opening_delay_minutes=min(minutes(opening_delay(stretches, measures.first_up)), down),
        unknown_minutes=minutes(max(0, park_open_seconds - measures.open_seconds)),
        uptime_percentage=share or ZERO,
        operating_hours_minutes=open_minutes,
        avg_wait_time=None if average is None else half_up(average, 2),
        min_wait_time=min(waits, default=None),
        max_wait_time=max(waits, default=None),
        peak_wait_time=measures.peak_wait,
        status_changes=changes,
        longest_downtime_minutes=min(minutes(longest), down) if operated and longest else None,
        snapshot_count=measures.rows,
        open_seconds=measures.open_seconds,
        up_seconds=measures.up_seconds,
        down_seconds=measures.down_seconds if operated else 0,
        wait_seconds=sum(waits.values()),
        wait_minute_seconds=minute_seconds(waits),
        metrics_version=version,
    )


def is_member(row: RideDailyStats) -> bool:
    """Does a ride's weight stand in the denominator of its park's day (R-10.3)?

    A ride that ran for a moment only rounds to 0 % but did operate: its downtime says.
    """
    return row.uptime_percentage > 0 or row.downtime_minutes > 0


def park_row(
    park: Park, day: date, version: int, rows: Sequence[RideDailyStats], weights: Mapping[int, int]
) -> ParkDailyStats:
    """R-14.2 and R-10.3 over the ride rows of one version; `weights` by ride."""
    weighed = [(row, weights[row.ride_id or 0]) for row in rows]
    down = sum(row.downtime_minutes for row in rows)
    weighted = sum(row.downtime_minutes * weight for row, weight in weighed)
    weight = sum(weight for row, weight in weighed if is_member(row))
    open_minutes = sum(row.operating_hours_minutes for row in rows)  # of all rides; their mean is the park's
    averages = [row.avg_wait_time for row in rows if row.avg_wait_time is not None]
    return ParkDailyStats(
        park=park,
        stat_date=day,
        total_rides_tracked=len(rows),
        avg_uptime_percentage=half_up(sum((row.uptime_percentage for row in rows), ZERO) / len(rows), 2),
        # In whole numbers: a mean of 66⅔ minutes would round a score of 4.95 down.
        shame_score=shame_score(weighted * len(rows), weight * open_minutes),
        total_downtime_hours=half_up(Decimal(down) / 60, 2),
        weighted_downtime_hours=half_up(Decimal(weighted) / 60, 2),
        effective_park_weight=weight,
        rides_with_downtime=sum(row.downtime_minutes > 0 for row in rows),
        avg_wait_time=half_up(sum(averages, ZERO) / len(averages), 2) if averages else None,
        peak_wait_time=max((row.peak_wait_time for row in rows if row.peak_wait_time is not None), default=None),
        operating_hours_minutes=open_minutes // len(rows),
        metrics_version=version,
    )


def session_row(park: Park, day: date, measured: Sequence[RideMeasures]) -> ParkOperatingSession | None:
    """R-12: from the first to the last moment of activity; None without activity."""
    active = [measures.active for measures in measured if measures.active is not None]
    if not active:
        return None
    first, last = min(start for start, _ in active), max(end for _, end in active)
    return ParkOperatingSession(
        park=park,
        session_date=day,
        session_start_utc=instant(first),
        session_end_utc=instant(last),
        operating_minutes=(last - first) // 60,
    )
