"""Everything about one park for its page (public-api 4.6): identity, rides by tier, hours open, state, score."""

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated

from core.instants import instant, seconds
from core.periods import ONE_DAY, Period, days_of
from core.rounding import half_up
from core.shapes import UNSET, Shape, UnsetType, describe
from core.zones import local_date
from parks.models import Park, Ride
from snapshots.current import park_now, rides_now
from snapshots.models import ParkActivitySnapshot
from stats.answers.park_breakdown import (
    ParkChart,
    ParkView,
    ShameBreakdown,
    attractions_among,
    breakdown_and_chart,
    plain_utc,
)
from stats.measures.buckets import park_buckets, stretches, within
from stats.measures.ride_measures import OPEN, ParkOpening, hours
from stats.measures.windows import SECONDS_A_DAY, Window, pieces
from stats.readings.identity import Dated, dates_of, number
from stats.readings.roster import roster_of, tier_of, total_weight, zulu

SESSION_DAYS = timedelta(days=30)
MOST_SESSIONS = 7


class ParkIdentity(Shape):
    park_id: int
    name: str
    location: str
    operator: str | None
    timezone: Annotated[str, describe("IANA name; days and hours are those of this zone")]
    queue_times_url: Annotated[str | None, describe(format="uri")]


class TierDistribution(Shape):
    park_id: int
    park_name: str
    tier_1_count: int
    tier_2_count: int
    tier_3_count: int
    unclassified_count: int
    total_rides: Annotated[int, describe("active rides of every category")]


class OperatingSession(Shape):
    park_id: int
    date: Annotated[str, describe("park-local", format="date")]
    first_open_at: Annotated[str, describe("UTC, without a zone")]
    last_open_at: Annotated[str, describe("UTC, without a zone")]
    operating_hours: float
    snapshot_count: int


class CurrentStatus(Shape):
    """Right now; nulls when nothing was heard of the park within two hours."""

    park_id: int
    park_name: str
    is_open: bool | None
    last_updated: Annotated[str | None, describe("the newest observation, of any age; UTC, without a zone")]
    operating: Annotated[int | None, describe("the same as rides_open")]
    rides_open: Annotated[int | None, describe("of every category, in the newest observation of the park")]
    rides_closed: int | None
    total_rides: int
    avg_wait_time: Annotated[
        float | None, describe("minutes: mean of the posted waits above 0 of its operating attractions; null: none")
    ]
    max_wait_time: int | None


class AboutPark(Dated):
    as_of: Annotated[
        str | UnsetType | None,
        describe("live and today: the newest observation, ISO, UTC; null: none", format="date-time"),
    ] = UNSET
    park: ParkIdentity
    tier_distribution: TierDistribution
    operating_sessions: list[OperatingSession]
    current_status: CurrentStatus
    excluded_rides_count: int
    effective_park_weight: int
    shame_breakdown: ShameBreakdown
    chart_data: ParkChart


def park_details(park: Park, period: Period, now: datetime) -> AboutPark:
    """What `/api/parks/{park_id}/details` says, apart from `success` and `period`.

    At most 18 queries, 3 more for a day on which the clock is changed.
    """
    view = view_of(park, now)
    breakdown, chart = breakdown_and_chart(view, period)
    as_of: str | UnsetType | None = UNSET
    if period in (Period.LIVE, Period.TODAY):
        as_of = zulu(view.latest.recorded_at) if view.latest else None
    return AboutPark(
        **dates_of(days_of(period, now, park.timezone), park.timezone, now),
        as_of=as_of,
        park=identity(park),
        tier_distribution=tier_distribution(view),
        operating_sessions=operating_sessions(park, now),
        current_status=current_status(view),
        excluded_rides_count=len(view.roster.excluded),
        effective_park_weight=total_weight(view.roster.counted),
        shame_breakdown=breakdown,
        chart_data=chart,
    )


def view_of(park: Park, now: datetime) -> ParkView:
    """The park with its rides and their states at `now`; four queries."""
    activity = ParkActivitySnapshot.objects.filter(park=park, recorded_at__lte=now)
    latest = activity.order_by("-recorded_at").first()
    roster = roster_of(park, now)
    rides = rides_now(Ride.objects.filter(pk__in=[ride.pk for ride in roster.rides]), now) if roster.rides else {}
    return ParkView(park, roster, park_now(park, latest, now), latest, rides, now)


def identity(park: Park) -> ParkIdentity:
    return ParkIdentity(
        park_id=park.pk,
        name=park.name,
        location=park.location,
        operator=park.operator,
        timezone=park.timezone,
        queue_times_url=park.queue_times_url,
    )


def tier_distribution(view: ParkView) -> TierDistribution:
    """Active rides of every category by their tier."""
    tiers = Counter(tier_of(ride) for ride in view.roster.rides)
    return TierDistribution(
        park_id=view.park.pk,
        park_name=view.park.name,
        tier_1_count=tiers[1],
        tier_2_count=tiers[2],
        tier_3_count=tiers[3],
        unclassified_count=tiers[None],
        total_rides=tiers.total(),
    )


def current_status(view: ParkView) -> CurrentStatus:
    """Open or not by R-6.4; the counters are those of the newest observation, unless it is too old (N-6)."""
    latest = view.latest if view.state.is_open is not None else None
    waits = posted_waits(view)
    average = half_up(Decimal(sum(waits)) / len(waits), 2) if waits else None
    return CurrentStatus(
        park_id=view.park.pk,
        park_name=view.park.name,
        is_open=view.state.is_open,
        last_updated=plain_utc(view.latest.recorded_at) if view.latest else None,
        operating=latest.rides_open if latest else None,
        rides_open=latest.rides_open if latest else None,
        rides_closed=latest.rides_closed if latest else None,
        total_rides=len(view.roster.rides),
        avg_wait_time=number(average),
        max_wait_time=max(waits, default=None),
    )


def posted_waits(view: ParkView) -> list[int]:
    """The newest waits above 0 of the operating attractions of an open park (N-4)."""
    if not view.state.is_open:
        return []
    attractions = [view.rides[pk] for pk in attractions_among(view.roster.rides) if pk in view.rides]
    return [ride.wait for ride in attractions if ride.is_operating and ride.wait]


def operating_sessions(park: Park, now: datetime) -> list[OperatingSession]:
    """The last seven dates of the park, at most thirty days back, on which it was seen open; one query or two.

    Most parks open every day: a week is read first, and what lies before it for those alone that did not.
    """
    today, week, month = (
        local_date(now - back, park.timezone) for back in (timedelta(0), timedelta(days=MOST_SESSIONS), SESSION_DAYS)
    )
    sessions = sessions_between(park, Window(week, today), now)
    if len(sessions) < MOST_SESSIONS:
        sessions |= sessions_between(park, Window(month, week - ONE_DAY), now)
    return [session_row(park, day, sessions[day]) for day in sorted(sessions, reverse=True)[:MOST_SESSIONS]]


def sessions_between(park: Park, window: Window, now: datetime) -> dict[str, ParkOpening]:
    """The dates of the window on which the park was seen open; one query, two where the clock was changed."""
    opened = ParkActivitySnapshot.objects.filter(park=park, recorded_at__lt=now, **OPEN)
    sessions: dict[str, ParkOpening] = {}
    for grid, ranges in stretches(pieces(window, park.timezone), SECONDS_A_DAY):
        for cell in park_buckets(opened.filter(within(ranges)), grid):
            day = local_date(instant(cell.first), park.timezone).isoformat()
            session = sessions.setdefault(day, ParkOpening(first=cell.first, last=cell.last))
            session.rows += cell.rows
            session.first = min(session.first or cell.first, cell.first)
            session.last = min(seconds(now), max(session.last or cell.last, cell.last))
    return sessions


def session_row(park: Park, day: str, session: ParkOpening) -> OperatingSession:
    first, last = session.first or 0, session.last or 0
    return OperatingSession(
        park_id=park.pk,
        date=day,
        first_open_at=plain_utc(instant(first)),
        last_open_at=plain_utc(instant(last)),
        operating_hours=number(hours(last - first)),
        snapshot_count=session.rows,
    )
