"""When a park was open on a local day: by its schedule, without one from first to last sight (R-6)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from core.instants import instant, seconds
from core.intervals import merged
from parks.models import Park
from parks.opening_windows import ParkDate, Plan, plans_of_days
from snapshots.models import ParkActivitySnapshot
from stats.measures.buckets import LASTING, ParkBucket, Spans, park_buckets, stretches, within
from stats.measures.ride_measures import OPEN
from stats.measures.windows import SECONDS_A_DAY, Window, pieces


def spans_by_day(
    parks: Sequence[Park], days: Sequence[date], sights: dict[ParkDate, Spans] | None = None
) -> dict[ParkDate, Spans]:
    """When parks of one zone were open on local days, given in order, by park and day; what nobody says is missing.

    Of a date with a schedule its windows count, of one without the first to the last sight, and the night of the date
    before (N-9). `sights`: first to last sight on these days, when the caller has read them. One to three queries,
    and two more where a planned night ends on a date without a schedule.
    """
    plans = plans_of_days(parks, days)
    found = {key: planned_spans(plan) for key, plan in plans.items() if plan.is_decided}
    if len(found) < len(parks) * len(days):
        seen = seen_spans(parks, days) if sights is None else sights
        nights = {key: planned_spans(plan) for key, plan in plans.items() if not plan.is_decided}
        found = {**seen, **after_nights(parks, nights), **found}
    return found


def open_seconds_by_day(park: Park, days: Sequence[date], end: datetime) -> dict[date, int]:
    """For how long a park was open on each of the days, observed or not, up to `end`; queries as `spans_by_day`."""
    return {day: found for (_, day), found in open_seconds_of([park], days, end).items()}


def open_seconds_of(parks: Sequence[Park], days: Sequence[date], end: datetime) -> dict[ParkDate, int]:
    """The same of parks of one zone."""
    spans, last = spans_by_day(parks, days), seconds(end)
    return {
        (park.pk, day): sum(min(stop, last) - start for start, stop in spans.get((park.pk, day), []) if start < last)
        for park in parks
        for day in days
    }


def planned_spans(plan: Plan) -> Spans:
    """The windows of a local day (R-6.1)."""
    return merged([(seconds(opening), seconds(closing)) for opening, closing in plan.windows])


def after_nights(parks: Sequence[Park], nights: dict[ParkDate, Spans]) -> dict[ParkDate, Spans]:
    """Of dates without a schedule the night before, then the first to the last sight after it; two queries a day.

    A sight of the night is none of the day: the park was closed in between.
    """
    found = {}
    by_id = {park.pk: park for park in parks}
    for (pk, day), night in nights.items():
        over = instant(night[-1][1])
        seen = seen_spans([by_id[pk]], [day], recorded_at__gt=over).get((pk, day), [])
        found[pk, day] = merged([*night, *seen])
    return found


def seen_spans(parks: Sequence[Park], days: Sequence[date], **only: Any) -> dict[ParkDate, Spans]:
    """From the first to the last sight of each open park on each of the days, in the rows that `only` describes."""
    wanted = set(days)
    parts = [piece for piece in pieces(Window(days[0], days[-1]), parks[0].timezone) if piece.day in wanted]
    day_of = {piece.midnight: piece.day for piece in parts}
    rows = ParkActivitySnapshot.objects.filter(park__in=parks, **OPEN, **only)
    found: dict[ParkDate, Spans] = {}
    for grid, ranges in stretches(parts, SECONDS_A_DAY):
        for cell in park_buckets(rows.filter(within(ranges)), grid):
            sight(found, day_of[cell.at], cell)
    return found


def last_seen_open(park: Park, now: datetime) -> datetime | None:
    """When the park was last seen open; None: never. One query."""
    seen = ParkActivitySnapshot.objects.filter(LASTING, park=park, recorded_at__lte=now, **OPEN)
    return seen.order_by("-recorded_at").values_list("recorded_at", flat=True).first()


def sight(sights: dict[ParkDate, Spans], day: date, cell: ParkBucket) -> None:
    """Widen a park's span of a day so that it holds what was seen."""
    first, last = sights.get((cell.park_id, day), [(cell.first, cell.last)])[0]
    sights[cell.park_id, day] = [(min(first, cell.first), max(last, cell.last))]
