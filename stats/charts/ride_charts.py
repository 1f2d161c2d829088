"""One series per attraction of a park, to compare them by (R-20.2, public-api 4.7)."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from django.conf import settings
from django.db.models import TextChoices

from core.periods import Days, Period, days_of
from core.rounding import half_up
from core.shapes import Shape, describe
from parks.models import Park, Ride
from parks.opening_windows import decided_windows
from stats.measures.buckets import summed_ride_buckets, waitless_ride_cells
from stats.measures.hours import HEATMAP_HOURS, HOURS_OF_DAY, chart_hours, daily_labels, hourly_labels
from stats.measures.ride_measures import hours
from stats.measures.window_measures import ParkWindow, park_window
from stats.measures.windows import Bucket, Window
from stats.models import RideDailyStats
from stats.readings.identity import number
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
    data: Annotated[Series, describe("one for each label; null: no data")]


class RideChart(Shape):
    granularity: Annotated[str, describe(enum=("hourly", "daily"))]
    labels: list[str]
    datasets: list[RideDataset]


def ride_charts(park_id: int, period: Period, chart: ChartType, now: datetime) -> RideChart:
    """Labels and datasets: hours of the park's own day, or its dates; nulls where nothing was measured.

    An unknown park is a park without rides, on the site's own days; an inactive one shows none (R-5.6). At most
    nine queries, four more for a day on which the clock is changed.
    """
    park = Park.objects.filter(pk=park_id).first()
    days = days_of(period, now, park.timezone if park else settings.SITE_TIME_ZONE)
    is_hourly = period in (Period.TODAY, Period.YESTERDAY)
    datasets: list[RideDataset] = []
    if park is not None:
        rides = sorted(attractions_of([park]), key=by_tier_and_name)
        of_days = hourly_series(park, rides, period, chart, now) if is_hourly else daily_series(rides, days, chart)
        datasets = [
            RideDataset(label=ride.name, ride_id=ride.pk, tier=shown_tier(ride), data=of_days[ride.pk])
            for ride in rides
            if ride.pk in of_days
        ]
    return RideChart(
        granularity="hourly" if is_hourly else "daily",
        labels=hourly_labels() if is_hourly else daily_labels(days),
        datasets=datasets,
    )


def has_queue(series: Iterable[float | None]) -> bool:
    """A ride that never posted a wait above zero has nothing to compare."""
    return any(series)


# -- hours -----------------------------------------------------------------------------------------------


def hourly_series(park: Park, rides: list[Ride], period: Period, chart: ChartType, now: datetime) -> dict[int, Series]:
    """By ride: the hours 6 to 23 of one local day, from raw observations."""
    read = waitless_ride_cells if chart == ChartType.DOWNTIME else summed_ride_buckets
    is_today, day = period == Period.TODAY, days_of(period, now, park.timezone).first
    ids, window = [ride.pk for ride in rides], Window(day, day)
    raw = park_window(park, ids, window, Bucket.HOUR_OF_DAY, now, read=read, openings=not is_today)
    shown = set(HOURS_OF_DAY) if is_today else hours_shown(raw, day)
    if chart == ChartType.DOWNTIME:
        return {ride: hours_of(raw, ride, day, shown, downtime_of_hour) for ride, _ in sorted(raw.operated)}
    observed = {ride for ride, _, _ in raw.rides}
    series = {ride: hours_of(raw, ride, day, shown, wait_of_hour) for ride in observed}
    return {ride: data for ride, data in series.items() if has_queue(data)}


def hours_shown(raw: ParkWindow, day: date) -> set[int]:
    """The hours of a past day that are not left empty (R-6.6), as in the chart of many parks; one query."""
    seen_open = [hour for hour in HOURS_OF_DAY if raw.open_seconds.get((day, hour))]
    windows = decided_windows({raw.park: day})[raw.park.pk]
    return set(chart_hours(windows, raw.park.timezone, is_today=False, active_hours=seen_open))


def hours_of(raw: ParkWindow, ride: int, day: date, shown: set[int], value: Callable[..., float | None]) -> Series:
    return [value(raw, ride, day, hour) if hour in shown else None for hour in HEATMAP_HOURS]


def downtime_of_hour(raw: ParkWindow, ride: int, day: date, hour: int) -> float | None:
    """Hours down of a ride that operated that day; None: it was not seen in the open park."""
    measures = raw.rides.get((ride, day, hour))
    return number(hours(measures.down_seconds)) if measures and measures.open_seconds else None


def wait_of_hour(raw: ParkWindow, ride: int, day: date, hour: int) -> int | None:
    """Whole minutes on average while it operated, zeros included (R-16.1)."""
    measures = raw.rides.get((ride, day, hour))
    wait = measures.avg_wait if measures else None
    return None if wait is None else int(half_up(wait, 0))


# -- days ------------------------------------------------------------------------------------------------


def daily_series(rides: list[Ride], days: Days, chart: ChartType) -> dict[int, Series]:
    """By ride: the dates of the period, from daily rows; one query."""
    rows = RideDailyStats.objects.filter(
        ride__in=rides, stat_date__range=(days.first, days.last), metrics_version=settings.METRICS_VERSION
    )
    columns = ("downtime_minutes", "operating_hours_minutes", "avg_wait_time")
    length = (days.last - days.first).days + 1
    series: dict[int, Series] = {ride.pk: [None] * length for ride in rides}
    took_part: set[int] = set()
    for ride, day, up, down, opened, wait in rows.values_list("ride_id", "stat_date", "uptime_minutes", *columns):
        series[ride][(day - days.first).days] = (
            downtime_of_day(down, opened) if chart == ChartType.DOWNTIME else wait_of_day(wait)
        )
        if up or down:
            took_part.add(ride)
    if chart == ChartType.DOWNTIME:
        return {ride: data for ride, data in series.items() if ride in took_part}
    return {ride: data for ride, data in series.items() if has_queue(data)}


def downtime_of_day(minutes: int, open_minutes: int | None) -> float | None:
    """Hours down; None: the ride was not seen in the open park."""
    return number(hours(minutes * 60)) if open_minutes else None


def wait_of_day(average: Decimal | None) -> float | None:
    """The stored average; a day without a queue has none."""
    return number(half_up(average, 2)) if average else None
