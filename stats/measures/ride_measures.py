"""Minutes, uptime, waits and scores from observations with durations: each defined once (design §3).

`rules.md` counts snapshots of one interval; here every "count × I" is a sum of seconds, rounded once. The
sums of a window are the sums of its parts, so any cut of a window gives the window back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import FrozenInstanceError, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet

from core.instants import seconds
from core.rounding import half_up
from snapshots.models import ParkActivitySnapshot, RideStatusSnapshot
from snapshots.score import shame_score
from snapshots.status import down, is_down, is_operating, is_plausible_wait
from stats.measures.buckets import Grid, RideBucket, WaitSums, park_buckets, ride_buckets

OPEN = {"park_appears_open": True}
Waits = dict[int, int]  # minutes -> seconds for which they were posted
Posting = tuple[int, bool, bool]  # minutes, the ride operating, the park open


@dataclass(slots=True)
class WaitTotals:
    """Sums over waits, without the waits."""

    seconds: int = 0
    minute_seconds: int = 0
    least: int | None = None
    greatest: int | None = None

    def take(self, sums: WaitSums, seconds: int, cut_off: int) -> None:
        """Add `seconds` of a cell, of whose last row `cut_off` seconds are left out."""
        self.seconds += seconds
        self.minute_seconds += sums.minute_seconds - cut_off * sums.last
        self.least = least(self.least, sums.least)
        self.greatest = greatest(self.greatest, sums.greatest)

    def add(self, other: "WaitTotals") -> None:
        self.seconds += other.seconds
        self.minute_seconds += other.minute_seconds
        self.least = least(self.least, other.least)
        self.greatest = greatest(self.greatest, other.greatest)


def least(a: int | None, b: int | None) -> int | None:
    if a is None or b is None:
        return b if a is None else a
    return min(a, b)


def greatest(a: int | None, b: int | None) -> int | None:
    if a is None or b is None:
        return b if a is None else a
    return max(a, b)


@dataclass(slots=True)
class RideMeasures:
    """One ride over one window. Seconds are of the open park (R-5.2, R-8) where nothing else is said."""

    ride_id: int
    park_id: int  # where it stood then
    rows: int = 0  # observations, the park open or not
    open_rows: int = 0
    up_rows: int = 0
    down_rows: int = 0
    open_seconds: int = 0  # observed while the park was open, whatever the status
    up_seconds: int = 0
    down_seconds: int = 0
    outside_seconds: int = 0  # reported operating while the park was closed: in no other figure
    held: dict[Posting, int] = field(default_factory=dict)  # seconds per wait and what went with it
    summed: WaitTotals | None = None  # of cells that say only sums; the ride operating
    first_up: int | None = None  # seconds since 1970: first operating moment in the open park
    active: tuple[int, int] | None = None  # first and last operating moment, the park open or not

    def take(self, cell: RideBucket, seconds: int, is_running: bool, is_stopped: bool) -> None:
        """Add `seconds` of a cell, whose state counts as operating or as down."""
        self.rows += cell.rows
        if cell.park_is_open:
            self.open_rows += cell.rows
            self.open_seconds += seconds
            if is_running:
                self.up_rows += cell.rows
                self.up_seconds += seconds
                if self.first_up is None or cell.first < self.first_up:
                    self.first_up = cell.first
            elif is_stopped:
                self.down_rows += cell.rows
                self.down_seconds += seconds
        elif is_running:
            self.outside_seconds += seconds
        if is_running:
            first, last = self.active or (cell.first, cell.last)
            self.active = min(first, cell.first), max(last, cell.last)
        if cell.sums is not None:
            if is_running:
                self.summed = self.summed or WaitTotals()
                self.summed.take(cell.sums, seconds, cell.seconds - seconds)
        elif cell.wait is not None and is_plausible_wait(cell.wait):
            posting = cell.wait, is_running, cell.park_is_open
            self.held[posting] = self.held.get(posting, 0) + seconds

    def add(self, other: "RideMeasures") -> None:
        """Add another window of the same ride."""
        for name in SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for posting, held in other.held.items():
            self.held[posting] = self.held.get(posting, 0) + held
        if other.summed is not None:
            self.summed = self.summed or WaitTotals()
            self.summed.add(other.summed)
        if other.first_up is not None:
            self.first_up = other.first_up if self.first_up is None else min(self.first_up, other.first_up)
        if other.active is not None:
            first, last = self.active or other.active
            self.active = min(first, other.active[0]), max(last, other.active[1])

    def sealed(self) -> "RideMeasures":
        """The same, complete now: many answers read them and none can change them.

        The class is swapped: to copy some thousand rides takes longer.
        """
        self.held = MappingProxyType(self.held)  # type: ignore[assignment] # reads alike
        self.__class__ = SealedRideMeasures
        return self

    def operated(self, evidence_by_down: bool = False) -> bool:
        """R-5.3: did the ride run while the park was open? Inside a day a DOWN reading of a park that says
        breakdowns from closures is evidence too (`evidence_by_down`)."""
        return self.up_seconds > 0 or (evidence_by_down and self.down_seconds > 0)

    @property
    def waits(self) -> Waits:
        """Of the operating ride, zeros included (R-11)."""
        found: Waits = {}
        for (wait, is_running, _), held in self.held.items():
            if is_running:
                found[wait] = found.get(wait, 0) + held
        return found

    @property
    def posted(self) -> Waits:
        """In the open park, zeros left out (rankings)."""
        found: Waits = {}
        for (wait, _, park_is_open), held in self.held.items():
            if park_is_open and wait > 0:
                found[wait] = found.get(wait, 0) + held
        return found

    @property
    def avg_wait(self) -> Decimal | None:
        """Minutes, time-weighted, ride operating, zeros included (R-11), wait by wait or summed; not rounded."""
        waits, totals = self.waits, self.summed or WaitTotals()
        return mean_of(minute_seconds(waits) + totals.minute_seconds, sum(waits.values()) + totals.seconds)

    @property
    def avg_posted_wait(self) -> Decimal | None:
        """Minutes, time-weighted, park open, zeros left out (rankings); not rounded."""
        return mean_wait(self.posted)

    @property
    def peak_posted_wait(self) -> int | None:
        return max(self.posted, default=None)

    @property
    def peak_wait(self) -> int | None:
        """The longest, whatever the status."""
        return max((wait for wait, _, _ in self.held), default=None)


class SealedRideMeasures(RideMeasures):
    """Measures that refuse a change; without a slot of its own, so that an instance can become one."""

    __slots__ = ()

    def __setattr__(self, name: str, value: Any) -> None:
        raise FrozenInstanceError(f"{name} of shared measures cannot be changed")


SUMS = (
    "rows",
    "open_rows",
    "up_rows",
    "down_rows",
    "open_seconds",
    "up_seconds",
    "down_seconds",
    "outside_seconds",
)


# -- waits -----------------------------------------------------------------------------------------------


def merge_waits(into: Waits, other: Mapping[int, int]) -> None:
    for wait, held in other.items():
        into[wait] = into.get(wait, 0) + held


def minute_seconds(waits: Mapping[int, int]) -> int:
    """The sum behind a mean: each wait times the seconds for which it was posted."""
    return sum(wait * seconds for wait, seconds in waits.items())


def mean_wait(waits: Mapping[int, int]) -> Decimal | None:
    """The time-weighted mean, not rounded; None when nothing was posted."""
    return mean_of(minute_seconds(waits), sum(waits.values()))


def mean_of(weighted: int, seconds: int) -> Decimal | None:
    return Decimal(weighted) / seconds if seconds else None


def wait_percentile(waits: Mapping[int, int], percent: int) -> int | None:
    """The least wait that was not exceeded for `percent` of the time: exact, by nearest rank (sources 3)."""
    needed = sum(waits.values()) * percent
    reached = 0
    for wait in sorted(waits):
        reached += waits[wait] * 100
        if reached >= needed:
            return wait
    return None


# -- measuring -------------------------------------------------------------------------------------------


class StatusCounts:
    """What a state counts as, per kind of park; asked once per state instead of once per cell."""

    def __init__(self, reports_down: Mapping[int, bool]) -> None:
        self.reports_down = reports_down
        self.known: dict[tuple[str | None, bool, bool], tuple[bool, bool]] = {}

    def of(self, cell: RideBucket) -> tuple[bool, bool]:
        """(operating, down) of a cell (R-4.5, R-5.1)."""
        state = (cell.status, cell.computed_is_open, self.reports_down[cell.park_id])
        found = self.known.get(state)
        if found is None:
            found = self.known[state] = is_operating(*state[:2]), is_down(*state)
        return found


def measure_rides(
    rows: QuerySet[RideStatusSnapshot], end: datetime, reports_down: Mapping[int, bool]
) -> list[RideMeasures]:
    """Measures of every ride in `rows`, the ride snapshots of one window that ends at `end`; one query.

    `reports_down` reports each park whether its feed distinguishes DOWN from CLOSED (R-5.1).
    """
    until = seconds(end)
    counts = StatusCounts(reports_down)
    found: dict[tuple[int, int], RideMeasures] = {}
    for cell in ride_buckets(rows, Grid(0)):
        measures = found.get((cell.ride_id, cell.park_id))
        if measures is None:
            measures = found[cell.ride_id, cell.park_id] = RideMeasures(cell.ride_id, cell.park_id)
        over = cell.last - until
        measures.take(cell, cell.seconds - over if over > 0 else cell.seconds, *counts.of(cell))
    return list(found.values())


@dataclass(slots=True)
class ParkOpening:
    """How long a park was seen open in a window."""

    open_seconds: int = 0
    rows: int = 0  # of the open park
    first: int | None = None  # seconds since 1970
    last: int | None = None


def measure_openings(rows: QuerySet[ParkActivitySnapshot], end: datetime) -> dict[int, ParkOpening]:
    """How long each park in `rows`, the activity of one window that ends at `end`, was open; one query."""
    until = seconds(end)
    found: dict[int, ParkOpening] = {}
    for cell in park_buckets(rows.filter(**OPEN), Grid(0)):
        opening = found.setdefault(cell.park_id, ParkOpening())
        opening.rows += cell.rows
        opening.open_seconds += cell.seconds - max(0, cell.last - until)
        opening.first = cell.first if opening.first is None else min(opening.first, cell.first)
        opening.last = min(until, cell.last if opening.last is None else max(opening.last, cell.last))
    return found


@dataclass(frozen=True, slots=True)
class Stretch:
    """An unbroken stretch down in the open park."""

    start: datetime
    seconds: int

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)


def down_stretches(rows: QuerySet[RideStatusSnapshot]) -> dict[int, list[Stretch]]:
    """Every stretch down (R-5.1) in the open park, by ride, in order; one query."""
    columns = ("ride_id", "recorded_at", "duration_seconds")
    observed = rows.filter(down(), **OPEN).order_by("ride_id", "recorded_at").values_list(*columns)
    found: dict[int, list[Stretch]] = {}
    for ride, at, lasting in observed:
        stretches = found.setdefault(ride, [])
        if stretches and stretches[-1].end == at:
            stretches[-1] = Stretch(stretches[-1].start, stretches[-1].seconds + lasting)
        else:
            stretches.append(Stretch(at, lasting))
    return found


def opening_delay(stretches: Iterable[Stretch], first_up: int | None) -> int:
    """Seconds down before the ride first ran that day: late opening, not breakdown. 0 if it never ran."""
    if first_up is None:
        return 0
    before = (min(stretch.seconds, first_up - seconds(stretch.start)) for stretch in stretches)
    return sum(late for late in before if late > 0)


# -- numbers from sums -----------------------------------------------------------------------------------


def minutes(seconds: int) -> int:
    """Whole minutes, half-up."""
    return (seconds + 30) // 60


def hours(seconds: int) -> Decimal:
    """Hours with two decimals (R-8.1)."""
    return half_up(Decimal(seconds) / 3600, 2)


def percentage(part: int | Decimal, whole: int | Decimal, digits: int = 1) -> Decimal | None:
    """`part` of `whole` in percent (R-8.2); None when there is no whole."""
    return half_up(Decimal(100) * part / whole, digits) if whole > 0 else None


def percent_change(current: Decimal | int | None, previous: Decimal | int | None, digits: int = 1) -> Decimal | None:
    """Change in percent (R-8.3); None without a previous value to compare with. A trend has two digits (R-15.1)."""
    if not previous:
        return None
    return half_up((Decimal(current or 0) - previous) / previous * 100, digits)


@dataclass(frozen=True, slots=True)
class WindowScore:
    """A park's score over a window inside one local day (R-10.2), with what it is made of."""

    score: Decimal | None  # None: the park was never open in the window
    down_seconds: int
    weighted_down_seconds: int
    weight: int
    rides_down: int
    up_seconds: int
    open_seconds: int  # of the park

    @property
    def share(self) -> Decimal:
        """What the score is rounded from: the share of the weighted capacity that was down, 0 to 1."""
        capacity = self.weight * self.open_seconds
        return Decimal(self.weighted_down_seconds) / capacity if capacity else Decimal(0)


def window_score(members: Sequence[tuple[RideMeasures, int]], open_seconds: int) -> WindowScore:
    """R-10.2 over the members (rides that operated that day) and their weights.

    `open_seconds` is the time the park was open and observed.
    """
    weight = sum(weight for _, weight in members)
    weighted = sum(ride.down_seconds * weight for ride, weight in members)
    return WindowScore(
        score=shame_score(weighted, weight * open_seconds) if open_seconds else None,
        down_seconds=sum(ride.down_seconds for ride, _ in members),
        weighted_down_seconds=weighted,
        weight=weight,
        rides_down=sum(ride.down_seconds > 0 for ride, _ in members),
        up_seconds=sum(ride.up_seconds for ride, _ in members),
        open_seconds=open_seconds,
    )
