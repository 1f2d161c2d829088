"""Downtime before a ride's first run of a local day, cut into buckets: opening delays of any window (N-11, N-12)."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Min

from core.database.expressions import WHOLE, SecondsSince, WholeDivision
from core.instants import day_seconds, instant, seconds
from core.intervals import merged, overlaps
from core.periods import ONE_DAY
from parks.models import Park
from snapshots.models import RideStatusSnapshot
from snapshots.status import operating
from stats.measures.buckets import LASTING, within
from stats.measures.ride_measures import OPEN, Stretch, down_stretches
from stats.measures.windows import BucketKey, Slice

# Local midnights fall on multiples of this everywhere.
QUARTER_HOUR = 900
RideDate = tuple[int, date]


def opening_delays(
    park: Park, asked: Collection[RideDate], cuts: Sequence[Slice], end: datetime
) -> Iterator[tuple[int, BucketKey, int]]:
    """(ride, bucket, seconds) of the delays of some rides on some local days, up to `end`; two queries.

    A delay begins and ends where the daily rows have it: what broke down the day before is none (N-11), whatever part
    of the day the buckets show.
    """
    if not asked:
        return
    rides = sorted({ride for ride, _ in asked})
    days = sorted({day for _, day in asked})
    shown = sorted({day - ONE_DAY for day in days} | set(days))
    bounds = {day: day_seconds(day, park.timezone) for day in shown}
    rows = RideStatusSnapshot.objects.filter(
        within(merged(bounds.values())), ride__in=rides, park=park, recorded_at__lt=end
    )
    first_runs = first_runs_of(rows, bounds)
    stretches = stretches_by_day(down_stretches(rows, end), bounds)
    spans = [(cut.start, cut.end) for cut in cuts]
    for ride, day in asked:
        first = first_runs.get((ride, day))
        if first is None:
            continue
        for stretch in stretches.get((ride, day), ()):
            start = seconds(stretch.start)
            if start >= first:
                break
            if start == bounds[day][0] and runs_on_from(day - ONE_DAY, ride, first_runs, stretches, bounds):
                continue
            for n, begin, until in overlaps(start, min(seconds(stretch.end), first), spans):
                if cuts[n].day == day:
                    yield ride, cuts[n].key, until - begin


def first_runs_of(rows: Any, bounds: dict[date, tuple[int, int]]) -> dict[RideDate, int]:
    """When each ride first operated in the open park, by local day; one query."""
    at = SecondsSince("recorded_at", 0)
    quarter = WholeDivision(at, QUARTER_HOUR)
    day_of = {cell: day for day, (start, end) in bounds.items() for cell in range(start, end, QUARTER_HOUR)}
    found: dict[RideDate, int] = {}
    listed = rows.filter(operating(), LASTING, **OPEN).order_by().annotate(quarter=quarter)
    for ride, cell, first in listed.values_list("ride_id", "quarter").annotate(first=Min(at, output_field=WHOLE)):
        key = ride, day_of[cell * QUARTER_HOUR]
        found[key] = min(first, found.get(key, first))
    return found


def stretches_by_day(
    found: dict[int, list[Stretch]], bounds: dict[date, tuple[int, int]]
) -> dict[RideDate, list[Stretch]]:
    """The stretches down of each ride, cut at local midnights."""
    days = sorted(bounds)
    spans = [bounds[day] for day in days]
    by_day: dict[RideDate, list[Stretch]] = defaultdict(list)
    for ride, stretches in found.items():
        for stretch in stretches:
            for n, start, end in overlaps(seconds(stretch.start), seconds(stretch.end), spans):
                by_day[ride, days[n]].append(Stretch(instant(start), end - start))
    return by_day


def runs_on_from(
    day: date,
    ride: int,
    first_runs: dict[RideDate, int],
    stretches: dict[RideDate, list[Stretch]],
    bounds: dict[date, tuple[int, int]],
) -> bool:
    """Did the outage that ends at the midnight after `day` count on it, because the ride operated then (N-11)?"""
    before = stretches.get((ride, day))
    return (ride, day) in first_runs and before is not None and seconds(before[-1].end) == bounds[day][1]
