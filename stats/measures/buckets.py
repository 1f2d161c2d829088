"""Sums of observations by ride, place on the clock and state: the one read below every measure.

The database sums rows by the cell they begin in, and says where the last one ends: what reaches over the
end of a cell is cut off and carried on, so that windows and buckets clip exactly (design §4).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Case, Count, ExpressionWrapper, F, Max, Min, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from core.database.expressions import WHOLE, SecondsSince, WholeDivision, WholeSum
from core.instants import instant
from core.intervals import Interval, merged
from snapshots.models import ParkActivitySnapshot, RideStatusSnapshot
from snapshots.status import has_state, plausible_wait
from stats.measures.windows import Piece

# Ranges of time in one statement: the optimizer plans rides × ranges.
RANGES_A_QUERY = 60

Spans = list[Interval]  # in order, apart
# The closing instant and the present moment have no length: no event, no sight, in no count (N-10).
LASTING = Q(duration_seconds__gt=0)
# Rows of rides that say something: what does not say whether the ride ran is as if it were not there (N-7).
OBSERVED = LASTING & has_state()


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of `unit` seconds from `anchor` (seconds since 1970) on; without a unit there is one."""

    anchor: int
    unit: int | None = None

    @property
    def offset(self) -> SecondsSince:
        return SecondsSince(F("recorded_at"), self.anchor)

    def cell(self) -> Any:
        """The number of the cell in which a row begins."""
        return Value(0, WHOLE) if self.unit is None else WholeDivision(self.offset, Value(self.unit))

    def start(self, cell: int) -> int:
        return self.anchor + cell * (self.unit or 0)

    def sums(self) -> dict[str, Any]:
        return {
            "rows": Count("recorded_at", output_field=WHOLE),
            "seconds": WholeSum("duration_seconds"),
            "first": Min(self.offset, output_field=WHOLE),
            "last": Max(self.offset + F("duration_seconds"), output_field=WHOLE),
        }


class WaitSums(NamedTuple):
    """The waits of all rows of a bucket: all above zero and plausible, or all zero."""

    minute_seconds: int  # each wait times the seconds for which it was posted
    least: int
    greatest: int
    last: int  # of the last row


class RideBucket(NamedTuple):
    """The rows of one ride in one state that begin in the cell at `at`, with one wait, or with `sums` of theirs.

    Rows of a ride follow each other, so at most the last one of a cell reaches over its end: by `last` less
    that end.
    """

    ride_id: int
    park_id: int
    status: str | None
    computed_is_open: bool
    park_is_open: bool
    wait: int | None
    at: int
    rows: int
    seconds: int
    first: int  # seconds since 1970: the first row's start
    last: int  # and the last row's end
    sums: WaitSums | None = None

    def part(self, first: int, last: int) -> "RideBucket":
        """What reaches over of the last row, from `first` to `last`; a row counts where it begins."""
        wait = self.sums.last if self.sums else self.wait
        return self._replace(rows=0, seconds=last - first, first=first, last=last, wait=wait, sums=None)


def as_stored(column: str) -> Any:
    """A flag as the database gives it, 0 or 1."""
    return ExpressionWrapper(F(column), output_field=WHOLE)


FLAGS = {"is_running": as_stored("computed_is_open"), "park_is_open": as_stored("park_appears_open")}


def ride_buckets(rows: QuerySet[RideStatusSnapshot], grid: Grid) -> Iterator[RideBucket]:
    """Ride snapshots wait by wait; one query."""
    state = ("ride_id", "park_id", "status", "is_running", "park_is_open", "wait_time", "cell")
    found: Any = (
        rows.filter(OBSERVED)
        .order_by()
        .annotate(cell=grid.cell(), **FLAGS)
        .values_list(*state)
        .annotate(**grid.sums())
    )
    anchor = grid.anchor
    for ride, park, status, is_open, park_is_open, wait, cell, count, seconds, first, last in found.iterator():
        span = anchor + int(first), anchor + int(last)
        yield RideBucket(ride, park, status, is_open, park_is_open, wait, grid.start(cell), count, int(seconds), *span)


def waitless_ride_cells(rows: QuerySet[RideStatusSnapshot], grid: Grid) -> Iterator[RideBucket]:
    """Ride snapshots without their waits, for figures of time alone; one query, a third of the rows."""
    state = ("ride_id", "park_id", "status", "is_running", "park_is_open", "cell")
    found: Any = (
        rows.filter(OBSERVED)
        .order_by()
        .annotate(cell=grid.cell(), **FLAGS)
        .values_list(*state)
        .annotate(**grid.sums())
    )
    anchor = grid.anchor
    for ride, park, status, is_open, park_is_open, cell, count, seconds, first, last in found.iterator():
        span = anchor + int(first), anchor + int(last)
        yield RideBucket(ride, park, status, is_open, park_is_open, None, grid.start(cell), count, int(seconds), *span)


# Above every wait that can be stored.
WAITS = 65_536
NO_WAIT, NO_QUEUE, QUEUE = range(3)  # nothing plausible is posted, a walk-on, a wait above zero


def summed_ride_buckets(rows: QuerySet[RideStatusSnapshot], grid: Grid) -> Iterator[RideBucket]:
    """Ride snapshots with their waits summed, which no percentile can be had from; one query, a third of the rows."""
    state = ("ride_id", "park_id", "status", "is_running", "park_is_open", "kind_of_wait", "cell")
    walk_on = When(wait_time=0, then=NO_QUEUE)
    kind = Case(walk_on, When(plausible_wait(), then=QUEUE), default=NO_WAIT, output_field=WHOLE)
    # The last row's end and its wait in one number: the greatest end is that of the last row.
    end = (grid.offset + F("duration_seconds")) * WAITS + Coalesce("wait_time", 0, output_field=WHOLE)
    sums = grid.sums() | {
        "last": Max(end, output_field=WHOLE),
        "minute_seconds": WholeSum(F("wait_time") * F("duration_seconds")),
        "least": Min("wait_time", output_field=WHOLE),
        "greatest": Max("wait_time", output_field=WHOLE),
    }
    found: Any = rows.filter(OBSERVED).order_by().annotate(cell=grid.cell(), kind_of_wait=kind, **FLAGS)
    anchor = grid.anchor
    for row in found.values_list(*state).annotate(**sums).iterator():
        ride, park, status, is_open, park_is_open, kind_of_wait, cell, count, seconds, first, packed = row[:11]
        last, wait = divmod(int(packed), WAITS)
        waits = WaitSums(int(row[11]), row[12], row[13], wait) if kind_of_wait != NO_WAIT else None
        span = anchor + int(first), anchor + int(last)
        yield RideBucket(
            ride, park, status, is_open, park_is_open, None, grid.start(cell), count, int(seconds), *span, waits
        )


class ParkBucket(NamedTuple):
    """How long a park was seen open (or closed) in rows that begin in the cell at `at`; see RideCell."""

    park_id: int
    is_open: bool
    at: int
    rows: int
    seconds: int
    first: int
    last: int


def park_buckets(rows: QuerySet[ParkActivitySnapshot], grid: Grid) -> Iterator[ParkBucket]:
    """Sums of park activity snapshots; one query."""
    state = ("park_id", "park_appears_open", "cell")
    found: Any = rows.filter(LASTING).order_by().annotate(cell=grid.cell()).values_list(*state).annotate(**grid.sums())
    anchor = grid.anchor
    for park, is_open, cell, count, seconds, first, last in found.iterator():
        span = anchor + int(first), anchor + int(last)
        yield ParkBucket(park, is_open, grid.start(cell), count, int(seconds), *span)


# -- grids of a window -----------------------------------------------------------------------------------


def stretches(parts: Sequence[Piece], unit: int) -> Iterator[tuple[Grid, list[tuple[int, int]]]]:
    """The pieces as few grids: those whose clocks are whole units apart share one."""
    alike: dict[int, list[Piece]] = defaultdict(list)
    for piece in parts:
        alike[piece.midnight % unit].append(piece)
    for group in alike.values():
        grid = Grid(group[0].midnight, unit)
        ranges = merged((piece.start, piece.end) for piece in group)
        for n in range(0, len(ranges), RANGES_A_QUERY):
            yield grid, ranges[n : n + RANGES_A_QUERY]


def within(ranges: Iterable[tuple[int, int]]) -> Q:
    condition = Q(pk__in=[])
    for start, end in ranges:
        condition |= Q(recorded_at__gte=instant(start), recorded_at__lt=instant(end))
    return condition
