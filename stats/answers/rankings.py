"""Parks by shame and rides by downtime (R-17.1, R-17.2, public-api 4.3, 4.9)."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from django.conf import settings

from core.periods import Period, days_of
from core.rounding import half_up
from core.shapes import UNSET, Shape, UnsetType, describe
from parks.models import INCLUSION_WINDOW, Park, Ride
from snapshots.current import ParkNow, RideNow, displayed_status
from stats.measures.ride_measures import RideMeasures, hours, percent_change, percentage
from stats.measures.windows import days_before, label
from stats.readings.identity import ParkNamed, RideNamed, Row, number, park_identity, ranked, ride_identity
from stats.readings.period_sums import park_sums, ride_sums
from stats.readings.selection import attractions_by_id, attractions_of, chosen_parks, park_by_attraction, parks_to_read
from stats.readings.shared import over_many_parks
from stats.readings.today import parks_at, parks_today, rides_at, rides_down_today

NOTHING = Decimal(0)


# -- parks -----------------------------------------------------------------------------------------------


class AggregateStats(Shape):
    period: Annotated[str, describe(enum=Period.values)]
    filter_disney_universal: bool
    total_parks: int
    total_parks_tracked: int
    rides_down: int
    rides_operating: int
    rides_closed: int = 0
    rides_refurbishment: int = 0
    total_downtime_hours: Annotated[float, describe("ride-hours")]
    avg_uptime_percentage: float


class ParkDowntimeRow(ParkNamed):
    rank: int = 0
    shame_score: Annotated[float, describe("0 to 10, one decimal")]
    total_downtime_hours: Annotated[float, describe("ride-hours")]
    weighted_downtime_hours: Annotated[float, describe("ride-hours × tier weight")]
    rides_down: Annotated[int, describe("live: now; today, yesterday: that day; week, month: most on one day")]
    uptime_percentage: float | None
    trend_percentage: Annotated[
        float | None, describe("change of downtime against the period before; null live and today")
    ]
    rides_operating: Annotated[int | UnsetType, describe("today only")] = UNSET
    total_rides: Annotated[int | UnsetType, describe("live only")] = UNSET
    effective_park_weight: Annotated[float | UnsetType, describe("today only")] = UNSET
    snapshot_count: Annotated[int | UnsetType, describe("today only")] = UNSET
    park_is_open: Annotated[bool | UnsetType | None, describe("right now; live, today, yesterday")] = UNSET
    period_label: Annotated[str | UnsetType, describe("week and month only")] = UNSET


PARK_ORDER: dict[str, Callable[[ParkDowntimeRow], Any]] = {
    "shame_score": lambda row: -row.shame_score,
    "total_downtime_hours": lambda row: -row.total_downtime_hours,
    "uptime_percentage": lambda row: (row.uptime_percentage is None, row.uptime_percentage),
    "rides_down": lambda row: -row.rides_down,
}


def park_downtime(
    period: Period, disney_universal_only: bool, sort_by: str, limit: int, now: datetime
) -> tuple[list[ParkDowntimeRow], AggregateStats]:
    """Ranked rows and headline totals of `/api/parks/downtime`. Hours are ride-hours."""
    parks = chosen_parks(disney_universal_only)
    found, totals = PARK_ROWS[period](parks, now, period)
    rows = sorted(found, key=lambda row: (PARK_ORDER[sort_by](row), row.park_name, row.park_id))
    headline = AggregateStats(period=period.value, filter_disney_universal=disney_universal_only, **totals)
    return ranked(rows[:limit]), headline


def totals_of(parks: int, down: int, operating: int, downtime: Decimal, uptimes: Sequence[Decimal]) -> Row:
    average = half_up(sum(uptimes, NOTHING) / len(uptimes), 1) if uptimes else Decimal(100)
    return {
        "total_parks": parks,
        "total_parks_tracked": parks,
        "rides_down": down,
        "rides_operating": operating,
        "total_downtime_hours": number(half_up(downtime, 2)),
        "avg_uptime_percentage": number(average),
    }


@over_many_parks
def parks_live(parks: list[Park], now: datetime, period: Period) -> tuple[Sequence[ParkDowntimeRow], Row]:
    """Open parks with a score at this moment; downtime is the day's so far."""
    states = parks_at(parks, now)
    today = parks_today(parks, now)
    tracked, down = ride_counts(parks, states, now)
    rows = []
    uptimes = []
    for park in parks:
        if not states[park.pk].seen:
            continue
        total, broken = tracked[park.pk], down[park.pk]
        uptime = percentage(total - broken, total) if total else Decimal(100)
        uptimes.append(uptime or NOTHING)
        score = states[park.pk].shame_score or NOTHING
        window = today[park.pk].window if park.pk in today else None
        downtime = hours(window.down_seconds) if window else NOTHING
        if not (states[park.pk].is_open and score > 0 and (broken or downtime)):
            continue
        rows.append(
            ParkDowntimeRow(
                **park_identity(park),
                shame_score=number(score),
                total_downtime_hours=number(downtime),
                weighted_downtime_hours=number(hours(window.weighted_down_seconds) if window else NOTHING),
                rides_down=broken,
                total_rides=total,
                uptime_percentage=number(uptime),
                park_is_open=True,
                trend_percentage=None,
            )
        )
    # What nobody has heard of for two hours neither runs nor is down.
    seen = {pk for pk, state in states.items() if state.seen}
    all_down, all_tracked = (sum(counts[pk] for pk in seen) for counts in (down, tracked))
    downtime = hours(sum(today[pk].window.down_seconds for pk in seen & today.keys()))
    return rows, totals_of(len(seen), all_down, all_tracked - all_down, downtime, uptimes)


def ride_counts(
    parks: list[Park], states: Mapping[int, ParkNow], now: datetime
) -> tuple[dict[int, int], dict[int, int]]:
    """Attractions tracked (R-5.5), and of them down now, by park; a closed park's rides are not down (R-5.2)."""
    reports_down = {park.pk: park.reports_down for park in parks}
    rides = attractions_of(parks).filter(last_operated_at__gte=now - INCLUSION_WINDOW)
    park_by_ride = dict(rides.order_by().values_list("pk", "park_id"))
    current = rides_at(parks, park_by_ride, now)
    tracked: dict[int, int] = defaultdict(int)
    down: dict[int, int] = defaultdict(int)
    for pk, park_id in park_by_ride.items():
        tracked[park_id] += 1
        ride = current.get(pk)
        down[park_id] += bool(ride and states[park_id].is_open and ride.is_down(reports_down[park_id]))
    return tracked, down


@over_many_parks
def parks_of_today(parks: list[Park], now: datetime, period: Period) -> tuple[Sequence[ParkDowntimeRow], Row]:
    states = parks_at(parks, now)
    today = parks_today(parks, now)
    rows = []
    uptimes = []
    for park in parks:
        figures = today.get(park.pk)
        if figures is None:
            continue
        window = figures.window
        uptime = percentage(window.up_seconds, window.up_seconds + window.down_seconds)
        if uptime is not None:
            uptimes.append(uptime)
        if not window.score:
            continue
        rows.append(
            ParkDowntimeRow(
                **park_identity(park),
                shame_score=number(window.score),
                total_downtime_hours=number(hours(window.down_seconds)),
                weighted_downtime_hours=number(hours(window.weighted_down_seconds)),
                rides_down=window.rides_down,
                rides_operating=figures.rides_up,
                uptime_percentage=number(uptime),
                effective_park_weight=number(half_up(window.weight, 1)),
                snapshot_count=figures.open_snapshots,
                park_is_open=bool(states[park.pk].is_open),
                trend_percentage=None,
            )
        )
    windows = [park.window for park in today.values()]
    return rows, totals_of(
        parks=len(today),
        down=sum(window.rides_down for window in windows),
        operating=sum(park.rides_up for park in today.values()),
        downtime=hours(sum(window.down_seconds for window in windows)),
        uptimes=uptimes,
    )


@over_many_parks
def parks_of_days(parks: list[Park], now: datetime, period: Period) -> tuple[Sequence[ParkDowntimeRow], Row]:
    """Yesterday, last week, last month: from the stored daily rows."""
    current = park_sums(parks, lambda zone: days_of(period, now, zone))
    before = park_sums(parks, lambda zone: days_before(period, now, zone))
    is_one_day, heading = period == Period.YESTERDAY, label(period, now, settings.SITE_TIME_ZONE)
    states = parks_at(parks, now) if is_one_day else {}
    rows = []
    for park in parks:
        sums = current.get(park.pk)
        if sums is None:
            continue
        uptime = mean_of(sums["uptime"], sums["uptime_days"])
        score = mean_of(sums["score"], sums["score_days"])
        if score <= 0:
            continue
        rows.append(
            ParkDowntimeRow(
                **park_identity(park),
                shame_score=number(score),
                total_downtime_hours=number(sums["downtime"]),
                weighted_downtime_hours=number(sums["weighted"]),
                rides_down=sums["most_down"],
                uptime_percentage=number(uptime),
                trend_percentage=number(percent_change(sums["downtime"], before.get(park.pk, {}).get("downtime"))),
                park_is_open=states[park.pk].is_open if is_one_day else UNSET,
                period_label=UNSET if is_one_day else heading,
            )
        )
    everything = current.values()
    down = sum(sums["down"] for sums in everything)
    tracked = sum(sums["tracked"] for sums in everything)
    downtime = sum((sums["downtime"] for sums in everything), NOTHING)
    uptime_days = sum(sums["uptime_days"] for sums in everything)
    uptimes = [sum((sums["uptime"] for sums in everything), NOTHING) / uptime_days] if uptime_days else []
    return rows, totals_of(len(current), down, tracked - down, downtime, uptimes)


def mean_of(total: Decimal, days: int) -> Decimal:
    """A mean over days, one decimal; 0 without any."""
    return half_up(total / days, 1) if days else NOTHING


PARK_ROWS: dict[Period, Callable[[list[Park], datetime, Period], tuple[Sequence[ParkDowntimeRow], Row]]] = {
    Period.LIVE: parks_live,
    Period.TODAY: parks_of_today,
    Period.YESTERDAY: parks_of_days,
    Period.LAST_WEEK: parks_of_days,
    Period.LAST_MONTH: parks_of_days,
}


# -- rides -----------------------------------------------------------------------------------------------


class RideDowntimeRow(RideNamed):
    rank: int = 0
    downtime_hours: float
    uptime_percentage: float | None
    trend_percentage: float | None
    current_status: Annotated[str | UnsetType, describe("live and today only")] = UNSET
    current_is_open: Annotated[bool | UnsetType | None, describe("live and today only")] = UNSET
    park_is_open: Annotated[bool | UnsetType, describe("live and today only")] = UNSET
    avg_wait_time: Annotated[int | UnsetType | None, describe("minutes; live, today, yesterday")] = UNSET
    peak_wait_time: Annotated[int | UnsetType | None, describe("minutes")] = UNSET
    status_changes: Annotated[int | UnsetType, describe("yesterday, week, month")] = UNSET
    period_label: Annotated[str | UnsetType, describe("yesterday, week, month")] = UNSET


# What is down first, then what runs, then what is not known.
OPENNESS: dict[bool | UnsetType | None, int] = {False: 0, True: 1, None: 2, UNSET: 2}

RIDE_ORDER: dict[str, Callable[[RideDowntimeRow], Any]] = {
    "downtime_hours": lambda row: -row.downtime_hours,
    "uptime_percentage": lambda row: (row.uptime_percentage is None, row.uptime_percentage),
    "current_is_open": lambda row: OPENNESS[row.current_is_open],
    "trend_percentage": lambda row: (row.trend_percentage is None, -(row.trend_percentage or 0)),
}


def ride_downtime(
    period: Period, disney_universal_only: bool, sort_by: str, limit: int, now: datetime
) -> list[RideDowntimeRow]:
    """Ranked rows of `/api/rides/downtime`: attractions with downtime in the period."""
    parks = chosen_parks(disney_universal_only)
    is_today, read = period in (Period.LIVE, Period.TODAY), parks_to_read(parks)
    found = rides_of_today(read, now) if is_today else rides_of_days(read, now, period)
    chosen = {park.pk for park in parks}
    rows = sorted(
        (row for row in found if row.park_id in chosen),
        key=lambda row: (RIDE_ORDER[sort_by](row), -row.downtime_hours, row.ride_name, row.ride_id),
    )
    return ranked(rows[:limit])


@over_many_parks
def rides_of_today(parks: list[Park], now: datetime) -> Sequence[RideDowntimeRow]:
    measured = rides_down_today(parks, park_by_attraction(parks), now)
    states = parks_at(parks, now)
    current = rides_at(parks, measured, now)
    return [
        ride_today(ride, measured[pk], states[ride.park_id], current.get(pk))
        for pk, ride in attractions_by_id(parks, measured).items()
    ]


def ride_today(ride: Ride, measures: RideMeasures, park: ParkNow, current: RideNow | None) -> RideDowntimeRow:
    is_open: bool | None = current.is_operating if current else None
    wait = measures.avg_posted_wait
    return RideDowntimeRow(
        **ride_identity(ride),
        downtime_hours=number(hours(measures.down_seconds)),
        uptime_percentage=number(percentage(measures.up_seconds, measures.open_seconds)),
        current_status=displayed_status(park, current),
        current_is_open=is_open if park.is_open else False,
        park_is_open=bool(park.is_open),
        avg_wait_time=None if wait is None else int(half_up(wait, 0)),
        peak_wait_time=measures.peak_posted_wait,
        trend_percentage=None,
    )


@over_many_parks
def rides_of_days(parks: list[Park], now: datetime, period: Period) -> Sequence[RideDowntimeRow]:
    current = {
        pk: sums
        for pk, sums in ride_sums(parks, lambda zone: days_of(period, now, zone)).items()
        if sums["minutes"] > 0
    }
    before = ride_sums(parks, lambda zone: days_before(period, now, zone))
    is_one_day, heading = period == Period.YESTERDAY, label(period, now, settings.SITE_TIME_ZONE)
    rows = []
    for pk, ride in attractions_by_id(parks, current).items():
        sums = current[pk]
        previous = before.get(pk, {}).get("minutes")
        wait = sums["wait"]
        rows.append(
            RideDowntimeRow(
                **ride_identity(ride),
                downtime_hours=number(hours(sums["minutes"] * 60)),
                uptime_percentage=number(half_up(sums["uptime"] / sums["days"], 2) if sums["days"] else None),
                status_changes=sums["changes"],
                trend_percentage=number(percent_change(Decimal(sums["minutes"]), previous and Decimal(previous))),
                period_label=heading,
                avg_wait_time=(None if wait is None else int(half_up(wait, 0))) if is_one_day else UNSET,
                peak_wait_time=sums["peak"] if is_one_day else UNSET,
            )
        )
    return rows
