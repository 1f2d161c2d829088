"""Any window from raw observations (R-16): what each ride did and how long its park was open, per local day
and bucket, in the park's own zone."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery, Value

from parks.models import Park, Ride
from parks.zones import day_range
from snapshots.models import ParkActivitySnapshot, RideStatusSnapshot
from snapshots.status import down, operating
from stats.cells import RANGES_A_QUERY, RideCell, instant, joined, overlaps, park_cells, ride_cells, stretches, within
from stats.expressions import SecondsSince, WholeDivision
from stats.hours_open import Spans, overlap, sight, spans_by_day
from stats.measures import OPEN, RideMeasures, StatusCounts
from stats.windows import SECONDS_A_DAY, Bucket, BucketKey, Piece, Slice, Window, pieces, seconds_of, slices

# Local midnights fall on multiples of this everywhere.
QUARTER_HOUR = 900

Place = tuple[date, BucketKey]


@dataclass(slots=True)
class ParkWindow:
    """One park over a window: measures by (ride, day, bucket), and open seconds by (day, bucket)."""

    park: Park
    rides: dict[tuple[int, date, BucketKey], RideMeasures] = field(default_factory=dict)
    open_seconds: dict[Place, int] = field(default_factory=dict)  # observed open
    planned_seconds: dict[Place, int] = field(default_factory=dict)  # open, observed or not
    operated: set[tuple[int, date]] = field(default_factory=set)

    def counted_down(self, ride: int, day: date, measures: RideMeasures) -> int:
        """Seconds of downtime: none for a ride that did not operate that day."""
        return measures.down_seconds if (ride, day) in self.operated else 0


def park_window(
    park: Park, rides: Sequence[int], window: Window, bucket: Bucket, now: datetime, days: set[date] | None = None
) -> ParkWindow:
    """Measure rides of a park over a window, up to `now`; `days` restricts it to some of its local dates."""
    parts = [
        piece for piece in until(pieces(window, park.timezone), seconds_of(now)) if days is None or piece.day in days
    ]
    result = ParkWindow(park)
    if not parts or not rides:
        return result
    cuts = slices(parts, bucket, park.timezone)
    fill_rides(result, rides, parts, cuts, bucket)
    fill_openings(result, parts, cuts, bucket)
    find_operated(result, parts, now)
    return result


def until(parts: Iterable[Piece], end: int) -> Iterator[Piece]:
    for piece in parts:
        if piece.start < end:
            yield piece if piece.end <= end else Piece(piece.day, piece.start, end, piece.midnight)


# -- reading ---------------------------------------------------------------------------------------------


def fill_rides(
    result: ParkWindow, rides: Sequence[int], parts: Sequence[Piece], cuts: Sequence[Slice], bucket: Bucket
) -> None:
    places = {cut.cell: cut for cut in cuts}
    bounds = [(cut.start, cut.end) for cut in cuts]
    counts = StatusCounts({result.park.pk: result.park.reports_down})
    begun: dict[int, set[int]] = defaultdict(set)  # rides with a row that begins exactly where a range begins
    rows = RideStatusSnapshot.objects.filter(ride__in=rides)

    def take(cell: RideCell) -> None:
        if cell.park_id != result.park.pk:
            return  # the ride stood elsewhere then
        state = counts.of(cell)
        if cell.is_whole:
            add(result, cell, places[cell.at], cell.seconds, state)
        else:
            for n, seconds in overlaps(cell, bounds):
                add(result, cell, cuts[n], seconds, state)

    starts: list[int] = []
    for grid, ranges in stretches(parts, bucket.unit):
        starts += [start for start, _ in ranges]
        for cell in ride_cells(rows.filter(within(ranges)), grid):
            begun[cell.first].add(cell.ride_id)
            take(cell)
    ends = {piece.end for piece in parts}
    for start in starts:
        late = [ride for ride in rides if ride not in begun[start]]
        if late and start not in ends and start not in midnights(parts):
            for cell in reaching_in(late, start):
                take(cell)


def midnights(parts: Sequence[Piece]) -> set[int]:
    """No observation reaches over a local midnight (ADR 2)."""
    return {piece.midnight for piece in parts}


def add(result: ParkWindow, cell: RideCell, cut: Slice, seconds: int, state: tuple[bool, bool]) -> None:
    key = cell.ride_id, cut.day, cut.key
    measures = result.rides.get(key)
    if measures is None:
        measures = result.rides[key] = RideMeasures(cell.ride_id, cell.park_id)
    measures.take(cell, seconds, *state)


def reaching_in(rides: Sequence[int], start: int) -> Iterator[RideCell]:
    """Rows that begin before `start` and last beyond it: of each ride only the latest one can."""
    before = RideStatusSnapshot.objects.filter(
        ride=OuterRef("pk"), recorded_at__lt=instant(start), recorded_at__gte=instant(start - SECONDS_A_DAY - 3600)
    ).order_by("-recorded_at")
    latest = Ride.objects.filter(pk__in=rides).annotate(at=Subquery(before.values("recorded_at")[:1]))
    pairs = Q(pk__in=[])
    for ride, at in latest.values_list("pk", "at"):
        if at is not None:
            pairs |= Q(ride=ride, recorded_at=at)
    columns = (
        "ride_id",
        "park_id",
        "status",
        "computed_is_open",
        "park_appears_open",
        "wait_time",
        "recorded_at",
        "duration_seconds",
    )
    for ride, park, status, is_open, park_is_open, wait, at, seconds in RideStatusSnapshot.objects.filter(
        pairs
    ).values_list(*columns):
        began = seconds_of(at)
        if began + seconds > start:
            yield RideCell(
                ride, park, status, is_open, park_is_open, wait, False, began, 1, seconds, began, began + seconds
            )


def fill_openings(result: ParkWindow, parts: Sequence[Piece], cuts: Sequence[Slice], bucket: Bucket) -> None:
    """How long the park was seen open, and how long it was (unknown time is the difference)."""
    places = {cut.cell: cut for cut in cuts}
    bounds = [(cut.start, cut.end) for cut in cuts]
    seen: dict[Place, int] = defaultdict(int)
    sights: dict[date, Spans] = {}
    rows = ParkActivitySnapshot.objects.filter(park=result.park, **OPEN)
    for grid, ranges in stretches(parts, bucket.unit):
        for cell in park_cells(rows.filter(within(ranges)), grid):
            whole = [(places[cell.at], cell.seconds)] if cell.is_whole else []
            for cut, seconds in whole or [(cuts[n], seconds) for n, seconds in overlaps(cell, bounds)]:
                seen[cut.day, cut.key] += seconds
                sight(sights, cut.day, cell)
    for (_, day, key), measures in result.rides.items():
        # A park without activity rows was open for as long as its rides say.
        seen[day, key] = max(seen[day, key], measures.open_seconds)
    result.open_seconds = dict(seen)
    days = sorted({piece.day for piece in parts})
    spans = spans_by_day(result.park, days, sights if whole_days(parts, result.park.timezone) == set(days) else None)
    planned: dict[Place, int] = defaultdict(int)
    for cut in cuts:
        planned[cut.day, cut.key] += overlap(spans.get(cut.day, []), cut.start, cut.end)
    result.planned_seconds = {
        place: max(planned.get(place, 0), seen.get(place, 0)) for place in planned.keys() | seen.keys()
    }


# -- who operated ----------------------------------------------------------------------------------------


def find_operated(result: ParkWindow, parts: Sequence[Piece], now: datetime) -> None:
    """R-5.3 per local day: in the window itself, else anywhere in the day (up to `now`)."""
    park = result.park
    whole = whole_days(parts, park.timezone)
    seen = {(ride, day) for ride, day, _ in result.rides}
    for (ride, day, _), measures in result.rides.items():
        # Inside a day a DOWN reading is evidence at parks that tell it from CLOSED (R-5.3, exception).
        if measures.operated(evidence_by_down=park.reports_down and day not in whole):
            result.operated.add((ride, day))
    missing = {(ride, day) for ride, day in seen - result.operated if day not in whole}
    if missing:
        result.operated |= missing & operated_elsewhere(park, missing, now)


def whole_days(parts: Sequence[Piece], zone: str) -> set[date]:
    """The local days that the pieces cover from midnight to midnight."""
    covered: dict[date, int] = defaultdict(int)
    for piece in parts:
        covered[piece.day] += piece.end - piece.start
    return {day for day, seconds in covered.items() if seconds == day_length(day, zone)}


def day_length(day: date, zone: str) -> int:
    start, end = day_range(day, zone)
    return int((end - start).total_seconds())


def operated_elsewhere(park: Park, asked: set[tuple[int, date]], now: datetime) -> set[tuple[int, date]]:
    """The (ride, day) pairs with evidence of operation at any time of the day so far; one query per 60 days."""
    days = sorted({day for _, day in asked})
    rides = sorted({ride for ride, _ in asked})
    evidence = operating() | down() if park.reports_down else operating()
    rows = RideStatusSnapshot.objects.filter(evidence, ride__in=rides, park=park, recorded_at__lte=now, **OPEN)
    found: set[tuple[int, date]] = set()
    quarter = WholeDivision(SecondsSince("recorded_at", 0), Value(QUARTER_HOUR))
    for n in range(0, len(days), RANGES_A_QUERY):
        ranges = {day: tuple(map(seconds_of, day_range(day, park.timezone))) for day in days[n : n + RANGES_A_QUERY]}
        chosen = rows.filter(within(joined([(start, end) for start, end in ranges.values()])))
        day_of = {at: day for day, (start, end) in ranges.items() for at in range(start, end, QUARTER_HOUR)}
        pairs: QuerySet[RideStatusSnapshot, tuple[int, int]] = (
            chosen.order_by().annotate(quarter=quarter).values_list("ride_id", "quarter").distinct()
        )
        found |= {(ride, day_of[at * QUARTER_HOUR]) for ride, at in pairs}
    return found
