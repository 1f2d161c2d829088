"""When a park was open on a local day: by its schedule, without one from first to last sight (R-6)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from core.instants import seconds
from core.intervals import clipped, merged
from core.zones import day_range
from parks.models import Park
from parks.opening_windows import opening_windows
from snapshots.models import ParkActivitySnapshot
from stats.measures.buckets import ParkBucket, Spans, park_buckets, stretches, within
from stats.measures.ride_measures import OPEN
from stats.measures.windows import SECONDS_A_DAY, Window, pieces

ParkDate = tuple[int, date]
ONE_DAY = timedelta(days=1)


def spans_by_day(
    parks: Sequence[Park], days: Sequence[date], sights: dict[ParkDate, Spans] | None = None
) -> dict[ParkDate, Spans]:
    """When parks of one zone were open on local days, given in order, by park and day; what nobody says is missing.

    `sights`: first to last sight on these days, when the caller has read them. One to three queries.
    """
    found = planned_spans(parks, days)
    if len(found) < len(parks) * len(days):
        seen = seen_spans(parks, days) if sights is None else sights
        found = {**seen, **found}
    return found


def planned_spans(parks: Sequence[Park], days: Sequence[date]) -> dict[ParkDate, Spans]:
    """The OPERATING windows of the schedules, cut to the local days they fall on (R-6.1)."""
    windows: dict[int, Spans] = defaultdict(list)
    # a night may reach into the next date, and a window may carry the date before it opens
    for window in opening_windows(parks, days[0] - ONE_DAY, days[-1] + ONE_DAY):
        windows[window.park_id].append((seconds(window.opening), seconds(window.closing)))
    found = {}
    for day in days if windows else ():
        start, end = map(seconds, day_range(day, parks[0].timezone))
        for park, spans in windows.items():
            inside = merged(clipped(spans, start, end))
            if inside:
                found[park, day] = inside
    return found


def seen_spans(parks: Sequence[Park], days: Sequence[date]) -> dict[ParkDate, Spans]:
    """From the first to the last sight of each open park on each of the days."""
    wanted = set(days)
    parts = [piece for piece in pieces(Window(days[0], days[-1]), parks[0].timezone) if piece.day in wanted]
    day_of = {piece.midnight: piece.day for piece in parts}
    rows = ParkActivitySnapshot.objects.filter(park__in=parks, **OPEN)
    found: dict[ParkDate, Spans] = {}
    for grid, ranges in stretches(parts, SECONDS_A_DAY):
        for cell in park_buckets(rows.filter(within(ranges)), grid):
            sight(found, day_of[cell.at], cell)
    return found


def last_seen_open(park: Park, now: datetime) -> datetime | None:
    """When the park was last seen open; None: never. One query."""
    seen = ParkActivitySnapshot.objects.filter(park=park, recorded_at__lte=now, **OPEN)
    return seen.order_by("-recorded_at").values_list("recorded_at", flat=True).first()


def sight(sights: dict[ParkDate, Spans], day: date, cell: ParkBucket) -> None:
    """Widen a park's span of a day so that it holds what was seen."""
    first, last = sights.get((cell.park_id, day), [(cell.first, cell.last)])[0]
    sights[cell.park_id, day] = [(min(first, cell.first), max(last, cell.last))]
