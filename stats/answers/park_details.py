"""Everything about one park for its page (public-api 4.6): identity, rides by tier, hours open, state, score."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Annotated

from core.instants import instant, seconds
from core.periods import ONE_DAY, Period
from core.shapes import UNSET, Shape, UnsetType, describe
from core.zones import local_date
from parks.models import Park
from snapshots.current import park_now
from snapshots.models import ParkActivitySnapshot
from stats.answers.park_breakdown import ParkChart, ParkView, ShameBreakdown, breakdown_and_chart, plain_utc
from stats.measures.buckets import park_buckets, stretches, within
from stats.measures.ride_measures import OPEN, ParkOpening, hours
from stats.measures.windows import SECONDS_A_DAY, Window, pieces
from stats.readings.identity import number
from stats.readings.roster import roster_of, tier_of, total_weight

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
    park_id: int
    park_name: str
    is_open: bool
    last_updated: Annotated[str | None, describe("UTC, without a zone")]
    operating: Annotated[int, describe("the same as rides_open")]
    rides_open: int
    rides_closed: int
    total_rides: int
    avg_wait_time: Annotated[float | UnsetType | None, describe("absent: never observed")] = UNSET
    max_wait_time: int | UnsetType | None = UNSET


class AboutPark(Shape):
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

    At most 13 queries, 3 more for a day on which the clock is changed.
    """
    view = view_of(park, now)
    breakdown, chart = breakdown_and_chart(view, period)
    return AboutPark(
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
    """The park with its rides and its state at `now`; three queries."""
    activity = ParkActivitySnapshot.objects.filter(park=park, recorded_at__lte=now)
    latest = activity.order_by("-recorded_at").first()
    return ParkView(park, roster_of(park, now), park_now(park, latest, now), latest, now)


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
    """Open or not by R-6.4; the rest is the newest observation of the park, of any age."""
    latest = view.latest
    return CurrentStatus(
        park_id=view.park.pk,
        park_name=view.park.name,
        is_open=bool(view.state.is_open),
        last_updated=plain_utc(latest.recorded_at) if latest else None,
        operating=latest.rides_open if latest else 0,
        rides_open=latest.rides_open if latest else 0,
        rides_closed=latest.rides_closed if latest else 0,
        total_rides=len(view.roster.rides) if latest else 0,
        avg_wait_time=number(latest.avg_wait_time) if latest else UNSET,
        max_wait_time=latest.max_wait_time if latest else UNSET,
    )


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
