"""One series per attraction of a park, to compare them by (R-20.2, public-api 4.7)."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import TextChoices

from core.periods import Days, Period, days_of
from core.rounding import half_up
from core.shapes import UNSET, Shape, UnsetType, describe
from parks.models import Park, Ride
from parks.opening_windows import decided_windows
from stats.measures.buckets import summed_ride_buckets, waitless_ride_cells
from stats.measures.hours import HEATMAP_HOURS, HOURS_OF_DAY, chart_hours, daily_labels, hour_label, local_hour
from stats.measures.ride_measures import WaitTotals, hours, mean_of
from stats.measures.window_measures import ParkWindow, park_window
from stats.measures.windows import Bucket, Window
from stats.models import RideDailyStats
from stats.readings.by_hour import windows_by_hour
from stats.readings.identity import Dated, dates_of, number
from stats.readings.roster import by_tier_and_name, shown_tier
from stats.readings.selection import attractions_of

Series = list[float | None]


class ChartType(TextChoices):
    DOWNTIME = "downtime"
    WAIT_TIMES = "wait_times"


class RideDataset(Shape):
    label: str
    ride_id: int
    tier: Annotated[int, describe("2 when unclassified")]
    data: Annotated[
        Series,
        describe(
            "one for each label: hours down, or minutes, weighted by time, of posted waits above 0; null: not known in"
            " the open park, or no wait above 0"
        ),
    ]
    walk_on_percentage: Annotated[
        float | UnsetType | None,
        describe("waits only: the share of the posted time at 0; 100: there was never a wait"),
    ] = UNSET


class RideChart(Dated):
    granularity: Annotated[str, describe(enum=("hourly", "daily"))]
    labels: Annotated[
        list[str], describe("hours from 6:00 on, or from the first of the night with a value; or every date")
    ]
    last_is_partial: Annotated[
        bool, describe("the last hour that is not null still runs: its values are those so far")
    ]
    datasets: list[RideDataset]


@dataclass(frozen=True, slots=True)
class RideSeries:
    """A ride's values, and of waits the sums behind them."""

    values: Series
    waits: WaitTotals = field(default_factory=WaitTotals)

    @property
    def is_posted(self) -> bool:
        """Was there a wait, be it one of 0 (N-4)?"""
        return bool(self.waits.seconds or self.waits.walk_on_seconds)


def ride_charts(park_id: int, period: Period, chart: ChartType, now: datetime) -> RideChart:
    """Labels and datasets: hours of the park's own day, or its dates; nulls where nothing was measured.

    An unknown park is a park without rides, on the site's own days. Rides that are no longer active are shown where
    they have data (N-15). At most nine queries, four more for a day on which the clock is changed.
    """
    park = Park.objects.filter(pk=park_id).first()
    zone = park.timezone if park else settings.SITE_TIME_ZONE
    days = days_of(period, now, zone)
    is_hourly = period in (Period.TODAY, Period.YESTERDAY)
    rides = sorted(attractions_of([park], former=True), key=by_tier_and_name) if park else []
    found: dict[int, RideSeries] = {}
    if park is not None and rides:
        found = hourly_series(park, rides, period, chart, now) if is_hourly else daily_series(rides, days, chart)
    labels = [hour_label(hour) for hour in HOURS_OF_DAY] if is_hourly else daily_labels(days)
    first = first_known(found.values(), HEATMAP_HOURS[0]) if is_hourly else 0
    return RideChart(
        **dates_of(days, zone, now),
        granularity="hourly" if is_hourly else "daily",
        labels=labels[first:],
        last_is_partial=period == Period.TODAY and last_known(found.values()) == local_hour(now, zone),
        datasets=[
            RideDataset(
                label=ride.name,
                ride_id=ride.pk,
                tier=shown_tier(ride),
                data=found[ride.pk].values[first:],
                walk_on_percentage=number(found[ride.pk].waits.walk_on_percentage)
                if chart == ChartType.WAIT_TIMES
                else UNSET,
            )
            for ride in rides
            if ride.pk in found
        ],
    )


def first_known(series: Iterable[RideSeries], latest: int) -> int:
    """The first column with a value, but `latest` at the latest."""
    known = (n for each in series for n, value in enumerate(each.values) if value is not None)
    return min(latest, min(known, default=latest))


def last_known(series: Iterable[RideSeries]) -> int | None:
    return max((n for each in series for n, value in enumerate(each.values) if value is not None), default=None)


# -- hours -----------------------------------------------------------------------------------------------


def hourly_series(
    park: Park, rides: list[Ride], period: Period, chart: ChartType, now: datetime
) -> dict[int, RideSeries]:
    """By ride: the hours of one local day; from the running days, else from raw observations."""
    read = waitless_ride_cells if chart == ChartType.DOWNTIME else summed_ride_buckets
    is_today, day = period == Period.TODAY, days_of(period, now, park.timezone).first
    ids, window = [ride.pk for ride in rides], Window(day, day)
    raw = windows_by_hour({park: ids}, lambda zone: day, now).get(park.pk)
    if raw is None:
        raw = park_window(park, ids, window, Bucket.HOUR_OF_DAY, now, read=read, openings=not is_today)
    shown = hours_of_today(now, park.timezone) if is_today else hours_shown(raw, day)
    if chart == ChartType.DOWNTIME:
        operated = sorted(ride for ride, _ in raw.operated)
        return {ride: RideSeries(hours_of(raw, ride, day, shown, downtime_of_hour)) for ride in operated}
    waits: dict[int, WaitTotals] = defaultdict(WaitTotals)
    for (ride, _, _), measures in raw.rides.items():
        waits[ride].add(measures.waits)
    series = {ride: RideSeries(hours_of(raw, ride, day, shown, wait_of_hour), waits[ride]) for ride in waits}
    return {ride: found for ride, found in series.items() if found.is_posted}


def hours_of_today(now: datetime, zone: str) -> set[int]:
    """All, but the running one while less than a minute of it has passed (N-16)."""
    local = now.astimezone(ZoneInfo(zone))
    return set(HOURS_OF_DAY) - ({local.hour} if local.minute == 0 else set())


def hours_shown(raw: ParkWindow, day: date) -> set[int]:
    """The hours of a past day that are not left empty (R-6.6), as in the chart of many parks; one query."""
    seen_open = [hour for hour in HOURS_OF_DAY if raw.open_seconds.get((day, hour))]
    windows = decided_windows({raw.park: day})[raw.park.pk]
    return set(chart_hours(windows, raw.park.timezone, is_today=False, active_hours=seen_open))


def hours_of(raw: ParkWindow, ride: int, day: date, shown: set[int], value: Callable[..., float | None]) -> Series:
    return [value(raw, ride, day, hour) if hour in shown else None for hour in HOURS_OF_DAY]


def downtime_of_hour(raw: ParkWindow, ride: int, day: date, hour: int) -> float | None:
    """Hours down of a ride that operated that day; None: it was not seen in the open park."""
    measures = raw.rides.get((ride, day, hour))
    return number(hours(measures.down_seconds)) if measures and measures.open_seconds else None


def wait_of_hour(raw: ParkWindow, ride: int, day: date, hour: int) -> int | None:
    """Whole minutes on average of posted waits above zero (N-4)."""
    measures = raw.rides.get((ride, day, hour))
    wait = measures.avg_wait if measures else None
    return None if wait is None else int(half_up(wait, 0))


# -- days ------------------------------------------------------------------------------------------------

SUMS = ("open_seconds", "up_seconds", "down_seconds", "wait_seconds", "wait_minute_seconds", "walk_on_seconds")


def daily_series(rides: list[Ride], days: Days, chart: ChartType) -> dict[int, RideSeries]:
    """By ride: the dates of the period, from daily rows; one query."""
    rows = RideDailyStats.objects.filter(
        ride__in=rides, stat_date__range=(days.first, days.last), metrics_version=settings.METRICS_VERSION
    )
    length = (days.last - days.first).days + 1
    series: dict[int, RideSeries] = {ride.pk: RideSeries([None] * length) for ride in rides}
    took_part: set[int] = set()
    for ride, day, *sums in rows.values_list("ride_id", "stat_date", *SUMS):
        known, up, down, posted, minute_seconds, walk_on = (each or 0 for each in sums)
        found = series[ride]
        found.waits.add(WaitTotals(posted, minute_seconds, walk_on_seconds=walk_on))
        found.values[(day - days.first).days] = (
            downtime_of_day(down, known) if chart == ChartType.DOWNTIME else wait_of_day(minute_seconds, posted)
        )
        if up or down:
            took_part.add(ride)
    if chart == ChartType.DOWNTIME:
        return {ride: found for ride, found in series.items() if ride in took_part}
    return {ride: found for ride, found in series.items() if found.is_posted}


def downtime_of_day(seconds: int, known_seconds: int) -> float | None:
    """Hours down; None: the ride was not known in the open park."""
    return number(hours(seconds)) if known_seconds else None


def wait_of_day(minute_seconds: int, posted_seconds: int) -> float | None:
    """Minutes with two decimals; a day without a wait above zero has none (N-4)."""
    average = mean_of(minute_seconds, posted_seconds)
    return None if average is None else number(half_up(average, 2))
