"""Any window from raw observations (R-16): what each ride did and how long its park was open, per local day
and bucket, in the park's own zone."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery, Value

from core.database.expressions import SecondsSince, WholeDivision
from core.instants import day_seconds, instant, seconds
from core.intervals import merged, overlap, overlaps
from core.zones import day_range, local_date
from parks.models import Park, Ride
from parks.opening_windows import ParkDate
from snapshots.models import ParkActivitySnapshot, RideStatusSnapshot
from snapshots.status import down, operating
from stats.measures.buckets import (
    OBSERVED,
    RANGES_A_QUERY,
    Grid,
    ParkBucket,
    RideBucket,
    Spans,
    park_buckets,
    ride_buckets,
    stretches,
    within,
)
from stats.measures.hours_open import sight, spans_by_day
from stats.measures.opening_delays import QUARTER_HOUR
from stats.measures.ride_measures import OPEN, RideMeasures, StatusCounts
from stats.measures.windows import ONE_HOUR, BucketKey, Cut, Groups, Piece, Slice, Window, pieces, slices

# The optimizer plans rides × ranges of time.
RIDES_A_QUERY = 100
# The longest local day, in seconds.
LONGEST_DAY = 25 * 3600

Place = tuple[date, BucketKey]
ReadCells = Callable[[QuerySet[RideStatusSnapshot], Grid], Iterator[RideBucket]]


@dataclass(slots=True)
class ParkWindow:
    """One park over a window: measures by (ride, day, bucket), and open seconds by (day, bucket)."""

    park: Park
    rides: dict[tuple[int, date, BucketKey], RideMeasures] = field(default_factory=dict)
    open_seconds: dict[Place, int] = field(default_factory=dict)  # observed open
    planned_seconds: dict[Place, int] = field(default_factory=dict)  # open, observed or not
    operated: set[tuple[int, date]] = field(default_factory=set)
    observed: set[tuple[int, date]] = field(default_factory=set)  # at any time of the local day
    cuts: Sequence[Slice] = ()  # what was measured, in order
    # By ride and group, the UTC hours in which it was observed while the park was open; None: buckets are asked for.
    hours: dict[tuple[int, BucketKey], set[int]] | None = None

    def counted_down(self, ride: int, day: date, measures: RideMeasures) -> int:
        """Seconds of downtime: none for a ride that did not operate that day."""
        return measures.down_seconds if (ride, day) in self.operated else 0


def park_window(
    park: Park,
    rides: Iterable[int],
    window: Window,
    bucket: Cut,
    now: datetime,
    days: set[date] | None = None,
    **how: Any,
) -> ParkWindow:
    """`park_windows` of one park."""
    return park_windows({park: rides}, window, bucket, now, days, **how)[park.pk]


def park_windows(
    rides: Mapping[Park, Iterable[int]],
    window: Window,
    bucket: Cut,
    now: datetime,
    days: set[date] | None = None,
    read: ReadCells = ride_buckets,
    openings: bool = True,
    unknown: bool = False,
) -> dict[int, ParkWindow]:
    """Measure rides of parks that share a time zone over a window, up to `now`; by park.

    `days` restricts it to some of its local dates; `read` says waits one by one, summed or not at all. Without
    `openings` no park is asked how long it was seen open; `unknown` also finds out how long it was open and what is
    known of its rides. The number of queries does not depend on the number of parks, but for one query per hundred
    rides.
    """
    (zone,) = {park.timezone for park in rides}
    parts = [piece for piece in until(pieces(window, zone), seconds(now)) if days is None or piece.day in days]
    results = {park.pk: ParkWindow(park, hours={} if isinstance(bucket, Groups) else None) for park in rides}
    park_by_ride = {ride: park.pk for park, ids in rides.items() for ride in ids}
    if parts and park_by_ride:
        cuts = slices(parts, bucket, zone)
        fill_rides(results, park_by_ride, parts, cuts, bucket.unit, zone, read)
        sights = fill_openings(results, parts, cuts, bucket.unit, zone) if openings else None
        find_operated(results, parts, zone, now)
        if unknown:
            fill_planned(results, parts, cuts, zone, sights)
            find_observed(results, park_by_ride, parts, zone, now)
        for result in results.values():
            result.cuts = cuts
    return results


def until(parts: Iterable[Piece], end: int) -> Iterator[Piece]:
    for piece in parts:
        if piece.start < end:
            yield piece if piece.end <= end else Piece(piece.day, piece.start, end, piece.midnight)


# -- reading ---------------------------------------------------------------------------------------------


def fill_rides(
    results: Mapping[int, ParkWindow],
    park_by_ride: Mapping[int, int],
    parts: Sequence[Piece],
    cuts: Sequence[Slice],
    unit: int,
    zone: str,
    read: ReadCells,
) -> None:
    """`park_by_ride`: the park of each ride; what a ride reported while it stood elsewhere is left out."""
    places = {cut.cell: cut for cut in cuts}
    bounds = [(cut.start, cut.end) for cut in cuts]
    counts = StatusCounts({pk: result.park.reports_down for pk, result in results.items()})
    begun: dict[int, set[int]] = defaultdict(set)  # rides with a row that begins exactly where a range begins

    def take(cell: RideBucket, cut: Slice, seconds: int) -> None:
        add(results[cell.park_id], cell, cut, seconds, counts.of(cell))

    def take_part(cell: RideBucket, start: int, end: int) -> None:
        for n, first, last in overlaps(start, end, bounds):
            take(cell.part(first, last), cuts[n], last - first)

    rides = sorted(park_by_ride)
    starts: set[int] = set()
    for grid, ranges in stretches(parts, unit):
        starts |= {start for start, _ in ranges}
        chosen = within(ranges)
        for n in range(0, len(rides), RIDES_A_QUERY):
            rows = RideStatusSnapshot.objects.filter(chosen, ride__in=rides[n : n + RIDES_A_QUERY])
            for cell in read(rows, grid):
                if cell.first in starts:
                    begun[cell.first].add(cell.ride_id)
                if cell.park_id != park_by_ride[cell.ride_id]:
                    continue
                cut = places[cell.at]
                over = cell.last - cut.end
                take(cell, cut, cell.seconds - over if over > 0 else cell.seconds)
                if over > 0:
                    take_part(cell, cut.end, cell.last)
    known = needless_starts(parts, zone)
    taken: set[tuple[int, int]] = set()
    for start in sorted(starts - known):
        late = [ride for ride in rides if ride not in begun[start]]
        for cell in reaching_in(late, start) if late else ():
            row = cell.ride_id, cell.first
            if row in taken or begins_within(parts, cell.first) or cell.park_id != park_by_ride[cell.ride_id]:
                continue
            taken.add(row)
            take_part(cell, start, cell.last)


def begins_within(parts: Sequence[Piece], at: int) -> bool:
    """Was a row that begins at `at` read with an earlier piece, and carried on from there?"""
    return any(piece.start <= at < piece.end for piece in parts)


def needless_starts(parts: Sequence[Piece], zone: str) -> set[int]:
    """Starts of ranges into which no row reaches that is not read: midnights (ADR 2), and ends of other pieces."""
    midnights = {seconds(day_range(piece.day, zone)[0]) for piece in parts}
    return midnights | {piece.end for piece in parts}


def add(result: ParkWindow, cell: RideBucket, cut: Slice, seconds: int, state: tuple[bool, bool]) -> None:
    key = cell.ride_id, cut.day, cut.key
    measures = result.rides.get(key)
    if measures is None:
        measures = result.rides[key] = RideMeasures(cell.ride_id, cell.park_id)
    measures.take(cell, seconds, *state)
    if result.hours is not None and cell.park_is_open:
        result.hours.setdefault((cell.ride_id, cut.key), set()).add(cut.start // ONE_HOUR)


def reaching_in(rides: Sequence[int], start: int) -> Iterator[RideBucket]:
    """Rows that begin before `start` and last beyond it: of each ride only the latest one can."""
    before = RideStatusSnapshot.objects.filter(
        ride=OuterRef("pk"), recorded_at__lt=instant(start), recorded_at__gte=instant(start - LONGEST_DAY)
    ).order_by("-recorded_at")
    latest = Ride.objects.filter(pk__in=rides).annotate(at=Subquery(before.values("recorded_at")[:1]))
    pairs = Q(pk__in=[])
    for ride, at in latest.values_list("pk", "at"):
        if at is not None:
            pairs |= Q(ride=ride, recorded_at=at)
    for cell in ride_buckets(RideStatusSnapshot.objects.filter(pairs), Grid(0)):
        if cell.last > start:
            yield cell


def fill_openings(
    results: Mapping[int, ParkWindow], parts: Sequence[Piece], cuts: Sequence[Slice], unit: int, zone: str
) -> dict[ParkDate, Spans]:
    """How long each park was seen open; and its first to last sight of each day, as far as that lies in the pieces."""
    places = {cut.cell: cut for cut in cuts}
    bounds = [(cut.start, cut.end) for cut in cuts]
    seen: dict[int, dict[Place, int]] = {pk: defaultdict(int) for pk in results}
    sights: dict[ParkDate, Spans] = {}
    begun: dict[int, set[int]] = defaultdict(set)
    starts: set[int] = set()
    taken: set[tuple[int, int]] = set()
    rows = ParkActivitySnapshot.objects.filter(park__in=list(results), **OPEN)
    for grid, ranges in stretches(parts, unit):
        starts |= {start for start, _ in ranges}
        for cell in park_buckets(rows.filter(within(ranges)), grid):
            begun[cell.first].add(cell.park_id)
            cut = places[cell.at]
            over = max(0, cell.last - cut.end)
            seen[cell.park_id][cut.day, cut.key] += cell.seconds - over
            sight(sights, cut.day, cell)
            for n, first, last in overlaps(cut.end, cell.last, bounds) if over else ():
                seen[cell.park_id][cuts[n].day, cuts[n].key] += last - first
    for start in sorted(starts - needless_starts(parts, zone)):
        late = results.keys() - begun[start]
        for cell in parks_reaching_in(late, start) if late else ():
            row = cell.park_id, cell.first
            if row in taken or begins_within(parts, cell.first):
                continue
            taken.add(row)
            for n, first, last in overlaps(start, cell.last, bounds):
                seen[cell.park_id][cuts[n].day, cuts[n].key] += last - first
    for pk, result in results.items():
        reported = seen[pk]
        for (_, day, key), measures in result.rides.items():
            # A park without activity rows was open for as long as its rides say.
            reported[day, key] = max(reported[day, key], measures.open_seconds)
        result.open_seconds = dict(reported)
    return sights


def fill_planned(
    results: Mapping[int, ParkWindow],
    parts: Sequence[Piece],
    cuts: Sequence[Slice],
    zone: str,
    sights: dict[ParkDate, Spans] | None,
) -> None:
    """How long each park was open, observed or not. `sights` are believed when the pieces are whole days."""
    days = sorted({piece.day for piece in parts})
    parks = [result.park for result in results.values()]
    spans = spans_by_day(parks, days, sights if whole_days(parts, zone) == set(days) else None)
    for pk, result in results.items():
        planned: dict[Place, int] = defaultdict(int)
        for cut in cuts:
            planned[cut.day, cut.key] += overlap(spans.get((pk, cut.day), []), cut.start, cut.end)
        result.planned_seconds = {place: seconds for place, seconds in planned.items() if seconds}


def parks_reaching_in(parks: Collection[int], start: int) -> Iterator[ParkBucket]:
    """Rows of open parks that begin before `start` and last beyond it."""
    before = ParkActivitySnapshot.objects.filter(
        park=OuterRef("pk"), recorded_at__lt=instant(start), recorded_at__gte=instant(start - LONGEST_DAY)
    ).order_by("-recorded_at")
    latest = Park.objects.filter(pk__in=parks).annotate(row=Subquery(before.values("pk")[:1]))
    rows = ParkActivitySnapshot.objects.filter(pk__in=[row for row in latest.values_list("row", flat=True) if row])
    for cell in park_buckets(rows.filter(**OPEN), Grid(0)):
        if cell.last > start:
            yield cell


# -- who operated ----------------------------------------------------------------------------------------


def find_operated(results: Mapping[int, ParkWindow], parts: Sequence[Piece], zone: str, now: datetime) -> None:
    """R-5.3 per local day: in the window itself, else anywhere in the day (up to `now`).

    On the day that still runs a DOWN reading is evidence too, at parks that distinguish it from CLOSED. Once the day
    has ended it is none, in no hour of it: hours add up to their day.
    """
    whole, today = whole_days(parts, zone), local_date(now, zone)
    missing: dict[bool, set[tuple[int, date]]] = {True: set(), False: set()}
    for result in results.values():
        reports_down = result.park.reports_down
        for (ride, day, _), measures in result.rides.items():
            by_down = reports_down and day == today
            if measures.operated(by_down):
                result.operated.add((ride, day))
            elif day not in whole:
                missing[by_down].add((ride, day))
    sure = {pair for result in results.values() for pair in result.operated}
    for by_down, unsure in missing.items():
        asked = unsure - sure
        found = operated_elsewhere(asked, by_down, zone, now) if asked else set()
        for result in results.values():
            result.operated |= {(ride, day) for ride, day, _ in result.rides if (ride, day) in found}


def find_observed(
    results: Mapping[int, ParkWindow],
    park_by_ride: Mapping[int, int],
    parts: Sequence[Piece],
    zone: str,
    now: datetime,
) -> None:
    """On which local days anything is known of a ride: in the window itself, else in the day (up to `now`)."""
    whole = whole_days(parts, zone)
    asked: set[tuple[int, date]] = set()
    for result in results.values():
        result.observed = {(ride, day) for ride, day, _ in result.rides}
    for ride, park in park_by_ride.items():
        opened = {day for day, _ in results[park].planned_seconds if day not in whole}
        asked |= {(ride, day) for day in opened if (ride, day) not in results[park].observed}
    if asked:
        asked_rides = sorted({ride for ride, _ in asked})
        rows = RideStatusSnapshot.objects.filter(OBSERVED, ride__in=asked_rides, recorded_at__lt=now)
        for ride, day in seen_on(asked, rows, zone):
            results[park_by_ride[ride]].observed.add((ride, day))


def whole_days(parts: Sequence[Piece], zone: str) -> set[date]:
    """The local days that the pieces cover from midnight to midnight."""
    covered: dict[date, int] = defaultdict(int)
    for piece in parts:
        covered[piece.day] += piece.end - piece.start
    return {day for day, seconds in covered.items() if seconds == day_length(day, zone)}


def day_length(day: date, zone: str) -> int:
    start, end = day_range(day, zone)
    return int((end - start).total_seconds())


def operated_elsewhere(asked: set[tuple[int, date]], by_down: bool, zone: str, now: datetime) -> set[tuple[int, date]]:
    """The (ride, day) pairs with evidence of operation at any time of the day so far; `by_down`: or of a breakdown."""
    evidence = operating() | down() if by_down else operating()
    rows = RideStatusSnapshot.objects.filter(
        evidence, OBSERVED, ride__in=sorted({ride for ride, _ in asked}), recorded_at__lt=now, **OPEN
    )
    return seen_on(asked, rows, zone)


def seen_on(asked: set[tuple[int, date]], rows: QuerySet[RideStatusSnapshot], zone: str) -> set[tuple[int, date]]:
    """The (ride, day) pairs that have any of the rows; one query per 60 days."""
    days = sorted({day for _, day in asked})
    quarter = WholeDivision(SecondsSince("recorded_at", 0), Value(QUARTER_HOUR))
    found: set[tuple[int, date]] = set()
    for n in range(0, len(days), RANGES_A_QUERY):
        ranges = {day: day_seconds(day, zone) for day in days[n : n + RANGES_A_QUERY]}
        chosen = rows.filter(within(merged((start, end) for start, end in ranges.values())))
        day_of = {at: day for day, (start, end) in ranges.items() for at in range(start, end, QUARTER_HOUR)}
        pairs: QuerySet[RideStatusSnapshot, tuple[int, int]] = (
            chosen.order_by().annotate(quarter=quarter).values_list("ride_id", "quarter").distinct()
        )
        found |= {(ride, day_of[at * QUARTER_HOUR]) for ride, at in pairs}
    return found & asked
