"""What goes into a park-local day and what comes out of it: events and memory in, rows with durations out. Pure.

Instants are whole seconds since 1970, UTC. An *interval* is a half-open pair `(start, end)`.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from core.intervals import Interval
from importer.archive.events import Event
from snapshots.queues import QueueState
from snapshots.status import Status

State = tuple[Status | None, int | None]

HOUR = 3_600


@dataclass(slots=True)
class RideMemory:
    """What is known of a ride at the beginning of a day."""

    state: State
    reported_at: int
    last_event: int
    status_since: int
    last_operated: int | None = None
    last_apart: int | None = None  # the midnight before the last day on which it kept other hours than the park (N-8)


@dataclass(frozen=True, slots=True)
class RideFacts:
    """What the score needs of a ride (R-10.1)."""

    weight: int
    is_active: bool


@dataclass(slots=True)
class ParkDay:
    """The input: one park-local day `[start, end)`, or its later part, and everything known about it."""

    start: int
    end: int
    midnight: int  # when the local day began
    events: dict[int, list[Event]]  # by ride, in order
    feed: list[int]  # instants of every event of the park in the day, in order
    feed_before: int | None
    feed_after: int | None
    covered_until: int  # what happened before this instant has been read
    memory: dict[int, RideMemory]
    rides: dict[int, RideFacts]
    reports_down: bool
    schedule: list[Interval] | None  # None: no schedule stored for the date, its activity decides (N-9)
    live: dict[int, list[Interval]] = field(default_factory=dict)  # by ride, covered by live rows
    live_park: list[Interval] = field(default_factory=list)
    now: int = 0  # the importer's clock
    max_silence: int = 2 * HOUR
    grid: int = 300
    night: list[Interval] = field(default_factory=list)  # of the schedule of the date before, where this has none

    @property
    def horizon(self) -> int:
        """How far states are known to hold: the day's end, or the end of what has been read.

        A scheduled closing soon after the last sign of life is believed.
        """
        if self.feed_after is not None:
            return self.end
        last = self.feed[-1] if self.feed else self.start
        known = min(self.end, max(last, self.covered_until, self.start))
        closings = [end for start, end in self.schedule or () if start <= last and known < end <= self.now]
        return min((end for end in closings if end - last <= self.max_silence), default=known)


class RideRow(NamedTuple):
    ride: int
    at: int
    seconds: int
    status: str | None  # its word
    wait: int | None
    park_open: bool
    carried: bool
    reported_at: int


class ParkRow(NamedTuple):
    at: int
    seconds: int
    total: int
    open: int
    avg_wait: Decimal | None
    max_wait: int | None
    park_open: bool
    score: Decimal | None


class QueueRow(NamedTuple):
    ride: int
    at: int
    queue: QueueState


class ChangeRow(NamedTuple):
    ride: int
    at: int
    before: Status | None
    after: Status | None
    minutes: int
    wait: int | None


@dataclass(slots=True)
class DayRows:
    """The output: what to store of the day, and what to remember for the next one."""

    rides: list[RideRow] = field(default_factory=list)
    parks: list[ParkRow] = field(default_factory=list)
    queues: list[QueueRow] = field(default_factory=list)
    changes: list[ChangeRow] = field(default_factory=list)
    gaps: list[Interval] = field(default_factory=list)
    spans: list[Interval] = field(default_factory=list)
    apart: set[int] | None = None  # rides that keep other hours; None: a schedule decided the day (N-8)
    memory: dict[int, RideMemory] = field(default_factory=dict)


class Segment(NamedTuple):
    """A ride kept one state over `[start, end)`; `observed`: an event began it, else it was carried in."""

    start: int
    end: int
    state: State
    reported_at: int
    observed: bool
