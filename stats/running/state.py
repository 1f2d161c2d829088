"""The state of a park's local day that is not over: sums of what has ended, and the observations that have not.

At any `now` from `sealed_at` on it says exactly what measuring the raw rows at `now` says. Instants are seconds since
1970. `fold` is the only way into it, for a new observation and for a rebuild alike.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from stats.measures.ride_measures import ParkOpening, RideMeasures, WaitTotals

Span = tuple[int, int]  # start and seconds


class Observation(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A row of a ride, and what it counts as (R-4.5, R-5.1)."""

    at: int
    seconds: int
    is_running: bool
    is_stopped: bool
    park_is_open: bool
    wait: int | None  # minutes; None also for a reading that cannot be true

    @property
    def end(self) -> int:
        return self.at + self.seconds

    @property
    def is_downtime(self) -> bool:
        return self.park_is_open and self.is_stopped


class Newest(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The newest row of a ride, one without length included: what it is now."""

    at: int
    seconds: int
    status: str | None
    computed_is_open: bool
    wait: int | None


class Moment(NamedTuple):
    """Up to when is measured: rows that begin before `before`, each cut at `until`."""

    until: int
    before: int


class RideSeconds(NamedTuple):
    """How long a ride operated and was down in the open park, and how long it was observed in it."""

    ride_id: int
    up_seconds: int
    down_seconds: int
    open_seconds: int


class RunningRide(msgspec.Struct, array_like=True, gc=False):
    """A ride's day so far: the sums of `RideMeasures` over what has ended, its stretches down, and the `tail`."""

    ride: int
    newest: Newest | None = None
    tail: list[Observation] = []
    down: list[Span] = []  # unbroken stretches in the open park
    rows: int = 0
    open_rows: int = 0
    up_rows: int = 0
    down_rows: int = 0
    open_seconds: int = 0
    up_seconds: int = 0
    down_seconds: int = 0
    outside_seconds: int = 0
    first_up: int | None = None
    active: tuple[int, int] | None = None
    wait_seconds: int = 0
    wait_minute_seconds: int = 0
    least: int | None = None
    greatest: int | None = None
    walk_on_seconds: int = 0

    def sums(self, park: int) -> RideMeasures:
        """What has ended, as measures."""
        return RideMeasures(
            self.ride,
            park,
            self.rows,
            self.open_rows,
            self.up_rows,
            self.down_rows,
            self.open_seconds,
            self.up_seconds,
            self.down_seconds,
            self.outside_seconds,
            {},
            WaitTotals(self.wait_seconds, self.wait_minute_seconds, self.least, self.greatest, self.walk_on_seconds),
            self.first_up,
            self.active,
        )

    def seal(self, park: int, until: int) -> list[Observation]:
        """Add to the sums what has ended by `until`; returns it."""
        ended = [each for each in self.tail if each.end <= until]
        if not ended:
            return ended
        self.tail = [each for each in self.tail if each.end > until]
        sums = self.sums(park)
        for each in ended:
            take(sums, each, each.seconds)
            if each.is_downtime:
                lengthen(self.down, each.at, each.seconds)
        for name in SUMS:
            setattr(self, name, getattr(sums, name))
        waits = sums.waits
        self.wait_seconds, self.wait_minute_seconds = waits.seconds, waits.minute_seconds
        self.least, self.greatest, self.walk_on_seconds = waits.least, waits.greatest, waits.walk_on_seconds
        return ended

    def measured(self, park: int, moment: Moment) -> RideMeasures:
        """The measures of the day up to a moment."""
        sums = self.sums(park)
        for each in self.tail:
            if each.at < moment.before:
                take(sums, each, min(each.seconds, moment.until - each.at))
        return sums

    def is_seen(self, moment: Moment) -> bool:
        """Was it observed by a moment?"""
        return self.rows > 0 or any(each.at < moment.before for each in self.tail)

    def seconds(self, moment: Moment) -> RideSeconds:
        """The seconds of `measured`, in a tenth of its time: it is asked of every ride."""
        up, down, opened = self.up_seconds, self.down_seconds, self.open_seconds
        for each in self.tail:
            if each.park_is_open and each.at < moment.until:
                length = min(each.seconds, moment.until - each.at)
                opened += length
                if each.is_running:
                    up += length
                elif each.is_stopped:
                    down += length
        return RideSeconds(self.ride, up, down, opened)

    def stretches(self, moment: Moment) -> list[Span]:
        """The stretches down in the open park up to a moment, in order."""
        found = list(self.down)
        for each in self.tail:
            if each.is_downtime and each.at < moment.until:
                lengthen(found, each.at, min(each.seconds, moment.until - each.at))
        return found


SUMS = (
    "rows",
    "open_rows",
    "up_rows",
    "down_rows",
    "open_seconds",
    "up_seconds",
    "down_seconds",
    "outside_seconds",
    "first_up",
    "active",
)


def take(sums: RideMeasures, seen: Observation, seconds: int) -> None:
    """Add the first `seconds` of an observation."""
    sums.count(1, seconds, (seen.at, seen.end), seen.park_is_open, seen.is_running, seen.is_stopped)
    if seen.wait is not None and seen.is_running and seen.park_is_open and sums.summed is not None:
        sums.summed.add_wait(seen.wait, seconds)


def lengthen(stretches: list[Span], at: int, seconds: int) -> None:
    """Add a stretch; one that touches the last goes on with it."""
    if stretches and sum(stretches[-1]) == at:
        start, length = stretches[-1]
        stretches[-1] = start, length + seconds
    else:
        stretches.append((at, seconds))


class RunningPark(msgspec.Struct, array_like=True):
    """How long the park was seen open, and its rides."""

    rides: list[RunningRide] = []
    open_seconds: int = 0
    open_rows: int = 0
    first: int | None = None
    last: int | None = None
    tail: list[Span] = []  # rows of the open park that have not ended
    # Of a day that runs: rides down at its midnight, and those of them whose outage began on the day before (N-11).
    at_midnight: list[int] = []
    carried: list[int] = []
    # Of the day before: the rides that operated on it.
    operated: list[int] = []

    def opening(self, moment: Moment) -> ParkOpening:
        """How long it was seen open up to a moment, as `measure_openings` says."""
        found = ParkOpening(self.open_seconds, self.open_rows, self.first, self.last)
        for at, length in self.tail:
            if at < moment.before:
                held = min(length, moment.until - at)
                found.rows += 1
                found.open_seconds += held
                found.first = at if found.first is None else found.first
                found.last = at + held if found.last is None else max(found.last, at + held)
        return found

    def seal(self, park: int, until: int) -> tuple[list[tuple[int, Observation]], list[Span]]:
        """Add to the sums what has ended by `until`; returns it, of the rides and of the park."""
        rides = [(ride.ride, each) for ride in self.rides for each in ride.seal(park, until)]
        opened = [(at, length) for at, length in self.tail if at + length <= until]
        for at, length in opened:
            self.open_seconds += length
            self.open_rows += 1
            self.first = at if self.first is None else min(self.first, at)
            self.last = at + length if self.last is None else max(self.last, at + length)
        self.tail = [(at, length) for at, length in self.tail if at + length > until]
        return rides, opened


class RideRow(NamedTuple):
    """A ride's row as it is folded in: what it is now, and what it counts as."""

    ride: int
    newest: Newest
    seen: Observation


class ParkRow(NamedTuple):
    at: int
    seconds: int
    is_open: bool


class Overhanging(Exception):
    """An observation that is not read again was to last beyond a new one: it may have been cut since."""


def fold(state: RunningPark, rides: Iterable[RideRow], opened: Iterable[ParkRow], since: int) -> None:
    """Add rows in the order of time: all that the database has from `since` on, rows known already included.

    Raises Overhanging; the state is of no use then.
    """
    known = {ride.ride: ride for ride in state.rides}
    for each in state.rides:
        if each.tail and each.tail[-1].at >= since:
            each.tail = [seen for seen in each.tail if seen.at < since]
    state.tail = [(at, length) for at, length in state.tail if at < since]
    for row in rides:
        ride = known.get(row.ride)
        if ride is None:
            ride = known[row.ride] = RunningRide(row.ride)
            state.rides.append(ride)
        ride.newest = row.newest
        if row.seen.seconds == 0:
            continue  # no event (N-10)
        if ride.tail and ride.tail[-1].at < since and ride.tail[-1].end > row.seen.at:
            raise Overhanging
        ride.tail.append(row.seen)
    for own in opened:
        if state.tail and state.tail[-1][0] < since and sum(state.tail[-1]) > own.at:
            raise Overhanging
        if own.is_open and own.seconds:
            state.tail.append((own.at, own.seconds))
