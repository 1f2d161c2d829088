"""How much of each park's day was observed (public-api 5.3 `coverage`)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from django.db.models import Case, IntegerField, Sum, Value, When

from core.periods import ONE_DAY, Days
from core.rounding import half_up
from core.shapes import Shape, describe
from core.zones import day_range
from parks.models import Park
from parks.opening_windows import plans_of_days
from snapshots.models import DataQualityLog, LogType, ParkActivitySnapshot
from snapshots.quality.selection import PARK, Selection, parts_of

# Days distinguished in one query.
DAYS_A_QUERY = 31
Key = tuple[int, date]


class CoveredDay(Shape):
    park_id: int
    park_name: str
    date: Annotated[str, describe("park-local", format="date")]
    planned_minutes: Annotated[
        int | None, describe("opening hours until now, by the stored schedule; null: none is stored")
    ]
    open_minutes: Annotated[int, describe("observed, with the park open")]
    observed_minutes: int
    by_source: Annotated[dict[str, int], describe("observed minutes, LIVE and ARCHIVE")]
    gaps: Annotated[int, describe("in the log, of at least min_gap_hours")]
    gap_minutes: int
    coverage_pct: Annotated[
        float | None,
        describe("observed share of the planned hours; without a plan, of what is observed or a gap; null: neither"),
    ]


@dataclass(slots=True)
class DayCovered:
    """Seconds of one park-local day."""

    planned: int | None = None  # None: no opening hours are stored
    open: int = 0
    observed: int = 0
    by_source: dict[str, int] = field(default_factory=dict)
    gaps: int = 0
    silent: int = 0

    def percentage(self) -> float | None:
        """Of the planned opening hours that were observed as open; without a plan, of what is known to be either
        observed or a gap. None: there is nothing to compare with."""
        seen, whole = (self.open, self.planned) if self.planned else (self.observed, self.observed + self.silent)
        return float(half_up(Decimal(100 * min(1.0, seen / whole)), 1)) if whole else None


def coverage_by_day(asked: Selection, parks: Sequence[Park]) -> list[CoveredDay]:
    """A row for each park and each of its days that has begun, the latest first; three queries per zone and month."""
    found: dict[Key, DayCovered] = {}
    by_zone: dict[str, list[Park]] = defaultdict(list)
    for park in parks:
        by_zone[park.timezone].append(park)
    for zone, members in by_zone.items():
        for days in months(begun_days(asked, zone)):
            found |= days_covered(asked, zone, members, days)
    names = {park.pk: park.name for park in parks}
    ordered = sorted(found, key=lambda key: (-key[1].toordinal(), names[key[0]], key[0]))
    return [day_row(*key, names[key[0]], found[key]) for key in ordered]


def day_row(park: int, day: date, name: str, cell: DayCovered) -> CoveredDay:
    return CoveredDay(
        park_id=park,
        park_name=name,
        date=day.isoformat(),
        planned_minutes=None if cell.planned is None else cell.planned // 60,
        open_minutes=cell.open // 60,
        observed_minutes=cell.observed // 60,
        by_source={source: seconds // 60 for source, seconds in sorted(cell.by_source.items())},
        gaps=cell.gaps,
        gap_minutes=cell.silent // 60,
        coverage_pct=cell.percentage(),
    )


def begun_days(asked: Selection, zone: str) -> list[date]:
    days = asked.days_in(zone) or Days(date.min, date.min)
    count = (days.last - days.first).days + 1
    wanted = (days.first + n * ONE_DAY for n in range(count))
    return [day for day in wanted if day_range(day, zone)[0] <= asked.now]


def months(days: Sequence[date]) -> Iterator[Sequence[date]]:
    for n in range(0, len(days), DAYS_A_QUERY):
        yield days[n : n + DAYS_A_QUERY]


def days_covered(asked: Selection, zone: str, parks: Sequence[Park], days: Sequence[date]) -> dict[Key, DayCovered]:
    """What is known of these consecutive days of parks in one zone."""
    ranges = {day: day_range(day, zone) for day in days}
    found = {(park.pk, day): DayCovered() for park in parks for day in days}
    for park, n, source, is_open, seconds in observed_seconds(parks, list(ranges.values()), asked.now):
        cell = found[park, days[n]]
        cell.observed += seconds
        cell.open += seconds if is_open else 0
        cell.by_source[source] = cell.by_source.get(source, 0) + seconds
    for park, day, seconds in planned_seconds(parks, days, asked.now):
        found[park, day].planned = seconds
    for park, start, end in logged_gaps(asked, parks, Days(days[0], days[-1])):
        for day, (begin, finish) in ranges.items():
            seconds = int((min(end, finish) - max(start, begin)).total_seconds())
            if seconds > 0:
                found[park, day].gaps += 1
                found[park, day].silent += seconds
    return found


def observed_seconds(
    parks: Iterable[Park], ranges: Sequence[tuple[datetime, datetime]], now: datetime
) -> Iterable[tuple[int, int, str, bool, int]]:
    """(park, number of the day, source, was it open, seconds); one query. No row reaches over a midnight."""
    rows = ParkActivitySnapshot.objects.filter(
        park__in=parks, recorded_at__gte=ranges[0][0], recorded_at__lt=min(ranges[-1][1], now)
    )
    day = Case(
        *(When(recorded_at__lt=end, then=Value(n)) for n, (_, end) in enumerate(ranges)), output_field=IntegerField()
    )
    grouped = rows.order_by().values_list("park_id", day, "data_source", "park_appears_open")
    return grouped.annotate(seconds=Sum("duration_seconds"))


def planned_seconds(parks: Collection[Park], days: Sequence[date], now: datetime) -> Iterator[tuple[int, date, int]]:
    """(park, day, seconds of it that it planned to be open until now) of the days that its schedule decides (N-9); one
    query."""
    for (park, day), plan in plans_of_days(parks, days).items():
        if plan.is_decided:
            spans = ((opening, min(closing, now)) for opening, closing in plan.windows)
            yield park, day, sum(max(0, int((closing - opening).total_seconds())) for opening, closing in spans)


def logged_gaps(asked: Selection, parks: Sequence[Park], days: Days) -> Iterator[tuple[int, datetime, datetime]]:
    """(park, start, end) of each park's gaps in the log that reach into the days; those that last end now."""
    known = {park.pk for park in parks}
    # Of several parks the window is the better index.
    window = Selection(asked.now, days=days, least=asked.least, park=parks[0] if len(parks) == 1 else None)
    for part in parts_of(DataQualityLog.objects.filter(issue_type=LogType.GAP), window):
        for kind, park, start, end in part.values_list("entity_type", "entity_id", "timestamp_start", "timestamp_end"):
            if kind == PARK and park in known:
                yield park, start, end or asked.now
