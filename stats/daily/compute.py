"""One park-local day from raw observations: what its daily rows say (R-12, R-14), computed, not stored."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from django.db.models import Count
from django.utils import timezone

from core.instants import instant
from core.periods import Days
from core.rounding import half_up
from core.zones import day_range
from parks.models import Category, Park, Ride, weight_of
from snapshots.models import ParkOperatingSession, RideStatusChange, RideStatusSnapshot
from snapshots.score import ScoredTime, score_over
from stats.measures.buckets import waitless_ride_cells
from stats.measures.hours_open import open_seconds_by_day, open_seconds_of
from stats.measures.ride_measures import (
    RideMeasures,
    Stretch,
    WaitTotals,
    carried_over,
    down_stretches,
    hours,
    measure_rides,
    minutes,
    opening_delay,
    uptime,
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
    attractions: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)  # rides that lose their row of the day


def compute_park_day(park: Park, day: date, version: int) -> ParkDay:
    """Every figure of a park-local day up to now from its raw rows; writes nothing. Five to nine queries."""
    return compute_parks([park], day, version)[0]


def compute_parks(parks: Sequence[Park], day: date, version: int) -> list[ParkDay]:
    """The same local date of several parks, in their order: as many queries for each zone as for one park."""
    by_zone: dict[str, list[Park]] = {}
    for park in parks:
        by_zone.setdefault(park.timezone, []).append(park)
    found = {each.park.pk: each for of_zone in by_zone.values() for each in compute_zone(of_zone, day, version)}
    return [found[park.pk] for park in parks]


def compute_zone(parks: Sequence[Park], day: date, version: int) -> list[ParkDay]:
    """The parks of one zone. Rows never reach over local midnight: `[midnight, midnight)` is all there is to read."""
    start, end = day_range(day, parks[0].timezone)
    end = min(end, timezone.now())
    results = {park.pk: ParkDay(park, day, version) for park in parks}
    find_rides(results, start, end)
    rides = [ride for result in results.values() for ride in result.weights]
    if len(set(rides)) < len(rides):  # a ride that moved on this day counts in each park what it did there
        return [each for park in parks for each in compute_zone([park], day, version)]
    rows = RideStatusSnapshot.objects.filter(
        ride__in=rides, park__in=parks, recorded_at__gte=start, recorded_at__lt=end
    )
    reports_down = {park.pk: park.reports_down for park in parks}
    measured = measure_rides(rows, end, reports_down) if rides else []
    if not measured:
        return list(results.values())
    for measures in measured:
        results[measures.park_id].measures[measures.ride_id] = measures
    operated = [measures.ride_id for measures in measured if measures.operated()]
    stretches = down_stretches(rows.filter(ride__in=operated), end) if operated else {}
    opened = open_seconds_of([result.park for result in results.values() if result.measures], [day], end)
    changes = changes_of_day(rides, start, end)
    for result in results.values():
        if result.measures:
            fill(result, stretches, changes, opened[result.park.pk, day])
    return list(results.values())


def fill(
    result: ParkDay, stretches: Mapping[int, list[Stretch]], changes: Mapping[int, int], open_seconds: int
) -> None:
    """The rows of a park whose rides are measured. Stretches and changes: by ride, of this park and of others."""
    own = {pk: stretches[pk] for pk in result.measures if pk in stretches}
    result.stretches = with_carried(own, result.park, result.day)
    result.rides = [
        ride_row(measures, result.day, result.version, changes.get(pk, 0), result.stretches.get(pk, []), open_seconds)
        for pk, measures in result.measures.items()
    ]
    result.total = park_row(result)
    result.session = session_row(result.park, result.day, list(result.measures.values()))


def compute_park_days(park: Park, days: Days, version: int, only: int | None = None) -> list[ParkDay]:
    """The days of a range on which anything was observed, in order; writes nothing. Six queries, however many days.

    Of each day it says what adds up over days, as `compute_park_day` does: minutes, weights, scores. It leaves out
    waits, status changes, stretches and sessions. `only`: of one ride; then the park's own figures are left out too.
    """
    start, end = day_range(days.first, park.timezone)[0], day_range(days.last, park.timezone)[1]
    end = min(end, timezone.now())
    whole = ParkDay(park, days.first, version)
    find_rides({park.pk: whole}, start, end, only)
    window = Window(days.first, days.last)
    raw = park_window(park, whole.weights, window, Bucket.DAY, end, read=waitless_ride_cells, openings=False)
    by_day: dict[date, ParkDay] = {}
    for (pk, day, _), measures in raw.rides.items():
        found = by_day.setdefault(
            day, ParkDay(park, day, version, weights=whole.weights, attractions=whole.attractions)
        )
        found.measures[pk] = measures
    found_days = [by_day[day] for day in sorted(by_day)]
    opened = open_seconds_by_day(park, sorted(by_day), end) if by_day else {}
    for each in found_days:
        each.rides = [ride_row(ride, each.day, version, 0, [], opened[each.day]) for ride in each.measures.values()]
        each.total = park_row(each) if only is None else None
    return found_days


def find_rides(results: Mapping[int, ParkDay], start: datetime, end: datetime, only: int | None = None) -> None:
    """Every ride that stood in a park then, former ones too (N-15), with its weight. `only`: that one. Two queries."""
    seen = RideStatusSnapshot.objects.filter(park__in=list(results), recorded_at__gte=start, recorded_at__lt=end)
    if only is not None:
        seen = seen.filter(ride=only)
    places = list(seen.order_by().values_list("ride_id", "park_id").distinct())
    rides = Ride.objects.in_history().filter(pk__in={ride for ride, _ in places})
    known = {row[0]: row for row in rides.values_list("pk", "category", "classification__tier_weight")}
    for pk, park in places:
        if pk in known:
            _, category, weight = known[pk]
            results[park].weights[pk] = weight_of(weight)
            if category == Category.ATTRACTION:
                results[park].attractions.add(pk)


def with_carried(stretches: dict[int, list[Stretch]], park: Park, day: date) -> dict[int, list[Stretch]]:
    """The stretches of a day, those marked that began on the day before."""
    midnight = day_range(day, park.timezone)[0]
    carried = carried_over([pk for pk, of_ride in stretches.items() if of_ride[0].start == midnight], park, day)
    return stretches | {pk: [replace(stretches[pk][0], is_carried=True), *stretches[pk][1:]] for pk in carried}


def changes_of_day(rides: Collection[int], start: datetime, end: datetime) -> dict[int, int]:
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
    delay = opening_delay(stretches, measures.first_up)
    unknown = max(0, park_open_seconds - measures.open_seconds)
    waits = measures.waits
    return RideDailyStats(
        ride_id=measures.ride_id,
        stat_date=day,
        uptime_minutes=up,
        downtime_minutes=down,
        opening_delay_minutes=min(minutes(delay), down),
        unknown_minutes=minutes(unknown),
        uptime_percentage=uptime(measures.up_seconds, measures.open_seconds, operated, 2) or ZERO,
        operating_hours_minutes=open_minutes,
        avg_wait_time=None if waits.average is None else half_up(waits.average, 2),
        min_wait_time=waits.least,
        max_wait_time=waits.greatest,
        peak_wait_time=waits.greatest,
        status_changes=changes,
        longest_downtime_minutes=min(minutes(longest), down) if operated and longest else None,
        snapshot_count=measures.rows,
        open_seconds=measures.open_seconds,
        up_seconds=measures.up_seconds,
        down_seconds=measures.down_seconds if operated else 0,
        unknown_seconds=unknown,
        opening_delay_seconds=delay,
        wait_seconds=waits.seconds,
        wait_minute_seconds=waits.minute_seconds,
        walk_on_seconds=waits.walk_on_seconds,
        outages=len(stretches),
        outages_carried=sum(stretch.is_carried for stretch in stretches),
        metrics_version=version,
    )


def is_member(measures: RideMeasures) -> bool:
    """Does a ride's weight stand in the denominator of its park's day (R-10.3)? It does when it operated."""
    return measures.operated()


def park_row(day: ParkDay) -> ParkDailyStats:
    """R-14.2 and R-10.3 over the rides of a day, from exact seconds (N-2); waits over its attractions (N-4).

    `avg_uptime_percentage` is the mean of its rides, as the table's contract says; answers show the park's uptime of
    N-3, from the seconds of its attractions.
    """
    measured = list(day.measures.values())
    members = [ride for ride in measured if is_member(ride)]
    down = sum(ride.down_seconds for ride in members)
    weighted = sum(ride.down_seconds * day.weights[ride.ride_id] for ride in members)
    weight = sum(day.weights[ride.ride_id] for ride in members)
    ride_seconds = sum(ride.open_seconds for ride in measured)  # their mean is the park's open time
    attractions = [ride for ride in members if ride.ride_id in day.attractions]
    up_of_attractions = sum(ride.up_seconds for ride in attractions)
    down_of_attractions = sum(ride.down_seconds for ride in attractions)
    waits = WaitTotals()
    for ride in attractions:
        waits.add(ride.waits)
    score = score_over([ScoredTime(weighted, weight, Fraction(ride_seconds, len(measured)))])
    return ParkDailyStats(
        park=day.park,
        stat_date=day.day,
        total_rides_tracked=len(measured),
        avg_uptime_percentage=half_up(sum((row.uptime_percentage for row in day.rides), ZERO) / len(measured), 2),
        shame_score=score or ZERO,
        total_downtime_hours=hours(down),
        weighted_downtime_hours=hours(weighted),
        effective_park_weight=weight,
        rides_with_downtime=sum(ride.down_seconds > 0 for ride in members),
        avg_wait_time=None if waits.average is None else half_up(waits.average, 2),
        peak_wait_time=waits.greatest,
        operating_hours_minutes=minutes(ride_seconds) // len(measured),
        ride_seconds=ride_seconds,
        down_seconds=down,
        weighted_down_seconds=weighted,
        attraction_up_seconds=up_of_attractions,
        attraction_down_seconds=down_of_attractions,
        wait_seconds=waits.seconds,
        wait_minute_seconds=waits.minute_seconds,
        walk_on_seconds=waits.walk_on_seconds,
        metrics_version=day.version,
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
