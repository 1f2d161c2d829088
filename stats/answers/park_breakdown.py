"""What a park's shame score is made of, and its course over a period (R-10, R-17.4, public-api 4.6).

The contributions add up, before they are rounded, to the numerator of the score beside them.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q, Sum
from msgspec.structs import replace

from core.instants import seconds
from core.intervals import overlaps
from core.periods import Days, Period, days_of
from core.rounding import half_up
from core.shapes import UNSET, Shape, UnsetType, describe
from core.zones import day_range, local_date
from parks.models import TIER_WEIGHTS, Park, Ride
from parks.opening_windows import decided_windows
from snapshots.current import ParkNow, displayed_status, rides_now
from snapshots.models import ParkActivitySnapshot
from snapshots.status import Status
from stats.measures.buckets import waitless_ride_cells
from stats.measures.hours import HOURS_OF_DAY, chart_hours, daily_labels, hour_label
from stats.measures.ride_measures import OPEN, RideMeasures, hours, window_score
from stats.measures.spans import ScoreDay, day_score, period_score
from stats.measures.window_measures import ParkWindow, park_window, until
from stats.measures.windows import Bucket, BucketKey, Window, pieces, slices
from stats.models import ParkDailyStats, RideDailyStats
from stats.readings.identity import Row, number
from stats.readings.period_sums import OPENED, park_rows
from stats.readings.roster import Roster, days_since_operation, ride_weight, shown_tier, total_weight

LIVE_CHART = timedelta(minutes=60)
HOURLY = ("shame_score", "avg_wait_time")  # of the park's observations
ZERO = Decimal(0)
NO_DATA_LABELS = {Period.LAST_WEEK: "Last 7 Days", Period.LAST_MONTH: "Last 30 Days"}


@dataclass(frozen=True, slots=True)
class ParkView:
    """A park at the moment of asking."""

    park: Park
    roster: Roster
    state: ParkNow
    latest: ParkActivitySnapshot | None  # of any age
    now: datetime

    @property
    def weights(self) -> dict[int, int]:
        return {ride.pk: ride_weight(ride) for ride in self.roster.rides}


# -- shapes ----------------------------------------------------------------------------------------------


class WeighedRide(Shape):
    ride_id: int
    ride_name: str
    tier: Annotated[int, describe("2 when unclassified")]
    tier_weight: float


class RideDownNow(WeighedRide):
    status: str


class ScoreExcludedRide(WeighedRide):
    last_operated_at: Annotated[str | None, describe("UTC, without a zone")]
    exclusion_reason: str


class Contribution(WeighedRide):
    downtime_hours: float
    weighted_contribution: Annotated[float, describe("hours × weight: a part of the score's numerator")]
    status: Annotated[str, describe("today: right now; else DOWN")]
    days_with_downtime: Annotated[int | UnsetType, describe("week and month")] = UNSET


class ShameBreakdown(Shape):
    breakdown_type: Period
    shame_score: Annotated[float, describe("0 to 10; 0 when nothing was measured")]
    total_park_weight: Annotated[
        float,
        describe(
            "live: rides that operated within seven days; today and yesterday: that day; week and month: the listed"
            " rides"
        ),
    ]
    total_excluded_weight: float
    rides_excluded: Annotated[list[ScoreExcludedRide], describe("right now, whatever the period")]
    is_live: Annotated[bool | UnsetType, describe("live")] = UNSET
    last_updated: Annotated[str | UnsetType, describe("live; UTC, without a zone")] = UNSET
    park_is_open: Annotated[bool | UnsetType, describe("live")] = UNSET
    total_weighted_down: Annotated[float | UnsetType, describe("live")] = UNSET
    rides_down: Annotated[list[RideDownNow] | UnsetType, describe("live")] = UNSET
    tier_weights: Annotated[dict[str, int] | UnsetType, describe("live")] = UNSET
    total_downtime_hours: Annotated[float | UnsetType, describe("ride-hours; not live")] = UNSET
    weighted_downtime_hours: Annotated[float | UnsetType, describe("not live")] = UNSET
    rides: Annotated[list[Contribution] | UnsetType, describe("not live; most weighted hours first")] = UNSET
    rides_affected_count: Annotated[int | UnsetType, describe("not live")] = UNSET
    hours_tracked: Annotated[int | UnsetType, describe("today")] = UNSET
    avg_uptime_percentage: Annotated[float | UnsetType | None, describe("yesterday")] = UNSET
    rides_with_downtime: Annotated[int | UnsetType, describe("yesterday")] = UNSET
    avg_daily_downtime: Annotated[float | UnsetType, describe("week and month")] = UNSET
    days_tracked: Annotated[int | UnsetType, describe("week and month: days the park opened")] = UNSET
    days_in_period: Annotated[int | UnsetType, describe("the same")] = UNSET
    period_label: Annotated[str | UnsetType, describe("week and month")] = UNSET


class ParkChart(Shape):
    granularity: Annotated[str, describe(enum=("minutes", "hourly", "daily"))]
    labels: list[str]
    data: Annotated[list[float | None], describe("shame scores")]
    current: Annotated[float | UnsetType, describe("live")] = UNSET
    average: Annotated[float | UnsetType, describe("of the plotted scores; by days: of those above 0")] = UNSET
    shame_score: Annotated[float | UnsetType, describe("as in the breakdown; not live")] = UNSET
    rides_down: Annotated[list[int] | UnsetType, describe("rides with downtime; not live")] = UNSET
    avg_wait: Annotated[list[float | None] | UnsetType, describe("minutes; by hours")] = UNSET
    downtime_hours: Annotated[list[float] | UnsetType, describe("by days")] = UNSET


def plain_utc(instant: datetime) -> str:
    """ISO without a zone: UTC is implied (public-api 2.4)."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def breakdown_and_chart(view: ParkView, period: Period) -> tuple[ShameBreakdown, ParkChart]:
    """`shame_breakdown` and `chart_data` of a period; the rides excluded right now are reported in each (R-5.5)."""
    if period == Period.LIVE:
        return live_breakdown(view), live_chart(view)
    days = days_of(period, view.now, view.park.timezone)
    if period not in NO_DATA_LABELS:
        return day_breakdown_and_chart(view, days.first, hours_of_day(view, days.first))
    rows = open_days(view, days)
    breakdown = days_breakdown(view, period, days, rows)
    return breakdown, daily_chart(days, rows, breakdown.shame_score)


def day_breakdown_and_chart(view: ParkView, day: date, raw: ParkWindow) -> tuple[ShameBreakdown, ParkChart]:
    """What a local day's score is made of, and its hours: today from `raw`, its hours; before that as stored."""
    is_today = day == local_date(view.now, view.park.timezone)
    breakdown = today_breakdown(view, raw, day) if is_today else yesterday_breakdown(view, Days(day, day))
    return breakdown, hourly_chart(view, raw, day, is_today, breakdown.shame_score)


# -- live ------------------------------------------------------------------------------------------------


def live_breakdown(view: ParkView) -> ShameBreakdown:
    """The stored score of this moment (R-10.1) and the rides behind it; all zero when nothing is known."""
    state = view.state
    known = view.roster if state.seen else Roster([], [])
    down = rides_down(view) if state.seen and state.is_open else []
    return ShameBreakdown(
        breakdown_type=Period.LIVE,
        is_live=True,
        last_updated=plain_utc(view.latest.recorded_at) if view.latest else UNSET,
        park_is_open=bool(state.is_open),
        shame_score=number(state.shame_score or ZERO) if state.is_open else 0.0,
        total_park_weight=float(total_weight(known.counted)),
        total_weighted_down=sum((row.tier_weight for row in down), 0.0),
        rides_down=down,
        **excluded_rides(known, view.now),
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
    """The rides of the score's denominator that are down now (R-10.1); one query."""
    current = rides_now(Ride.objects.filter(pk__in=[ride.pk for ride in view.roster.counted]), view.now)
    return [
        RideDownNow(**weighed(ride), status=displayed_status(view.state, current[ride.pk]))
        for ride in view.roster.counted
        if ride.pk in current and current[ride.pk].is_down(view.park.reports_down)
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
        last_operated_at=None if last is None else plain_utc(last),
        exclusion_reason="Never operated" if days is None else f"Last operated {days} days ago",
    )


def live_chart(view: ParkView) -> ParkChart:
    """The stored scores of the last hour, with the park's own clock; one query."""
    rows = ParkActivitySnapshot.objects.filter(
        park=view.park, recorded_at__gte=view.now - LIVE_CHART, recorded_at__lte=view.now
    )
    points = list(rows.order_by("recorded_at").values_list("recorded_at", "shame_score"))
    scores = [score for _, score in points]
    zone = ZoneInfo(view.park.timezone)
    return ParkChart(
        granularity="minutes",
        labels=[f"{at.astimezone(zone):%H:%M}" for at, _ in points],
        data=[number(score) for score in scores],
        current=number(next((score for score in reversed(scores) if score is not None), ZERO)),
    )


# -- hours of a day --------------------------------------------------------------------------------------


def hours_of_day(view: ParkView, day: date) -> ParkWindow:
    """The park's active rides by the hour of a local day, up to now."""
    rides = [ride.pk for ride in view.roster.rides]
    window = Window(day, day)
    return park_window(view.park, rides, window, Bucket.HOUR_OF_DAY, view.now, read=waitless_ride_cells)


def day_members(raw: ParkWindow, weights: Mapping[int, int], day: date) -> list[tuple[RideMeasures, int]]:
    """The rides that operated on the day, each over all of its hours, with their weights."""
    members: dict[int, RideMeasures] = {}
    for (ride, _, _), measures in raw.rides.items():
        if (ride, day) in raw.operated:
            members.setdefault(ride, RideMeasures(ride, raw.park.pk)).add(measures)
    return [(measures, weights[ride]) for ride, measures in members.items()]


def today_breakdown(view: ParkView, raw: ParkWindow, day: date) -> ShameBreakdown:
    """R-10.2 from local midnight until now, with what each ride is doing now (A-14)."""
    members = day_members(raw, view.weights, day)
    window = window_score(members, sum(raw.open_seconds.values()))
    down = {measures.ride_id: Down(measures.down_seconds) for measures, _ in members if measures.down_seconds}
    current = rides_now(Ride.objects.filter(pk__in=list(down)), view.now)
    statuses = {ride: displayed_status(view.state, current.get(ride)) for ride in down}
    rides = contributions(view, down, statuses)
    tracked = sum(seconds > 0 for seconds in raw.open_seconds.values())
    return ShameBreakdown(
        breakdown_type=Period.TODAY,
        shame_score=number(window.score or ZERO),
        total_downtime_hours=number(hours(window.down_seconds)),
        weighted_downtime_hours=number(hours(window.weighted_down_seconds)),
        total_park_weight=float(window.weight),
        rides=rides,
        hours_tracked=tracked or UNSET,
        rides_affected_count=len(rides) if tracked else UNSET,
        **excluded_rides(view.roster, view.now),
    )


def hourly_chart(view: ParkView, raw: ParkWindow, day: date, is_today: bool, shame_score: float) -> ParkChart:
    """The hours in which the park was seen open, of a past day those of its schedule (R-6.6)."""
    opened = [hour for hour in HOURS_OF_DAY if raw.open_seconds.get((day, hour))]
    windows = [] if is_today else decided_windows({view.park: day})[view.park.pk]
    shown = chart_hours(windows, view.park.timezone, is_today, opened)
    kept = [hour for hour in opened if hour in shown]
    means = hourly_means(view.park, day, view.now)
    scores = [rounded(means.get(("shame_score", hour)), 1) for hour in kept]
    waits = [rounded(means.get(("avg_wait_time", hour)), 2) for hour in kept]
    down = rides_down_by_hour(raw, day)
    return ParkChart(
        granularity="hourly",
        labels=[hour_label(hour) for hour in kept],
        data=[number(score) for score in scores],
        rides_down=[down[hour] for hour in kept],
        avg_wait=[number(wait) for wait in waits],
        average=number(mean([score for score in scores if score is not None])),
        shame_score=shame_score,
    )


def rides_down_by_hour(raw: ParkWindow, day: date) -> Counter[BucketKey]:
    """Rides with downtime in each hour, of those that operated that day."""
    return Counter(
        hour for (ride, _, hour), measures in raw.rides.items() if raw.counted_down(ride, day, measures) > 0
    )


def hourly_means(park: Park, day: date, now: datetime) -> dict[tuple[str, BucketKey], Decimal]:
    """By column and hour: the stored scores (R-20.2) and waits (R-16.2) of the open park, weighted by time, not
    rounded; one query."""
    parts = list(until(pieces(Window(day, day), park.timezone), seconds(now)))
    cuts = slices(parts, Bucket.HOUR_OF_DAY, park.timezone)
    bounds = [(cut.start, cut.end) for cut in cuts]
    start, end = day_range(day, park.timezone)
    rows = ParkActivitySnapshot.objects.filter(park=park, recorded_at__gte=start, recorded_at__lt=end, **OPEN)
    totals: dict[tuple[str, BucketKey], Decimal] = defaultdict(Decimal)
    held: dict[tuple[str, BucketKey], int] = defaultdict(int)
    for at, length, *figures in rows.values_list("recorded_at", "duration_seconds", *HOURLY):
        began = seconds(at)
        for n, first, last in overlaps(began, began + length, bounds):
            for column, figure in zip(HOURLY, figures, strict=True):
                if figure is not None:
                    totals[column, cuts[n].key] += figure * (last - first)
                    held[column, cuts[n].key] += last - first
    return {place: total / held[place] for place, total in totals.items()}


def rounded(value: Decimal | None, digits: int) -> Decimal | None:
    return None if value is None else half_up(value, digits)


def mean(points: Sequence[Decimal]) -> Decimal:
    """Of the plotted points (R-20.2), one decimal; 0 without any."""
    return half_up(sum(points, ZERO) / len(points), 1) if points else ZERO


# -- days that have ended --------------------------------------------------------------------------------


def open_days(view: ParkView, days: Days) -> list[ParkDailyStats]:
    """The stored days on which the park opened; the others count in nothing (A-10). One query."""
    return list(park_rows([view.park], lambda zone: days).filter(OPENED).order_by("stat_date"))


def stored_days(park: Park, days: Collection[date]) -> dict[date, ParkDailyStats]:
    """The stored rows of some days of a park on which it opened, by day; one query."""
    rows = ParkDailyStats.objects.filter(
        OPENED, park=park, stat_date__in=days, metrics_version=settings.METRICS_VERSION
    )
    return {row.stat_date: row for row in rows}


@dataclass(frozen=True, slots=True)
class Down:
    """How long a ride was down, and on how many days."""

    seconds: int
    days: int = 1


def down_over(view: ParkView, days: Days) -> dict[int, Down]:
    """The active rides with downtime on stored days; one query."""
    rows = RideDailyStats.objects.filter(
        ride__in=view.roster.rides,
        stat_date__range=(days.first, days.last),
        metrics_version=settings.METRICS_VERSION,
    )
    down = Q(downtime_minutes__gt=0)
    found = rows.order_by().values("ride_id").annotate(minutes=Sum("downtime_minutes"), days=Count("pk", filter=down))
    return {row["ride_id"]: Down(row["minutes"] * 60, row["days"]) for row in found if row["days"]}


def contributions(view: ParkView, down: Mapping[int, Down], statuses: Mapping[int, str]) -> list[Contribution]:
    """What each ride adds to the score's numerator, most first (R-17.4)."""
    rides = [ride for ride in view.roster.rides if ride.pk in down]
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
    """The stored day (R-10.4)."""
    stored = next(iter(open_days(view, days)), None)
    rides = contributions(view, down_over(view, days), {})
    return ShameBreakdown(
        breakdown_type=Period.YESTERDAY,
        shame_score=number(day_score(stored.shame_score if stored else None)),
        total_downtime_hours=number(stored.total_downtime_hours if stored else ZERO),
        weighted_downtime_hours=number(stored.weighted_downtime_hours if stored else ZERO),
        total_park_weight=number(stored.effective_park_weight if stored else ZERO),
        rides_affected_count=len(rides),
        rides=rides,
        avg_uptime_percentage=number(rounded(stored.avg_uptime_percentage, 1)) if stored else UNSET,
        rides_with_downtime=stored.rides_with_downtime if stored else UNSET,
        **excluded_rides(view.roster, view.now),
    )


def days_breakdown(view: ParkView, period: Period, days: Days, stored: Sequence[ParkDailyStats]) -> ShameBreakdown:
    """The mean of the stored scores (R-10.4), 0 without a day on which the park opened; sums of the rest."""
    down, weights = down_over(view, days), view.weights
    rides = [replace(row, days_with_downtime=down[row.ride_id].days) for row in contributions(view, down, {})]
    weighted = sum(down[row.ride_id].seconds * weights[row.ride_id] for row in rides)
    total = sum((row.total_downtime_hours for row in stored), ZERO)
    score = period_score(ScoreDay(row.shame_score, row.operating_hours_minutes) for row in stored)
    dates = f"{days.first:%b %d} - {days.last:%b %d, %Y}"
    return ShameBreakdown(
        breakdown_type=period,
        shame_score=number(score or ZERO),
        total_downtime_hours=number(total),
        weighted_downtime_hours=number(hours(weighted)),
        total_park_weight=float(sum(row.tier_weight for row in rides)),
        days_tracked=len(stored),
        days_in_period=len(stored) or UNSET,
        avg_daily_downtime=number(half_up(total / len(stored), 2)) if stored else UNSET,
        period_label=dates if stored else NO_DATA_LABELS[period],
        rides_affected_count=len(rides),
        rides=rides,
        **excluded_rides(view.roster, view.now),
    )


def daily_chart(days: Days, stored: Sequence[ParkDailyStats], shame_score: float) -> ParkChart:
    """The stored scores of the days on which the park opened; the average leaves out days at 0."""
    labels = daily_labels(days)
    scores = [day_score(row.shame_score) for row in stored]
    return ParkChart(
        granularity="daily",
        labels=[labels[(row.stat_date - days.first).days] for row in stored],
        data=[number(score) for score in scores],
        rides_down=[row.rides_with_downtime for row in stored],
        downtime_hours=[number(row.total_downtime_hours) for row in stored],
        average=number(mean([score for score in scores if score > 0])),
        shame_score=shame_score,
    )
