"""One ride's page: its hours or days, their summary, and when it was down (R-16.4, public-api 4.11).

Every figure comes from the seconds of its span (N-2). Only time in which the park was open is reported: nothing is
known of a ride whose park is closed (R-5.2).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from django.db.models import QuerySet
from django.utils.http import http_date

from core.instants import day_seconds, seconds
from core.intervals import merged
from core.periods import ONE_DAY, Days, Period, days_of
from core.rounding import half_up
from core.shapes import UNSET, Shape, UnsetType, describe
from core.zones import day_range, local_date
from parks.models import Park, Ride
from snapshots.current import UNKNOWN
from snapshots.models import RideStatusSnapshot
from snapshots.status import PARK_CLOSED, has_state, hour_status, is_down, is_operating
from stats.measures.bucket_sums import Figures
from stats.measures.buckets import Grid, RideBucket, summed_ride_buckets, within
from stats.measures.outages import Kind
from stats.measures.ride_measures import RideMeasures, carried_over, down_stretches, hours, uptime
from stats.measures.ride_measures import availability as availability_of
from stats.measures.window_measures import ParkWindow, park_window
from stats.measures.windows import ONE_HOUR, Bucket, Window
from stats.readings.identity import Dated, dates_of, number
from stats.readings.roster import tier_of, zulu

DAILY = (Period.LAST_WEEK, Period.LAST_MONTH)
NOW = (Period.LIVE, Period.TODAY)
OPERATING_THRESHOLD = Decimal(50)  # percent of uptime that make an hour an hour of operation


class RideIdentity(Shape):
    ride_id: int
    name: str
    park_id: int
    park_name: str
    tier: int | None
    category: str | None
    queue_times_url: Annotated[str | None, describe(format="uri")]


class Minutes(Shape):
    """Whole minutes of open time: up, down, closed and unknown add up to open. Null: never observed in these days."""

    open_minutes: Annotated[int | None, describe("the park was open, up to now")]
    uptime_minutes: int | None
    downtime_minutes: int | None
    closed_minutes: Annotated[int | None, describe("known, and neither up nor down: planned closures, refurbishment")]
    unknown_minutes: Annotated[int | None, describe("the park was open and nothing was observed of the ride")]


class RideSummary(Minutes):
    total_downtime_hours: Annotated[float | None, describe("null: never known in the open park")]
    uptime_percentage: Annotated[
        float | None, describe("operating of the known open time; null: it operated on none of the days")
    ]
    availability_percentage: Annotated[float | None, describe("operating of operating and down; null: it was neither")]
    avg_wait_time: Annotated[float | None, describe("minutes, weighted by time, of posted waits above 0")]
    walk_on_percentage: Annotated[float | None, describe("share of the posted time at 0; null: nothing was posted")]
    opening_delay_minutes: Annotated[
        int | None, describe("part of the downtime: before it first ran on a day, carried over from no day before")
    ]
    outages: Annotated[int, describe("the number of `downtime_events`")]
    total_operating_hours: Annotated[int | None, describe("hours of the clock in which it ran; null: it never did")]
    total_hours: Annotated[int, describe("hours of the clock in which it was known, of days on which it operated")]


class RideSpan(Minutes):
    hour_start_utc: Annotated[str | UnsetType, describe("today and yesterday; RFC 1123, GMT")] = UNSET
    date: Annotated[str | UnsetType, describe("week and month; park-local", format="date")] = UNSET
    avg_wait_time_minutes: Annotated[
        float | None, describe("weighted by time, of posted waits above 0; null: no such wait")
    ]
    uptime_percentage: Annotated[
        float | None, describe("operating of the known open time; null: the ride did not operate that day")
    ]
    availability_percentage: Annotated[float | None, describe("operating of operating and down")]
    snapshot_count: Annotated[int, describe("observations that lasted in the span, begun in it or before; 0: unknown")]


class RideTimeseriesRow(RideSpan):
    status: Annotated[
        str,
        describe(
            "what the ride mostly was: OPERATING, DOWN or CLOSED; PARK_CLOSED: the park did not open; UNKNOWN: nothing"
            " was observed"
        ),
    ]


class RideBreakdownRow(RideSpan):
    downtime_hours: Annotated[float | None, describe("null: nothing was observed")]
    operating_snapshots: Annotated[int | UnsetType, describe("today and yesterday")] = UNSET
    down_snapshots: Annotated[int | UnsetType, describe("today and yesterday")] = UNSET
    operating_hours: Annotated[int | UnsetType | None, describe("week and month: at least half of it up")] = UNSET
    down_hours: Annotated[int | UnsetType | None, describe("week and month: the others with downtime")] = UNSET


class DowntimeEvent(Shape):
    """An outage: an unbroken spell down in the open park, over midnight too, as far as it lies in the period."""

    start_time: Annotated[str, describe("RFC 1123, GMT")]
    end_time: Annotated[str, describe("RFC 1123, GMT; now while it lasts")]
    duration_hours: float
    kind: Annotated[
        str,
        describe(
            "opening_delay: begun before the ride first ran that day, and not carried over midnight",
            enum=(Kind.BREAKDOWN.value, Kind.OPENING_DELAY.value),
        ),
    ]


class AboutRide(Dated):
    ride: RideIdentity
    as_of: Annotated[
        str | UnsetType | None, describe("today and live: the newest observation, ISO, UTC; null: there is none")
    ] = UNSET
    summary: RideSummary
    timeseries: Annotated[list[RideTimeseriesRow], describe("oldest first")]
    hourly_breakdown: Annotated[list[RideBreakdownRow], describe("newest first")]
    downtime_events: Annotated[list[DowntimeEvent], describe("newest first; their hours add up to the downtime")]


@dataclass(slots=True)
class Reaching:
    """Counts, while cells of hours are read, the observations that lasted in hours after the one they began in."""

    park: Park
    rows: Counter[int] = field(default_factory=Counter)  # by the hour's start, seconds since 1970
    up: Counter[int] = field(default_factory=Counter)
    down: Counter[int] = field(default_factory=Counter)

    def read(self, rows: QuerySet[RideStatusSnapshot], grid: Grid) -> Iterator[RideBucket]:
        for cell in summed_ride_buckets(rows, grid):
            if cell.park_id == self.park.pk:
                for start in range(cell.at + ONE_HOUR, cell.last, ONE_HOUR):
                    self.count(cell, start)
            yield cell

    def count(self, cell: RideBucket, start: int) -> None:
        self.rows[start] += 1
        if cell.park_is_open:
            state = cell.status, cell.computed_is_open
            self.up[start] += is_operating(*state)
            self.down[start] += not is_operating(*state) and is_down(*state, self.park.reports_down)


@dataclass(frozen=True, slots=True)
class RideTime:
    """A ride over an hour of the local clock, or over a day, in which its park was open or it was observed."""

    measures: RideMeasures | None  # None: nothing was observed
    operated: bool  # on that day
    unknown_seconds: int = 0

    @property
    def down_seconds(self) -> int:
        """Downtime, which only a ride has that operated on the day."""
        return self.measures.down_seconds if self.measures and self.operated else 0

    @property
    def known_seconds(self) -> int:
        return self.measures.open_seconds if self.measures else 0

    @property
    def runs(self) -> bool:
        """Was it an hour of operation?"""
        up = self.measures.up_seconds if self.measures else 0
        return self.known_seconds > 0 and 100 * up >= OPERATING_THRESHOLD * self.known_seconds

    @property
    def figures(self) -> Figures:
        found = Figures(unknown_seconds=self.unknown_seconds)
        if self.measures is not None:
            found.add_ride(self.measures, self.down_seconds, self.operated)
            found.add_waits(self.measures)
        return found

    @property
    def status(self) -> str:
        """R-16.4, by the time spent in each state; without operation that day down is closed, as in R-4.7."""
        if self.measures is None or not self.known_seconds:
            return UNKNOWN if self.measures is None or self.unknown_seconds else PARK_CLOSED
        return hour_status(self.measures.up_seconds, self.down_seconds, self.known_seconds).value


def ride_details(ride: Ride, period: Period, now: datetime) -> AboutRide:
    """What `/api/rides/{ride_id}/details` says, apart from `success` and `period`; live is today.

    The dates are those of the park's calendar. The ride's park and classification are loaded. At most ten queries, a
    few more when a clock was changed.
    """
    park = ride.park
    days = days_of(period, now, park.timezone)
    reaching = Reaching(park)
    window = Window(days.first, days.last)
    raw = park_window(park, [ride.pk], window, Bucket.H1, now, read=reaching.read, openings=False, unknown=True)
    by_hour, by_day = hours_of(raw, ride), days_of_ride(raw, ride)
    events = downtime_events(ride, days, by_day, now)
    rows = day_rows(days, by_day, by_hour) if period in DAILY else hour_rows(by_hour, reaching)
    as_of: str | UnsetType | None = UNSET
    if period in NOW:
        seen = ride.snapshots.filter(has_state(), recorded_at__lte=now).order_by("-recorded_at")
        latest = seen.values_list("recorded_at", flat=True).first()
        as_of = None if latest is None else zulu(latest)
    return AboutRide(
        **dates_of(days, park.timezone, now),
        ride=identity(ride),
        as_of=as_of,
        timeseries=[hour for hour, _ in rows],
        summary=summary(by_day, by_hour, events),
        downtime_events=[event_row(event) for event in reversed(events)],
        hourly_breakdown=[details for _, details in reversed(rows)],
    )


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


# -- hours and days --------------------------------------------------------------------------------------

Hours = dict[tuple[date, int], RideTime]  # by local day and the hour's start, in order


def hours_of(raw: ParkWindow, ride: Ride) -> Hours:
    """The hours of observed days in which the park was open; one that the clock shows twice is two."""
    places = {(day, key) for (_, day, key), found in raw.rides.items() if found.open_seconds}
    places |= {(day, key) for day, key in raw.planned_seconds if (ride.pk, day) in raw.observed}
    found: Hours = {}
    for day, key in sorted(places, key=lambda place: seconds_of(place[1])):
        measures = raw.rides.get((ride.pk, day, key))
        known = measures.open_seconds if measures else 0
        unknown = max(0, raw.planned_seconds.get((day, key), 0) - known)
        if known or unknown:
            found[day, seconds_of(key)] = RideTime(measures, (ride.pk, day) in raw.operated, unknown)
    return found


def seconds_of(key: Any) -> int:
    """The start of a bucket of the clock."""
    return int(key)


def days_of_ride(raw: ParkWindow, ride: Ride) -> dict[date, RideTime]:
    """The local days on which the ride was observed, as in its daily rows, in order."""
    sums: dict[date, RideMeasures] = {}
    for (_, day, _), measures in raw.rides.items():
        sums.setdefault(day, RideMeasures(ride.pk, raw.park.pk)).add(measures)
    planned: dict[date, int] = defaultdict(int)
    for (day, _), length in raw.planned_seconds.items():
        planned[day] += length
    return {
        day: RideTime(sums[day], (ride.pk, day) in raw.operated, max(0, planned[day] - sums[day].open_seconds))
        for day in sorted(sums)
    }


def minutes_of(figures: Figures | None) -> dict[str, int | None]:
    """The values of `Minutes`."""
    found = figures.minutes if figures else {}
    return {name: found.get(name) for name in Minutes.__struct_fields__}


def summary(by_day: Mapping[date, RideTime], by_hour: Hours, events: Sequence["Event"]) -> RideSummary:
    """All days as one span; nulls where nothing is known."""
    total = Figures()
    for each in by_day.values():
        total.add(each.figures)
    ran = [hour for hour in by_hour.values() if hour.operated and hour.known_seconds]
    delay = sum(event.seconds for event in events if event.kind == Kind.OPENING_DELAY)
    total.opening_delay_seconds = delay
    return RideSummary(
        **minutes_of(total if by_day else None),
        total_downtime_hours=number(hours(total.down_seconds)) if total.open_seconds else None,
        uptime_percentage=number(total.uptime_percentage),
        availability_percentage=number(total.availability_percentage),
        avg_wait_time=number(total.wait_avg),
        walk_on_percentage=number(total.walk_on_percentage),
        opening_delay_minutes=total.minutes["opening_delay_minutes"] if total.open_seconds else None,
        outages=len(events),
        total_operating_hours=sum(hour.figures.up_seconds > 0 for hour in ran) if ran else None,
        total_hours=len(ran),
    )


# -- rows ------------------------------------------------------------------------------------------------


Rows = list[tuple[RideTimeseriesRow, RideBreakdownRow]]


def span_values(time: RideTime | None) -> dict[str, Any]:
    """What rows of hours and of days have in common; None: nothing was observed."""
    if time is None:
        names = ("avg_wait_time_minutes", "uptime_percentage", "availability_percentage")
        return {**minutes_of(None), **dict.fromkeys(names), "snapshot_count": 0}
    figures = time.figures
    average = figures.waits.average
    return {
        **minutes_of(figures),
        "avg_wait_time_minutes": None if average is None else number(half_up(average, 2)),
        "uptime_percentage": number(uptime(figures.up_seconds, figures.open_seconds, time.operated, 2)),
        "availability_percentage": number(availability_of(figures.up_seconds, figures.down_seconds, 2)),
        "snapshot_count": figures.rows,
    }


def down_hours(time: RideTime | None) -> float | None:
    """None: nothing was observed, or nothing in the open time."""
    if time is None or (time.unknown_seconds and not time.known_seconds):
        return None
    return number(hours(time.down_seconds))


def hour_rows(by_hour: Hours, reaching: Reaching) -> Rows:
    rows = []
    for (_, start), hour in by_hour.items():
        values = span_values(hour)
        both: dict[str, Any] = {**values, "hour_start_utc": http_date(start)}
        both["snapshot_count"] += reaching.rows[start]
        measures = hour.measures
        details = RideBreakdownRow(
            **both,
            operating_snapshots=(measures.up_rows if measures else 0) + reaching.up[start],
            down_snapshots=(measures.down_rows if measures else 0) + reaching.down[start],
            downtime_hours=down_hours(hour),
        )
        rows.append((RideTimeseriesRow(**both, status=hour.status), details))
    return rows


def day_rows(days: Days, by_day: Mapping[date, RideTime], by_hour: Hours) -> Rows:
    """Every date; no uptime on a day on which the ride did not operate (A-19), nulls on one without observations."""
    hours_by_day: dict[date, list[RideTime]] = defaultdict(list)
    for (day, _), hour in by_hour.items():
        hours_by_day[day].append(hour)
    rows = []
    for n in range((days.last - days.first).days + 1):
        day = days.first + n * ONE_DAY
        time, of_day = by_day.get(day), hours_by_day[day]
        both: dict[str, Any] = {**span_values(time), "date": day.isoformat()}
        details = RideBreakdownRow(
            **both,
            operating_hours=sum(hour.runs for hour in of_day) if time else None,
            down_hours=sum(hour.down_seconds > 0 and not hour.runs for hour in of_day) if time else None,
            downtime_hours=down_hours(time),
        )
        rows.append((RideTimeseriesRow(**both, status=time.status if time else UNKNOWN), details))
    return rows


# -- downtime --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Event:
    """An outage, or the part of it that lies in the period; seconds since 1970."""

    start: int
    end: int
    kind: Kind

    @property
    def seconds(self) -> int:
        return self.end - self.start


def downtime_events(ride: Ride, days: Days, by_day: Mapping[date, RideTime], now: datetime) -> list[Event]:
    """The outages of the days on which the ride operated, up to now, in order (N-11); at most three queries.

    They are classified as in the daily rows: one that goes on from the day before `days` is no opening delay.
    """
    park, zone = ride.park, ride.park.timezone
    operated = [day for day, time in by_day.items() if time.operated]
    ranges = merged(day_seconds(day, zone) for day in operated)
    rows = RideStatusSnapshot.objects.filter(within(ranges), ride=ride, park=park)
    stretches = down_stretches(rows, now).get(ride.pk, [])
    if not stretches:
        return []
    first = stretches[0].start == day_range(days.first, zone)[0]
    carried = first and ride.pk in carried_over([ride.pk], park, days.first)
    events = []
    for n, stretch in enumerate(stretches):
        start = seconds(stretch.start)
        measures = by_day[local_date(stretch.start, zone)].measures
        first_up = measures.first_up if measures else None
        is_delay = first_up is not None and start < first_up and not (carried and n == 0)
        kind = Kind.OPENING_DELAY if is_delay else Kind.BREAKDOWN
        events.append(Event(start, start + stretch.seconds, kind))
    return events


def event_row(event: Event) -> DowntimeEvent:
    return DowntimeEvent(
        start_time=http_date(event.start),
        end_time=http_date(event.end),
        duration_hours=number(hours(event.seconds)),
        kind=event.kind.value,
    )
