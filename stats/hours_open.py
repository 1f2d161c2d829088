"""When a park was open on a local day: by its schedule, without one from first to last sight (R-6)."""

from collections.abc import Sequence
from datetime import date, timedelta

from parks.models import Park, ParkSchedule, ScheduleType
from parks.zones import day_range
from snapshots.models import ParkActivitySnapshot
from stats.cells import ParkCell, Spans, park_cells, stretches, within
from stats.measures import OPEN
from stats.windows import SECONDS_A_DAY, Window, pieces, seconds_of

ONE_DAY = timedelta(days=1)


def spans_by_day(park: Park, days: Sequence[date], sights: dict[date, Spans] | None = None) -> dict[date, Spans]:
    """When a park was open on local days, given in order; days on which nothing tells are missing.

    `sights`: first to last sight on these days, when the caller has read them. One to three queries.
    """
    found = planned_spans(park, days)
    unplanned = {day for day in days if day not in found}
    if unplanned:
        seen = seen_spans(park, unplanned) if sights is None else sights
        found |= {day: spans for day, spans in seen.items() if day in unplanned}
    return found


def planned_spans(park: Park, days: Sequence[date]) -> dict[date, Spans]:
    """The OPERATING windows of a schedule, cut to the local days they fall on (R-6.1)."""
    if not days:
        return {}
    rows = ParkSchedule.objects.filter(
        park=park,
        schedule_type=ScheduleType.OPERATING,
        # a night may reach into the next date, and a window may carry the date before it opens
        schedule_date__range=(days[0] - ONE_DAY, days[-1] + ONE_DAY),
    ).order_by("opening_time")
    windows = [(seconds_of(a), seconds_of(b)) for a, b in rows.values_list("opening_time", "closing_time") if a and b]
    found = {}
    for day in days if windows else ():
        start, end = map(seconds_of, day_range(day, park.timezone))
        spans = merged([(max(a, start), min(b, end)) for a, b in windows if a < end and b > start])
        if spans:
            found[day] = spans
    return found


def seen_spans(park: Park, days: set[date]) -> dict[date, Spans]:
    """From the first to the last sight of the open park on each of the days."""
    window = Window(min(days), max(days))
    parts = [piece for piece in pieces(window, park.timezone) if piece.day in days]
    day_of = {piece.midnight: piece.day for piece in parts}
    rows = ParkActivitySnapshot.objects.filter(park=park, **OPEN)
    found: dict[date, Spans] = {}
    for grid, ranges in stretches(parts, SECONDS_A_DAY):
        for cell in park_cells(rows.filter(within(ranges)), grid):
            day = day_of[cell.at] if cell.is_whole else day_of[cell.at - (cell.at - grid.anchor) % SECONDS_A_DAY]
            sight(found, day, cell)
    return found


def sight(sights: dict[date, Spans], day: date, cell: ParkCell) -> None:
    """Widen a day's span so that it holds what was seen."""
    first, last = sights.get(day, [(cell.first, cell.last)])[0]
    sights[day] = [(min(first, cell.first), max(last, cell.last))]


def merged(spans: Spans) -> Spans:
    """The same time in spans that do not touch; `spans` in order of their starts."""
    found: Spans = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        elif start < end:
            found.append((start, end))
    return found


def length(spans: Spans) -> int:
    return sum(end - start for start, end in spans)


def overlap(spans: Spans, start: int, end: int) -> int:
    """Seconds of [start, end) that lie in the spans."""
    return sum(max(0, min(b, end) - max(a, start)) for a, b in spans)
