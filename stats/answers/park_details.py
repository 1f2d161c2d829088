"""Everything about one park for its page (public-api 4.6): identity, rides by tier, hours open, state, score."""

from collections import Counter
from datetime import datetime, timedelta

from core.instants import instant, seconds
from core.periods import ONE_DAY, Period
from core.zones import local_date
from parks.models import Park
from snapshots.current import park_now
from snapshots.models import ParkActivitySnapshot
from stats.answers.park_breakdown import ParkView, breakdown_and_chart, plain_utc
from stats.measures.cells import park_cells, stretches, within
from stats.measures.measures import OPEN, ParkOpening, hours
from stats.measures.windows import SECONDS_A_DAY, Window, pieces
from stats.readings.identity import Row, number
from stats.readings.roster import roster_of, tier_of, total_weight

SESSION_DAYS = timedelta(days=30)
MOST_SESSIONS = 7


def park_details(park: Park, period: Period, now: datetime) -> Row:
    """What `/api/parks/{park_id}/details` tells, apart from `success` and `period`.

    At most 13 queries, 3 more for a day on which the clock is changed.
    """
    view = view_of(park, now)
    breakdown, chart = breakdown_and_chart(view, period)
    return {
        "park": identity(park),
        "tier_distribution": tier_distribution(view),
        "operating_sessions": operating_sessions(park, now),
        "current_status": current_status(view),
        "excluded_rides_count": len(view.roster.excluded),
        "effective_park_weight": total_weight(view.roster.counted),
        "shame_breakdown": breakdown,
        "chart_data": chart,
    }


def view_of(park: Park, now: datetime) -> ParkView:
    """The park with its rides and its state at `now`; three queries."""
    activity = ParkActivitySnapshot.objects.filter(park=park, recorded_at__lte=now)
    latest = activity.order_by("-recorded_at").first()
    return ParkView(park, roster_of(park, now), park_now(park, latest, now), latest, now)


def identity(park: Park) -> Row:
    return {
        "park_id": park.pk,
        "name": park.name,
        "location": park.location,
        "operator": park.operator,
        "timezone": park.timezone,
        "queue_times_url": park.queue_times_url,
    }


def tier_distribution(view: ParkView) -> Row:
    """Active rides of every category by their tier."""
    tiers = Counter(tier_of(ride) for ride in view.roster.rides)
    return {
        "park_id": view.park.pk,
        "park_name": view.park.name,
        **{f"tier_{tier}_count": tiers[tier] for tier in (1, 2, 3)},
        "unclassified_count": tiers[None],
        "total_rides": tiers.total(),
    }


def current_status(view: ParkView) -> Row:
    """Open or not by R-6.4; the rest is the newest observation of the park, of any age."""
    latest = view.latest
    status = {
        "park_id": view.park.pk,
        "park_name": view.park.name,
        "is_open": bool(view.state.is_open),
        "last_updated": plain_utc(latest.recorded_at) if latest else None,
        "operating": latest.rides_open if latest else 0,
        "rides_open": latest.rides_open if latest else 0,
        "rides_closed": latest.rides_closed if latest else 0,
        "total_rides": len(view.roster.rides) if latest else 0,
    }
    if latest:
        status |= {"avg_wait_time": number(latest.avg_wait_time), "max_wait_time": latest.max_wait_time}
    return status


def operating_sessions(park: Park, now: datetime) -> list[Row]:
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
        for cell in park_cells(opened.filter(within(ranges)), grid):
            day = local_date(instant(cell.first), park.timezone).isoformat()
            session = sessions.setdefault(day, ParkOpening(first=cell.first, last=cell.last))
            session.rows += cell.rows
            session.first = min(session.first or cell.first, cell.first)
            session.last = min(seconds(now), max(session.last or cell.last, cell.last))
    return sessions


def session_row(park: Park, day: str, session: ParkOpening) -> Row:
    first, last = session.first or 0, session.last or 0
    return {
        "park_id": park.pk,
        "date": day,
        "first_open_at": plain_utc(instant(first)),
        "last_open_at": plain_utc(instant(last)),
        "operating_hours": number(hours(last - first)),
        "snapshot_count": session.rows,
    }
