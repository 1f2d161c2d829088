"""Minutes, uptime, waits and scores from observations with durations: each defined once (design §3).

`rules.md` counts snapshots of one interval; here every "count × I" is a sum of seconds, rounded once. The
sums of a window are the sums of its parts, so any cut of a window gives the window back.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import FrozenInstanceError, dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Protocol

from django.db.models import QuerySet

from core.instants import seconds
from core.periods import ONE_DAY
from core.rounding import half_up
from core.zones import day_range
from parks.models import Park
from snapshots.models import ParkActivitySnapshot, RideStatusSnapshot
from snapshots.score import ScoredTime, score_over, share_over
from snapshots.status import down, is_down, is_operating, is_plausible_wait, operating
from stats.measures.buckets import LASTING, OBSERVED, Grid, RideBucket, WaitSums, park_buckets, ride_buckets

OPEN = {"park_appears_open": True}
Waits = dict[int, int]  # minutes -> seconds for which they were posted


@dataclass(slots=True)
class WaitTotals:
    """Sums over the posted waits above zero of an operating ride in the open park (N-4), and the time at zero."""

    seconds: int = 0
    minute_seconds: int = 0
    least: int | None = None
    greatest: int | None = None
    walk_on_seconds: int = 0

    def add_bucket(self, sums: WaitSums, seconds: int, cut_off: int) -> None:
        """Add `seconds` of a bucket, of whose last row `cut_off` seconds are left out."""
        if not sums.greatest:
            self.walk_on_seconds += seconds
            return
        self.seconds += seconds
        self.minute_seconds += sums.minute_seconds - cut_off * sums.last
        self.least = least(self.least, sums.least)
        self.greatest = greatest(self.greatest, sums.greatest)

    def add_wait(self, wait: int, seconds: int) -> None:
        """Add a wait that was posted for `seconds`."""
        if not wait:
            self.walk_on_seconds += seconds
            return
        self.seconds += seconds
        self.minute_seconds += wait * seconds
        self.least = least(self.least, wait)
        self.greatest = greatest(self.greatest, wait)

    def add(self, other: "WaitTotals") -> None:
        self.seconds += other.seconds
        self.minute_seconds += other.minute_seconds
        self.least = least(self.least, other.least)
        self.greatest = greatest(self.greatest, other.greatest)
        self.walk_on_seconds += other.walk_on_seconds

    @property
    def average(self) -> Decimal | None:
        """Minutes, weighted by time, not rounded; None: nothing above zero was posted."""
        return mean_of(self.minute_seconds, self.seconds)

    @property
    def walk_on_percentage(self) -> Decimal | None:
        return walk_on_percentage(self.walk_on_seconds, self.seconds)


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
    held: Waits = field(default_factory=dict)  # while it operated, walk-ons (0) included
    summed: WaitTotals | None = None  # of buckets that have only sums
    first_up: int | None = None  # seconds since 1970: first operating moment in the open park
    active: tuple[int, int] | None = None  # first and last operating moment, the park open or not

    def take(self, cell: RideBucket, seconds: int, is_running: bool, is_stopped: bool) -> None:
        """Add `seconds` of a cell, whose state counts as operating or as down."""
        self.count(cell.rows, seconds, (cell.first, cell.last), cell.park_is_open, is_running, is_stopped)
        if not (is_running and cell.park_is_open):
            return
        if cell.sums is not None:
            self.summed = self.summed or WaitTotals()
            self.summed.add_bucket(cell.sums, seconds, cell.seconds - seconds)
        elif cell.wait is not None and is_plausible_wait(cell.wait):
            self.held[cell.wait] = self.held.get(cell.wait, 0) + seconds

    def count(
        self, rows: int, seconds: int, span: tuple[int, int], park_is_open: bool, is_running: bool, is_stopped: bool
    ) -> None:
        """Add `seconds` of rows in one state, the first of which begins and the last ends with `span`; no waits."""
        self.rows += rows
        if park_is_open:
            self.open_rows += rows
            self.open_seconds += seconds
            if is_running:
                self.up_rows += rows
                self.up_seconds += seconds
                if self.first_up is None or span[0] < self.first_up:
                    self.first_up = span[0]
            elif is_stopped:
                self.down_rows += rows
                self.down_seconds += seconds
        elif is_running:
            self.outside_seconds += seconds
        if is_running:
            first, last = self.active or span
            self.active = min(first, span[0]), max(last, span[1])

    def add(self, other: "RideMeasures") -> None:
        """Add another window of the same ride."""
        for name in SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        merge_waits(self.held, other.held)
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
        if self.summed is not None:
            self.summed.__class__ = SealedWaitTotals
        self.__class__ = SealedRideMeasures
        return self

    def operated(self, evidence_by_down: bool = False) -> bool:
        """R-5.3: did the ride run while the park was open? Inside a day a DOWN reading of a park that says
        breakdowns from closures is evidence too (`evidence_by_down`)."""
        return has_operated(self.up_seconds, self.down_seconds, evidence_by_down)

    @property
    def posted(self) -> Waits:
        """The waits above zero, one by one (N-4); none of buckets that have only sums."""
        return {wait: held for wait, held in self.held.items() if wait > 0}

    @property
    def waits(self) -> WaitTotals:
        """Sums over the posted waits, whether they were read one by one or summed."""
        totals = totals_of(self.held)
        if self.summed is not None:
            totals.add(self.summed)
        return totals

    @property
    def avg_wait(self) -> Decimal | None:
        """Minutes, weighted by time, of posted waits above zero (N-4); not rounded."""
        return self.waits.average

    @property
    def peak_wait(self) -> int | None:
        """The greatest of the posted waits (N-4)."""
        return self.waits.greatest


def has_operated(up_seconds: int, down_seconds: int, evidence_by_down: bool) -> bool:
    """R-5.3 on seconds in the open park."""
    return up_seconds > 0 or (evidence_by_down and down_seconds > 0)


class Ran(Protocol):
    """A ride's seconds in the open park."""

    @property
    def up_seconds(self) -> int: ...
    @property
    def down_seconds(self) -> int: ...


class Sealed:
    """What refuses a change; without a slot of its own, so that an instance can become one."""

    __slots__ = ()

    def __setattr__(self, name: str, value: Any) -> None:
        raise FrozenInstanceError(f"{name} of shared measures cannot be changed")


class SealedRideMeasures(Sealed, RideMeasures):
    __slots__ = ()


class SealedWaitTotals(Sealed, WaitTotals):
    __slots__ = ()


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


def totals_of(held: Mapping[int, int]) -> WaitTotals:
    """Sums of waits and the seconds for which each was posted; those at 0 are walk-ons."""
    posted = [wait for wait in held if wait > 0]
    return WaitTotals(
        seconds=sum(held[wait] for wait in posted),
        minute_seconds=sum(wait * held[wait] for wait in posted),
        least=min(posted, default=None),
        greatest=max(posted, default=None),
        walk_on_seconds=held.get(0, 0),
    )


def walk_on_percentage(walk_on_seconds: int, posted_seconds: int) -> Decimal | None:
    """The share of posted time at 0, in percent (N-4); None: nothing was posted. `posted_seconds`: above 0."""
    return percentage(walk_on_seconds, walk_on_seconds + posted_seconds)


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
    """An unbroken stretch down in the open park: an outage, or the part of it that lies in one local day."""

    start: datetime
    seconds: int
    is_carried: bool = False  # it began on the day before (N-11)

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)


def down_stretches(rows: QuerySet[RideStatusSnapshot], end: datetime) -> dict[int, list[Stretch]]:
    """Every stretch down (R-5.1) in the open park, by ride, in order, up to `end`; one query."""
    columns = ("ride_id", "recorded_at", "duration_seconds")
    lasting_rows = rows.filter(down(), OBSERVED, recorded_at__lt=end, **OPEN)
    found: dict[int, list[Stretch]] = {}
    for ride, at, lasting in lasting_rows.order_by("ride_id", "recorded_at").values_list(*columns):
        held = min(lasting, int((end - at).total_seconds()))
        stretches = found.setdefault(ride, [])
        if stretches and stretches[-1].end == at:
            stretches[-1] = replace(stretches[-1], seconds=stretches[-1].seconds + held)
        else:
            stretches.append(Stretch(at, held))
    return found


def carried_over(asked: Collection[int], park: Park, day: date) -> set[int]:
    """Of rides that are down when a local day begins, those whose outage began on the day before and counted there,
    because the ride operated (N-11): on this day it is no opening delay. At most two queries."""
    if not asked:
        return set()
    before, midnight = day_range(day - ONE_DAY, park.timezone)
    rows = RideStatusSnapshot.objects.filter(
        ride__in=list(asked), park=park, recorded_at__gte=before, recorded_at__lt=midnight
    )
    operated = set(rows.filter(operating(), LASTING, **OPEN).order_by().values_list("ride_id", flat=True).distinct())
    stretches = down_stretches(rows.filter(ride__in=operated), midnight) if operated else {}
    return {ride for ride, of_ride in stretches.items() if of_ride[-1].end == midnight}


def opening_delay(stretches: Iterable[Stretch], first_up: int | None) -> int:
    """Seconds down before the ride first ran that day: late opening, not breakdown. 0 if it never ran.

    What was carried over midnight broke down the day before.
    """
    if first_up is None:
        return 0
    own = (stretch for stretch in stretches if not stretch.is_carried)
    before = (min(stretch.seconds, first_up - seconds(stretch.start)) for stretch in own)
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


def uptime(up_seconds: int, open_seconds: int, operated: bool, digits: int = 1) -> Decimal | None:
    """Uptime of a ride in percent (N-3): operating of the known open time. None: it did not operate (A-19)."""
    return percentage(up_seconds, open_seconds, digits) if operated else None


def availability(up_seconds: int, down_seconds: int, digits: int = 1) -> Decimal | None:
    """Percent of the time it was meant to run (N-3): of a ride, and what a park's uptime is, summed over its
    attractions. None: it neither operated nor was down."""
    return percentage(up_seconds, up_seconds + down_seconds, digits)


def percent_change(
    current: Decimal | int | None, previous: Decimal | int | None, digits: int = 1, least: Decimal | int = 0
) -> Decimal | None:
    """Change in percent (R-8.3); None without a previous value, or from a base of 0 or under `least` (N-5).

    A trend has two digits (R-15.1).
    """
    if not previous or previous < least:
        return None
    return half_up((Decimal(current or 0) - previous) / previous * 100, digits)


# A change from a smaller base says nothing (N-5).
LEAST_DOWN_SECONDS = 30 * 60
LEAST_WAIT = 5  # minutes


@dataclass(frozen=True, slots=True)
class WindowScore:
    """A park's score over a window inside one local day (R-10.2), with what it is made of."""

    score: Decimal | None  # None: the park was never open in the window, or nothing is known of its rides (N-6)
    down_seconds: int
    weighted_down_seconds: int
    weight: int
    rides_down: int
    up_seconds: int
    open_seconds: int  # of the park

    @property
    def share(self) -> Fraction | None:
        """What the score is rounded from (R-10.2); None: there is none."""
        return (
            None
            if self.score is None
            else share_over([ScoredTime(self.weighted_down_seconds, self.weight, self.open_seconds)])
        )


def window_score(members: Sequence[tuple[Ran, int]], open_seconds: int, is_known: bool = True) -> WindowScore:
    """R-10.2 over the members (rides that operated that day) and their weights.

    `open_seconds` is the time the park was open and observed; `is_known`: something is known of a ride in it.
    """
    weight = sum(weight for _, weight in members)
    weighted = sum(ride.down_seconds * weight for ride, weight in members)
    return WindowScore(
        score=score_over([ScoredTime(weighted, weight, open_seconds)]) if is_known else None,
        down_seconds=sum(ride.down_seconds for ride, _ in members),
        weighted_down_seconds=weighted,
        weight=weight,
        rides_down=sum(ride.down_seconds > 0 for ride, _ in members),
        up_seconds=sum(ride.up_seconds for ride, _ in members),
        open_seconds=open_seconds,
    )
