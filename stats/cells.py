"""Sums of observations by ride, place on the clock and state: the one read below every measure.

A row that lies inside one cell is summed by the database; one that reaches over a bound comes back by
itself and is cut here, so that windows and buckets clip exactly (design §4).
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db.models import Case, Count, F, Max, Min, Q, QuerySet, Sum, Value, When
from django.db.models.lookups import LessThanOrEqual

from snapshots.models import ParkActivitySnapshot, RideStatusSnapshot
from snapshots.status import plausible_wait
from stats.expressions import WHOLE, SecondsSince, WholeDivision
from stats.windows import SECONDS_A_DAY, Piece

# Ranges of time in one statement: the optimizer plans rides × ranges.
RANGES_A_QUERY = 60

Spans = list[tuple[int, int]]  # [start, end) in seconds since 1970, in order, apart


@dataclass(frozen=True, slots=True)
class Grid:
    """Where rows are cut: every `unit` seconds from `anchor`, at `day_end` of each day, and at `end`.

    `anchor` and `end` are seconds since 1970; `day_end` is seconds since `anchor`, modulo a day. None: no cut.
    """

    anchor: int
    unit: int | None = None
    day_end: int | None = None
    end: int | None = None

    @property
    def offset(self) -> SecondsSince:
        return SecondsSince(F("recorded_at"), self.anchor)

    def fits(self) -> Q:
        """Does a row lie between two cuts?"""
        seconds = F("duration_seconds")
        condition = Q()
        if self.unit is not None:
            condition &= Q(LessThanOrEqual(self.offset % self.unit + seconds, self.unit))
        if self.day_end is not None:
            condition &= Q(LessThanOrEqual(self.offset % SECONDS_A_DAY + seconds, self.day_end))
        if self.end is not None:
            condition &= Q(LessThanOrEqual(self.offset + seconds, self.end - self.anchor))
        return condition

    def key(self) -> Any:
        """The number of a row's cell; for a row that must be cut, -1 - its offset from the anchor."""
        cell = WholeDivision(self.offset, Value(self.unit)) if self.unit is not None else Value(0)
        fits = self.fits()
        if not fits:
            return cell
        return Case(When(fits, then=cell), default=Value(-1) - self.offset, output_field=WHOLE)


class RideCell(NamedTuple):
    """What one ride reported in one state. `at` is the start of its cell, or of the row when `is_whole` is
    false: then `seconds` is that row's duration, not cut yet.

    A cell has either one wait or the sums of several (`wait_seconds` not None); a row has its wait.
    """

    ride_id: int
    park_id: int
    status: str | None
    computed_is_open: bool
    park_is_open: bool
    wait: int | None
    is_whole: bool
    at: int
    rows: int
    seconds: int
    first: int  # seconds since 1970: the first row's start
    last: int  # and the last row's end
    wait_seconds: int | None = None  # of plausible waits, as the rest
    wait_minute_seconds: int = 0
    min_wait: int | None = None
    max_wait: int | None = None


STATE = ("ride_id", "park_id", "status", "computed_is_open", "park_appears_open")


def cell_sums(grid: Grid) -> dict[str, Any]:
    return {
        "rows": Count("recorded_at", output_field=WHOLE),
        "seconds": Sum("duration_seconds", output_field=WHOLE),
        "first": Min(grid.offset, output_field=WHOLE),
        "last": Max(grid.offset + F("duration_seconds"), output_field=WHOLE),
    }


def ride_cells(rows: QuerySet[RideStatusSnapshot], grid: Grid) -> Iterator[RideCell]:
    """Sums of ride snapshots, apart by wait; one query."""
    found = rows.order_by().annotate(cell=grid.key()).values_list(*STATE, "wait_time", "cell")
    anchor, unit = grid.anchor, grid.unit or 0
    columns: Any = found.annotate(**cell_sums(grid))
    for ride, park, status, is_open, park_is_open, wait, cell, count, seconds, first, last in columns.iterator():
        at = anchor + (cell * unit if cell >= 0 else -1 - cell)
        span = anchor + first, anchor + last
        yield RideCell(ride, park, status, is_open, park_is_open, wait, cell >= 0, at, count, int(seconds), *span)


def ride_cells_without_waits(rows: QuerySet[RideStatusSnapshot], grid: Grid) -> Iterator[RideCell]:
    """The same with the waits of a state summed up: several times fewer cells, but no percentiles."""
    plausible = plausible_wait()
    waits = {
        "wait_seconds": Sum("duration_seconds", filter=plausible, output_field=WHOLE),
        "wait_product": Sum(F("wait_time") * F("duration_seconds"), filter=plausible, output_field=WHOLE),
        "min_wait": Min("wait_time", filter=plausible, output_field=WHOLE),
        "max_wait": Max("wait_time", filter=plausible, output_field=WHOLE),
    }
    found = rows.order_by().annotate(cell=grid.key()).values_list(*STATE, "cell")
    anchor, unit = grid.anchor, grid.unit or 0
    columns: Any = found.annotate(**cell_sums(grid), **waits)
    for ride, park, status, is_open, park_is_open, cell, count, seconds, first, last, *sums in columns.iterator():
        span = anchor + first, anchor + last
        held, product, low, high = sums
        if cell >= 0:
            state = (ride, park, status, is_open, park_is_open, None, True, anchor + cell * unit)
            yield RideCell(*state, count, int(seconds), *span, int(held or 0), int(product or 0), low, high)
        else:  # a single row
            yield RideCell(
                ride, park, status, is_open, park_is_open, low, False, anchor - 1 - cell, count, int(seconds), *span
            )


class ParkCell(NamedTuple):
    """How long a park was seen open (or closed) in one cell; see RideCell."""

    park_id: int
    is_open: bool
    is_whole: bool
    at: int
    rows: int
    seconds: int
    first: int
    last: int


def park_cells(rows: QuerySet[ParkActivitySnapshot], grid: Grid) -> Iterator[ParkCell]:
    """Sums of park activity snapshots; one query."""
    found = (
        rows.order_by()
        .annotate(cell=grid.key())
        .values_list("park_id", "park_appears_open", "cell")
        .annotate(**cell_sums(grid))
    )
    anchor, unit = grid.anchor, grid.unit or 0
    for park, is_open, cell, count, seconds, first, last in found.iterator():
        at = anchor + (cell * unit if cell >= 0 else -1 - cell)
        yield ParkCell(park, is_open, cell >= 0, at, count, int(seconds), anchor + first, anchor + last)


def overlaps(cell: RideCell | ParkCell, bounds: Spans) -> list[tuple[int, int]]:
    """(index, seconds) of the `bounds`, intervals in order, that an uncut row overlaps."""
    start, end = cell.at, cell.at + cell.seconds
    first = max(0, bisect_right(bounds, start, key=lambda bound: bound[0]) - 1)
    last = bisect_right(bounds, end, key=lambda bound: bound[0])
    near = enumerate(bounds[first:last], start=first)
    return [(n, min(end, b) - max(start, a)) for n, (a, b) in near if start < b and a < end]


# -- grids of a window -----------------------------------------------------------------------------------


def stretches(parts: Sequence[Piece], unit: int) -> Iterator[tuple[Grid, list[tuple[int, int]]]]:
    """The pieces as few grids: those with one UTC offset and the same hours share one."""
    alike: dict[tuple[int, int, int], list[Piece]] = defaultdict(list)
    for piece in parts:
        midnight = piece.midnight
        alike[midnight % SECONDS_A_DAY, piece.start - midnight, piece.end - midnight].append(piece)
    for (_, _, day_end), group in alike.items():
        grid = Grid(group[0].midnight, unit, day_end if day_end % unit else None)
        ranges = joined([(piece.start, piece.end) for piece in group])
        for n in range(0, len(ranges), RANGES_A_QUERY):
            yield grid, ranges[n : n + RANGES_A_QUERY]


def joined(ranges: Spans) -> Spans:
    """Ranges that touch, as one."""
    found: Spans = []
    for start, end in ranges:
        if found and found[-1][1] == start:
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return found


def within(ranges: Iterable[tuple[int, int]]) -> Q:
    condition = Q(pk__in=[])
    for start, end in ranges:
        condition |= Q(recorded_at__gte=instant(start), recorded_at__lt=instant(end))
    return condition


def instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
