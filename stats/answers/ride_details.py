"""One ride's page: its hours or days, their summary, and when it was down (R-16.4, R-16.5, public-api 4.11).

Only the time in which the ride was seen in the open park is reported: nothing is known of a ride whose park is
closed (R-5.2).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Annotated, Any

from django.utils.http import http_date

from core.instants import seconds
from core.intervals import merged
from core.periods import Days, Period, days_of
from core.rounding import half_up
from core.shapes import UNSET, Shape, UnsetType, describe
from core.zones import day_range, local_date
from parks.models import Ride
from snapshots.models import RideStatusSnapshot
from snapshots.status import hour_status
from stats.measures.buckets import summed_ride_buckets, within
from stats.measures.ride_measures import RideMeasures, down_stretches, hours
from stats.measures.window_measures import ParkWindow, park_window
from stats.measures.windows import Bucket, Window
from stats.readings.identity import number
from stats.readings.roster import tier_of

# The ride page looks back over complete days before today; the rankings have calendar weeks and months.
ROLLING_DAYS = {Period.LAST_WEEK: 7, Period.LAST_MONTH: 30}
OPERATING_THRESHOLD = Decimal(50)  # percent of uptime that make an hour an hour of operation
ZERO = Decimal(0)


class RideIdentity(Shape):
    ride_id: int
    name: str
    park_id: int
    park_name: str
    tier: int | None
    category: str | None
    queue_times_url: Annotated[str | None, describe(format="uri")]


class RideSummary(Shape):
    """Over the hours of days on which the ride operated."""

    total_downtime_hours: float | None
    uptime_percentage: Annotated[float | None, describe("mean of the hours")]
    avg_wait_time: Annotated[float | None, describe("mean of the hours")]
    total_operating_hours: int | None
    total_hours: int


class RideSpan(Shape):
    hour_start_utc: Annotated[str | UnsetType, describe("today and yesterday; RFC 1123, GMT")] = UNSET
    date: Annotated[str | UnsetType, describe("week and month; park-local", format="date")] = UNSET
    avg_wait_time_minutes: float | None
    uptime_percentage: Annotated[float | None, describe("null: the ride did not operate that day")]
    snapshot_count: int


class RideTimeseriesRow(RideSpan):
    status: Annotated[str, describe("what the ride mostly was: OPERATING, DOWN or CLOSED")]


class RideBreakdownRow(RideSpan):
    downtime_hours: float
    operating_snapshots: Annotated[int | UnsetType, describe("today and yesterday")] = UNSET
    down_snapshots: Annotated[int | UnsetType, describe("today and yesterday")] = UNSET
    operating_hours: Annotated[int | UnsetType, describe("week and month: at least half of it up")] = UNSET
    down_hours: Annotated[int | UnsetType, describe("week and month: the others with downtime")] = UNSET


class DowntimeEvent(Shape):
    start_time: Annotated[str, describe("RFC 1123, GMT")]
    end_time: Annotated[str, describe("RFC 1123, GMT; now while it lasts")]
    duration_hours: float


class AboutRide(Shape):
    ride: RideIdentity
    summary: RideSummary
    timeseries: Annotated[list[RideTimeseriesRow], describe("oldest first")]
    hourly_breakdown: Annotated[list[RideBreakdownRow], describe("newest first")]
    downtime_events: Annotated[list[DowntimeEvent], describe("newest first")]


@dataclass(frozen=True, slots=True)
class RideHour:
    """A ride over one hour of the local clock in which it was seen in the open park."""

    start: int  # seconds since 1970
    day: date
    operated: bool  # on that day
    measures: RideMeasures

    @property
    def down_seconds(self) -> int:
        """Downtime, which only a ride has that operated on the day."""
        return self.measures.down_seconds if self.operated else 0

    @property
    def uptime(self) -> Decimal:
        """Percent of the open time (R-8.2), not rounded."""
        return Decimal(100 * self.measures.up_seconds) / self.measures.open_seconds

    @property
    def runs(self) -> bool:
        return self.uptime >= OPERATING_THRESHOLD


def ride_details(ride: Ride, period: Period, now: datetime) -> AboutRide:
    """What `/api/rides/{ride_id}/details` says, apart from `success` and `period`; live is today.

    The ride's park and classification are loaded. Three queries, a few more when a clock was changed.
    """
    days = days_shown(period, now, ride.park.timezone)
    window = Window(days.first, days.last)
    raw = park_window(ride.park, [ride.pk], window, Bucket.H1, now, read=summed_ride_buckets, openings=False)
    seen = ride_hours(raw)
    rows = day_rows(seen) if period in ROLLING_DAYS else hour_rows(seen)
    return AboutRide(
        ride=identity(ride),
        timeseries=[hour for hour, _ in rows],
        summary=summary([hour for hour in seen if hour.operated]),
        downtime_events=downtime_events(ride, sorted(day for _, day in raw.operated), now),
        hourly_breakdown=[details for _, details in reversed(rows)],
    )


def days_shown(period: Period, now: datetime, zone: str) -> Days:
    """The ride's local day, or the 7 or 30 complete days before today (public-api Q7)."""
    if period not in ROLLING_DAYS:
        return days_of(period, now, zone)
    today = local_date(now, zone)
    return Days(today - timedelta(days=ROLLING_DAYS[period]), today - timedelta(days=1))


def identity(ride: Ride) -> RideIdentity:
    return RideIdentity(
        ride_id=ride.pk,
        name=ride.name,
        park_id=ride.park_id,
        park_name=ride.park.name,
        tier=tier_of(ride),
        category=ride.category,
        queue_times_url=ride.queue_times_url,
    )


def ride_hours(raw: ParkWindow) -> list[RideHour]:
    """In order; an hour that the clock shows twice is two."""
    found = [
        RideHour(start, day, (ride, day) in raw.operated, measures)
        for (ride, day, start), measures in raw.rides.items()
        if measures.open_seconds and isinstance(start, int)
    ]
    return sorted(found, key=lambda hour: hour.start)


def mean(values: Iterable[Decimal | None]) -> Decimal | None:
    """Of those that are known, not rounded; None without any."""
    known = [value for value in values if value is not None]
    return sum(known, ZERO) / len(known) if known else None


def summary(seen: Sequence[RideHour]) -> RideSummary:
    """R-16.5 over the hours of days on which the ride operated; nulls without any."""
    return RideSummary(
        total_downtime_hours=number(hours(sum(hour.down_seconds for hour in seen))) if seen else None,
        uptime_percentage=number(mean(hour.uptime for hour in seen)),
        avg_wait_time=number(mean(hour.measures.avg_wait for hour in seen)),
        total_operating_hours=sum(hour.uptime > 0 for hour in seen) if seen else None,
        total_hours=len(seen),
    )


def status_of(seen: Sequence[RideHour]) -> str:
    """R-16.4, by the time spent in each state; without operation that day down is closed, as in R-4.7."""
    up, down, total = (
        sum(hour.measures.up_seconds for hour in seen),
        sum(hour.down_seconds for hour in seen),
        sum(hour.measures.open_seconds for hour in seen),
    )
    return hour_status(up, down, total).value


# -- rows ------------------------------------------------------------------------------------------------


Rows = list[tuple[RideTimeseriesRow, RideBreakdownRow]]


def hour_rows(seen: Sequence[RideHour]) -> Rows:
    rows = []
    for hour in seen:
        measures = hour.measures
        wait = measures.avg_wait
        both: dict[str, Any] = {
            "hour_start_utc": http_date(hour.start),
            "avg_wait_time_minutes": None if wait is None else number(half_up(wait, 2)),
            "uptime_percentage": number(half_up(hour.uptime, 2)),
            "snapshot_count": measures.rows,
        }
        details = RideBreakdownRow(
            **both,
            operating_snapshots=measures.up_rows,
            down_snapshots=measures.down_rows,
            downtime_hours=number(hours(hour.down_seconds)),
        )
        rows.append((RideTimeseriesRow(**both, status=status_of([hour])), details))
    return rows


def day_rows(seen: Sequence[RideHour]) -> Rows:
    """R-16.5: means over the hours of each day; no uptime on a day on which the ride did not operate (A-19)."""
    rows = []
    for day, hours_of_day in groupby(seen, key=lambda hour: hour.day):
        group = list(hours_of_day)
        uptime = mean(hour.uptime for hour in group) if group[0].operated else None
        both: dict[str, Any] = {
            "date": day.isoformat(),
            "avg_wait_time_minutes": number(mean(hour.measures.avg_wait for hour in group)),
            "uptime_percentage": number(uptime),
            "snapshot_count": sum(hour.measures.rows for hour in group),
        }
        details = RideBreakdownRow(
            **both,
            operating_hours=sum(hour.runs for hour in group),
            down_hours=sum(hour.down_seconds > 0 and not hour.runs for hour in group),
            downtime_hours=number(hours(sum(hour.down_seconds for hour in group))),
        )
        rows.append((RideTimeseriesRow(**both, status=status_of(group)), details))
    return rows


# -- downtime --------------------------------------------------------------------------------------------


def downtime_events(ride: Ride, days: Sequence[date], now: datetime) -> list[DowntimeEvent]:
    """Unbroken stretches down on the days on which the ride operated, up to now, newest first; one query."""
    zone = ride.park.timezone
    ranges = merged((seconds(start), seconds(end)) for start, end in (day_range(day, zone) for day in days))
    rows = RideStatusSnapshot.objects.filter(within(ranges), ride=ride, park=ride.park, recorded_at__lt=now)
    events = []
    for stretch in down_stretches(rows).get(ride.pk, []):
        start = seconds(stretch.start)
        end = min(seconds(stretch.end), seconds(now))
        if start < end:
            events.append(
                DowntimeEvent(
                    start_time=http_date(start),
                    end_time=http_date(end),
                    duration_hours=number(hours(end - start)),
                )
            )
    return events[::-1]
