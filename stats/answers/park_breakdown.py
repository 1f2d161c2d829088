"""What a park's shame score is made of, and its course over a period (R-10, R-17.4, public-api 4.6).

The contributions add up, before they are rounded, to the numerator of the score beside them.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Annotated
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q, Sum
from msgspec.structs import replace

from core.instants import instant, seconds
from core.periods import ONE_DAY, Days, Period, days_of
from core.rounding import half_up
from core.shapes import UNSET, Shape, UnsetType, describe
from core.zones import local_date
from parks.models import TIER_WEIGHTS, Category, Park, Ride
from parks.opening_windows import decided_windows
from snapshots.current import ParkNow, RideNow, displayed_status
from snapshots.models import ParkActivitySnapshot
from snapshots.score import score_over, shame_score
from snapshots.status import Status
from stats.answers.analytics import park_figures
from stats.measures.bucket_sums import Figures
from stats.measures.buckets import summed_ride_buckets, waitless_ride_cells
from stats.measures.hours import HOURS_OF_DAY, chart_hours, daily_labels, hour_label
from stats.measures.ride_measures import RideMeasures, availability, hours, window_score
from stats.measures.window_measures import ParkWindow, park_window
from stats.measures.windows import SIZES, Bucket, BucketKey, Window, offset_of
from stats.models import ParkDailyStats, RideDailyStats
from stats.readings.identity import Row, number
from stats.readings.period_sums import OPENED, park_rows, scored_day
from stats.readings.roster import Roster, classified, days_since_operation, ride_weight, shown_tier, total_weight, zulu
from stats.readings.selection import UNREAD

LIVE_CHART = timedelta(minutes=60)
TEN_MINUTES = SIZES["10m"]
LEAST_SECONDS = 60  # of the running span of a chart: what is shorter is no point of it (N-16)
DAILY = (Period.LAST_WEEK, Period.LAST_MONTH)


@dataclass(frozen=True)
class ParkView:
    """A park at the moment of asking."""

    park: Park
    roster: Roster
    state: ParkNow
    latest: ParkActivitySnapshot | None  # of any age
    rides: Mapping[int, RideNow]  # those heard of within the live window
    now: datetime

    @cached_property
    def everybody(self) -> list[Ride]:
        """Also the rides that are no longer active: days that are over keep them (N-15); one query."""
        former = classified(Ride.objects.in_history().filter(park=self.park, is_active=False)).defer(*UNREAD)
        return self.roster.rides + list(former)

    def is_past(self, day: date) -> bool:
        return day < local_date(self.now, self.park.timezone)

    def rides_on(self, day: date) -> list[Ride]:
        return self.everybody if self.is_past(day) else self.roster.rides


# -- shapes ----------------------------------------------------------------------------------------------


class WeighedRide(Shape):
    ride_id: int
    ride_name: str
    tier: Annotated[int, describe("2 when unclassified")]
    tier_weight: float


class RideDownNow(WeighedRide):
    status: str


class ScoreExcludedRide(WeighedRide):
    last_operated_at: Annotated[str | None, describe("ISO, UTC; in the open park", format="date-time")]
    exclusion_reason: str


class Contribution(WeighedRide):
    downtime_hours: float
    weighted_contribution: Annotated[float, describe("hours × weight: a part of the score's numerator")]
    status: Annotated[str, describe("today: right now; else DOWN")]
    days_with_downtime: Annotated[int | UnsetType, describe("week and month")] = UNSET


class ShameBreakdown(Shape):
    breakdown_type: Period
    shame_score: Annotated[
        float | None,
        describe("0 to 10; null: the park was not open, or nobody knows. Live: computed from the rides named here"),
    ]
    total_park_weight: Annotated[
        float | None,
        describe(
            "live: rides that operated within seven days; today and yesterday: that day; week and month: the listed"
            " rides; null: nothing is stored of the day"
        ),
    ]
    total_excluded_weight: float
    rides_excluded: Annotated[list[ScoreExcludedRide], describe("right now, whatever the period")]
    is_live: Annotated[bool | UnsetType, describe("live")] = UNSET
    last_updated: Annotated[str | UnsetType | None, describe("live; UTC, without a zone; null: never observed")] = (
        UNSET
    )
    park_is_open: Annotated[bool | UnsetType | None, describe("live; null: nothing heard within two hours")] = UNSET
    total_weighted_down: Annotated[float | UnsetType | None, describe("live; null: nothing heard")] = UNSET
    rides_down: Annotated[list[RideDownNow] | UnsetType, describe("live; empty also where nothing is known")] = UNSET
    tier_weights: Annotated[dict[str, int] | UnsetType, describe("live")] = UNSET
    total_downtime_hours: Annotated[
        float | UnsetType | None, describe("ride-hours; null: nothing was observed; not live")
    ] = UNSET
    weighted_downtime_hours: Annotated[float | UnsetType | None, describe("the same; not live")] = UNSET
    rides: Annotated[list[Contribution] | UnsetType, describe("not live; most weighted hours first")] = UNSET
    rides_affected_count: Annotated[int | UnsetType, describe("not live")] = UNSET
    avg_uptime_percentage: Annotated[
        float | UnsetType | None,
        describe("operating of operating and down, over the attractions that operated; null: none did; not live"),
    ] = UNSET
    hours_tracked: Annotated[int | UnsetType, describe("today: hours in which the park was open")] = UNSET
    rides_with_downtime: Annotated[int | UnsetType | None, describe("yesterday; null: nothing was observed")] = UNSET
    avg_daily_downtime: Annotated[
        float | UnsetType | None, describe("week and month, of the days it opened; null: on none")
    ] = UNSET
    days_tracked: Annotated[int | UnsetType, describe("week and month: days the park opened")] = UNSET
    days_in_period: Annotated[int | UnsetType, describe("the same")] = UNSET
    period_label: Annotated[str | UnsetType, describe("week and month")] = UNSET


class ParkChart(Shape):
    granularity: Annotated[str, describe(enum=("minutes", "hourly", "daily"))]
    labels: Annotated[list[str], describe("ten minutes, the hours in which the park was open, or every date")]
    data: Annotated[
        list[float | None],
        describe("shame scores of these ten minutes, hours or days as a whole; null: the park was not open"),
    ]
    last_is_partial: Annotated[bool, describe("the last label is still running: its values are those so far")]
    current: Annotated[float | UnsetType | None, describe("live; as in the breakdown")] = UNSET
    average: Annotated[
        float | UnsetType | None, describe("the score over the whole of the time, as in the breakdown; not live")
    ] = UNSET
    shame_score: Annotated[float | UnsetType | None, describe("as in the breakdown; not live")] = UNSET
    rides_down: Annotated[list[int | None] | UnsetType, describe("rides with downtime; not live")] = UNSET
    avg_wait: Annotated[
        list[float | None] | UnsetType,
        describe("minutes, weighted by time, of its attractions' posted waits above 0; by hours"),
    ] = UNSET
    downtime_hours: Annotated[list[float | None] | UnsetType, describe("by days")] = UNSET


def plain_utc(instant: datetime) -> str:
    """ISO without a zone: UTC is implied (public-api 2.4)."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def breakdown_and_chart(view: ParkView, period: Period) -> tuple[ShameBreakdown, ParkChart]:
    """`shame_breakdown` and `chart_data` of a period; the rides excluded right now are reported in each (R-5.5)."""
    if period == Period.LIVE:
        breakdown = live_breakdown(view)
        return breakdown, live_chart(view, breakdown.shame_score)
    days = days_of(period, view.now, view.park.timezone)
    if period not in DAILY:
        return day_breakdown_and_chart(view, days.first, hours_of_day(view, days.first))
    rows = days_stored(view, days)
    breakdown = days_breakdown(view, period, days, rows)
    return breakdown, daily_chart(days, rows, breakdown.shame_score)


def day_breakdown_and_chart(view: ParkView, day: date, raw: ParkWindow) -> tuple[ShameBreakdown, ParkChart]:
    """What a local day's score is made of, and its hours: today from `raw`, its hours; before that as stored."""
    is_today = day == local_date(view.now, view.park.timezone)
    breakdown = today_breakdown(view, raw, day) if is_today else yesterday_breakdown(view, Days(day, day))
    return breakdown, hourly_chart(view, raw, day, is_today, breakdown.shame_score)


# -- live ------------------------------------------------------------------------------------------------


def live_breakdown(view: ParkView) -> ShameBreakdown:
    """The score of this moment (R-10.1), from the states of the rides named beside it (N-6)."""
    state = view.state
    down = rides_down(view) if state.is_open else []
    weight = total_weight(view.roster.counted)
    weighted = sum((row.tier_weight for row in down), 0.0)
    return ShameBreakdown(
        breakdown_type=Period.LIVE,
        is_live=True,
        last_updated=plain_utc(view.latest.recorded_at) if view.latest else None,
        park_is_open=state.is_open,
        shame_score=number(shame_score(int(weighted), weight)) if state.is_open else None,
        total_park_weight=float(weight),
        total_weighted_down=None if state.is_open is None else weighted,
        rides_down=down,
        **excluded_rides(view.roster, view.now),
        tier_weights={str(tier): weight for tier, weight in TIER_WEIGHTS.items()},
    )


def weighed(ride: Ride) -> Row:
    """The values of `WeighedRide`."""
    return {
        "ride_id": ride.pk,
        "ride_name": ride.name,
        "tier": shown_tier(ride),
        "tier_weight": float(ride_weight(ride)),
    }


def rides_down(view: ParkView) -> list[RideDownNow]:
    """The rides of the score's denominator that are down now (R-10.1)."""
    return [
        RideDownNow(**weighed(ride), status=displayed_status(view.state, view.rides[ride.pk]))
        for ride in view.roster.counted
        if ride.pk in view.rides and view.rides[ride.pk].is_down(view.park.reports_down)
    ]


def excluded_rides(roster: Roster, now: datetime) -> Row:
    """`total_excluded_weight` and `rides_excluded`."""
    return {
        "total_excluded_weight": float(total_weight(roster.excluded)),
        "rides_excluded": [excluded_row(ride, now) for ride in roster.excluded],
    }


def excluded_row(ride: Ride, now: datetime) -> ScoreExcludedRide:
    last, days = ride.last_operated_at, days_since_operation(ride, now)
    return ScoreExcludedRide(
        **weighed(ride),
        last_operated_at=None if last is None else zulu(last),
        exclusion_reason="Never operated" if days is None else f"Last operated {days} days ago",
    )


def live_chart(view: ParkView, score: float | None) -> ParkChart:
    """The score of each ten minutes of the last hour (R-10.2), by the park's own clock; at most ten queries.

    Of the ten minutes that run less than one has passed, or none: they are left out.
    """
    zone, end = view.park.timezone, seconds(view.now)
    start = end - int(LIVE_CHART.total_seconds())
    first = start - (start + offset_of(start, zone)) % TEN_MINUTES
    window = Window(instant(first), instant(end))
    weights = weights_of(view.roster.rides)
    raw = park_window(view.park, weights, window, Bucket.M10, view.now, read=waitless_ride_cells)
    found = park_figures(raw, weights, attractions_among(view.roster.rides))
    marks = [mark for mark in range(first, end, TEN_MINUTES) if end - mark >= LEAST_SECONDS]
    if not any(found[mark].scores for mark in marks if mark in found):
        marks = []
    return ParkChart(
        granularity="minutes",
        labels=[f"{instant(mark).astimezone(ZoneInfo(zone)):%H:%M}" for mark in marks],
        data=[number(found[mark].shame_score) if mark in found else None for mark in marks],
        last_is_partial=bool(marks) and marks[-1] + TEN_MINUTES > end,
        current=score,
    )


# -- hours of a day --------------------------------------------------------------------------------------


def hours_of_day(view: ParkView, day: date) -> ParkWindow:
    """The park's rides by the hour of a local day, up to now."""
    rides = [ride.pk for ride in view.rides_on(day)]
    window = Window(day, day)
    return park_window(view.park, rides, window, Bucket.HOUR_OF_DAY, view.now, read=summed_ride_buckets)


def day_members(raw: ParkWindow, weights: Mapping[int, int], day: date) -> list[tuple[RideMeasures, int]]:
    """The rides that operated on the day, each over all of its hours, with their weights."""
    members: dict[int, RideMeasures] = {}
    for (ride, _, _), measures in raw.rides.items():
        if (ride, day) in raw.operated:
            members.setdefault(ride, RideMeasures(ride, raw.park.pk)).add(measures)
    return [(measures, weights[ride]) for ride, measures in members.items()]


def today_breakdown(view: ParkView, raw: ParkWindow, day: date) -> ShameBreakdown:
    """R-10.2 from local midnight until now, with what each ride is doing now (A-14)."""
    members = day_members(raw, weights_of(view.roster.rides), day)
    is_known = any(measures.open_seconds for measures in raw.rides.values())
    window = window_score(members, sum(raw.open_seconds.values()), is_known)
    down = {measures.ride_id: Down(measures.down_seconds) for measures, _ in members if measures.down_seconds}
    statuses = {ride: displayed_status(view.state, view.rides.get(ride)) for ride in down}
    rides = contributions(view.roster.rides, down, statuses)
    attractions = attractions_among(view.roster.rides)
    was_seen = bool(raw.rides)
    return ShameBreakdown(
        breakdown_type=Period.TODAY,
        shame_score=number(window.score),
        total_downtime_hours=number(hours(window.down_seconds)) if was_seen else None,
        weighted_downtime_hours=number(hours(window.weighted_down_seconds)) if was_seen else None,
        total_park_weight=float(window.weight),
        rides=rides,
        avg_uptime_percentage=number(park_uptime([ride for ride, _ in members if ride.ride_id in attractions])),
        hours_tracked=sum(seconds > 0 for seconds in raw.open_seconds.values()),
        rides_affected_count=len(rides),
        **excluded_rides(view.roster, view.now),
    )


def park_uptime(attractions: Sequence[RideMeasures]) -> Decimal | None:
    """N-3 over the attractions that operated, in percent."""
    return availability(sum(ride.up_seconds for ride in attractions), sum(ride.down_seconds for ride in attractions))


def hourly_chart(view: ParkView, raw: ParkWindow, day: date, is_today: bool, score: float | None) -> ParkChart:
    """The hours in which the park was seen open, of a past day those of its schedule (R-6.6)."""
    zone = view.park.timezone
    local = view.now.astimezone(ZoneInfo(zone))
    opened = [hour for hour in HOURS_OF_DAY if raw.open_seconds.get((day, hour))]
    if is_today and local.minute == 0:
        opened = [hour for hour in opened if hour != local.hour]
    windows = [] if is_today else decided_windows({view.park: day})[view.park.pk]
    shown = chart_hours(windows, zone, is_today, opened)
    kept = [hour for hour in opened if hour in shown]
    rides = view.rides_on(day)
    by_hour = park_figures(raw, weights_of(rides), attractions_among(rides))
    found = [by_hour.get(hour, Figures()) for hour in kept]  # an open park of whose rides nothing is known has none
    down = rides_down_by_hour(raw, day)
    return ParkChart(
        granularity="hourly",
        labels=[hour_label(hour) for hour in kept],
        data=[number(figures.shame_score) for figures in found],
        last_is_partial=is_today and bool(kept) and kept[-1] == local.hour,
        rides_down=[down[hour] if figures.open_seconds else None for hour, figures in zip(kept, found, strict=True)],
        avg_wait=[number(rounded(figures.waits.average, 2)) for figures in found],
        average=score,
        shame_score=score,
    )


def rides_down_by_hour(raw: ParkWindow, day: date) -> Counter[BucketKey]:
    """Rides with downtime in each hour, of those that operated that day."""
    return Counter(
        hour for (ride, _, hour), measures in raw.rides.items() if raw.counted_down(ride, day, measures) > 0
    )


def rounded(value: Decimal | None, digits: int) -> Decimal | None:
    return None if value is None else half_up(value, digits)


# -- days that have ended --------------------------------------------------------------------------------


def days_stored(view: ParkView, days: Days) -> list[ParkDailyStats]:
    """The stored days, also those on which the park stayed closed; one query."""
    return list(park_rows([view.park], days).order_by("stat_date"))


def open_days(rows: Sequence[ParkDailyStats]) -> list[ParkDailyStats]:
    """The days on which the park opened; the others count in nothing (A-10)."""
    return [row for row in rows if row.operating_hours_minutes > 0]


def score_of_days(rows: Sequence[ParkDailyStats]) -> Decimal | None:
    """R-10.3 of one day, R-10.4 of several: weighted by open time (N-2). None: the park never opened."""
    return score_over(map(scored_day, rows))


def uptime_of_days(rows: Sequence[ParkDailyStats]) -> Decimal | None:
    """N-3, in percent."""
    up = sum(row.attraction_up_seconds or 0 for row in rows)
    return availability(up, sum(row.attraction_down_seconds or 0 for row in rows))


def down_of_days(rows: Sequence[ParkDailyStats]) -> Decimal | None:
    """Ride-hours down, from seconds; None: nothing is stored."""
    return hours(sum(row.down_seconds or 0 for row in rows)) if rows else None


def stored_days(park: Park, days: Collection[date]) -> dict[date, ParkDailyStats]:
    """The stored rows of some days of a park on which it opened, by day; one query."""
    rows = ParkDailyStats.objects.filter(
        OPENED, park=park, stat_date__in=days, metrics_version=settings.METRICS_VERSION
    )
    return {row.stat_date: row for row in rows}


def weights_of(rides: Iterable[Ride]) -> dict[int, int]:
    return {ride.pk: ride_weight(ride) for ride in rides}


def attractions_among(rides: Iterable[Ride]) -> set[int]:
    """What uptime and waits are made of (N-3, N-4)."""
    return {ride.pk for ride in rides if ride.category == Category.ATTRACTION}


@dataclass(frozen=True, slots=True)
class Down:
    """How long a ride was down, and on how many days."""

    seconds: int
    days: int = 1


def down_over(view: ParkView, days: Days) -> dict[int, Down]:
    """The rides with downtime on stored days; one query."""
    rows = RideDailyStats.objects.filter(
        ride__in=view.everybody,
        stat_date__range=(days.first, days.last),
        metrics_version=settings.METRICS_VERSION,
    )
    down = Q(down_seconds__gt=0)
    found = rows.order_by().values("ride_id").annotate(seconds=Sum("down_seconds"), days=Count("pk", filter=down))
    return {row["ride_id"]: Down(row["seconds"], row["days"]) for row in found if row["days"]}


def contributions(
    everybody: Iterable[Ride], down: Mapping[int, Down], statuses: Mapping[int, str]
) -> list[Contribution]:
    """What each ride adds to the score's numerator, most first (R-17.4)."""
    rides = [ride for ride in everybody if ride.pk in down]
    rides.sort(key=lambda ride: (-down[ride.pk].seconds * ride_weight(ride), -down[ride.pk].seconds, ride.name))
    return [
        Contribution(
            ride_id=ride.pk,
            ride_name=ride.name,
            tier=shown_tier(ride),
            tier_weight=ride_weight(ride),  # written 5, not 5.0: the one list that has it so
            downtime_hours=number(hours(down[ride.pk].seconds)),
            weighted_contribution=number(hours(down[ride.pk].seconds * ride_weight(ride))),
            status=statuses.get(ride.pk, Status.DOWN.value),
        )
        for ride in rides
    ]


def yesterday_breakdown(view: ParkView, days: Days) -> ShameBreakdown:
    """The stored day (R-10.4); nulls when nothing is stored of it."""
    stored = days_stored(view, days)
    rides = contributions(view.everybody, down_over(view, days), {})
    weighted = hours(sum(row.weighted_down_seconds or 0 for row in stored))
    weight = sum(row.effective_park_weight for row in stored)
    return ShameBreakdown(
        breakdown_type=Period.YESTERDAY,
        shame_score=number(score_of_days(stored)),
        total_downtime_hours=number(down_of_days(stored)),
        weighted_downtime_hours=number(weighted) if stored else None,
        total_park_weight=float(weight) if stored else None,
        rides_affected_count=len(rides),
        rides=rides,
        avg_uptime_percentage=number(uptime_of_days(stored)),
        rides_with_downtime=sum(row.rides_with_downtime for row in stored) if stored else None,
        **excluded_rides(view.roster, view.now),
    )


def days_breakdown(view: ParkView, period: Period, days: Days, stored: Sequence[ParkDailyStats]) -> ShameBreakdown:
    """The mean of the days' scores over their open time (R-10.4, N-2); sums of the rest."""
    down, opened = down_over(view, days), open_days(stored)
    rides = [
        replace(row, days_with_downtime=down[row.ride_id].days) for row in contributions(view.everybody, down, {})
    ]
    total = sum(row.down_seconds or 0 for row in stored)
    weighted = hours(sum(row.weighted_down_seconds or 0 for row in stored))
    return ShameBreakdown(
        breakdown_type=period,
        shame_score=number(score_of_days(stored)),
        total_downtime_hours=number(down_of_days(stored)),
        weighted_downtime_hours=number(weighted) if stored else None,
        total_park_weight=float(sum(row.tier_weight for row in rides)),
        avg_uptime_percentage=number(uptime_of_days(stored)),
        days_tracked=len(opened),
        days_in_period=len(opened),
        avg_daily_downtime=number(half_up(Decimal(total) / 3600 / len(opened), 2)) if opened else None,
        period_label=f"{days.first:%b %d} - {days.last:%b %d, %Y}",
        rides_affected_count=len(rides),
        rides=rides,
        **excluded_rides(view.roster, view.now),
    )


def daily_chart(days: Days, stored: Sequence[ParkDailyStats], score: float | None) -> ParkChart:
    """Every date of the period; nulls on days on which the park did not open, or of which nothing is stored."""
    by_day = {row.stat_date: row for row in open_days(stored)}
    rows = [by_day.get(days.first + n * ONE_DAY) for n in range((days.last - days.first).days + 1)]
    return ParkChart(
        granularity="daily",
        labels=daily_labels(days),
        data=[number(score_of_days([row])) if row else None for row in rows],
        last_is_partial=False,
        rides_down=[row.rides_with_downtime if row else None for row in rows],
        downtime_hours=[number(down_of_days([row])) if row else None for row in rows],
        average=score,
        shame_score=score,
    )
