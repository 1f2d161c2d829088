"""From the events of one park-local day to rows with durations (design §4). Pure: no database, no clock.
A state without a status is unknown for as long as it lasts (N-7): it gives no row, no change, and is in no figure.

Instants are whole seconds since 1970, UTC. An *interval* is a half-open pair `(start, end)`.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from core.intervals import Interval, clipped, edges, holding, merged, without
from core.rounding import half_up
from core.shortcuts import new_row
from importer.archive.events import Event
from parks.models import INCLUSION_WINDOW
from snapshots.queues import QueueState
from snapshots.score import shame_score
from snapshots.status import WORDS, Status, is_down, is_operating, is_plausible_wait

State = tuple[Status | None, int | None]

HOUR = 3_600
# The provider itself calls OPERATING unconfirmed for so long unknown (sources 2.3); it proves no activity.
MAX_UNCONFIRMED_SECONDS = 4 * HOUR
# A park that runs over midnight belongs to the evening before up to the longest pause before noon.
SHORTEST_NIGHT_SECONDS = HOUR
INCLUSION_WINDOW_SECONDS = int(INCLUSION_WINDOW.total_seconds())
BEGINNING, BY_INSTANT = itemgetter(0), itemgetter(1)
VALUES_KEPT = 1 << 16


@dataclass(slots=True)
class RideMemory:
    """What is known of a ride at the beginning of a day."""

    state: State
    reported_at: int
    last_event: int
    status_since: int
    last_operated: int | None = None


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
    memory: dict[int, RideMemory] = field(default_factory=dict)


class Segment(NamedTuple):
    """A ride kept one state over `[start, end)`; `observed`: an event began it, else it was carried in."""

    start: int
    end: int
    state: State
    reported_at: int
    observed: bool


# -- when the park was open ------------------------------------------------------------------------------


def silences(day: ParkDay) -> list[Interval]:
    """Stretches without any event of the park longer than allowed; the last may reach beyond the day."""
    signs = [*day.feed]
    if day.feed_before is not None:
        signs.insert(0, day.feed_before)
    signs.append(max(day.horizon, day.covered_until) if day.feed_after is None else day.feed_after)
    return [(a, b) for a, b in pairwise(signs) if b - a > day.max_silence]


def operating_evidence(day: ParkDay, ride: int, segments: list[Segment]) -> list[Interval]:
    """When a ride surely operated: its state holds between two of its events of the day, and for a limited
    time after the last event before the day and the last one in it."""
    events = day.events.get(ride, [])
    known = day.memory.get(ride)
    lasts = ([known.last_event] if known else []) + [event.at for event in events[-1:]]
    sure = [(last, last + MAX_UNCONFIRMED_SECONDS) for last in lasts]
    sure += [(events[0].at, events[-1].at)] if events else []
    confirmed = merged(sure)
    return [part for run in runs(segments) for part in clipped(confirmed, *run)]


def runs(segments: list[Segment]) -> list[Interval]:
    """When a ride operated without a pause, whatever the wait."""
    found: list[Interval] = []
    begun: int | None = None
    for segment in segments:
        if is_operating(segment.state[0], False):
            if begun is None:
                begun = segment.start
        elif begun is not None:
            found.append((begun, segment.start))
            begun = None
    if begun is not None:
        found.append((begun, segments[-1].end))
    return found


def activity_spans(day: ParkDay, timelines: dict[int, list[Segment]], quiet: list[Interval]) -> list[Interval]:
    """Open spans from activity: the first to the last moment at which a ride operates (R-6.2).

    Operation over local midnight is the end of the evening before; the longest pause before noon parts it
    from the day's own opening.
    """
    evidence = (pair for ride, line in timelines.items() for pair in operating_evidence(day, ride, line))
    active = without(merged(evidence), quiet)
    if not active:
        return []
    whole = (active[0][0], active[-1][1])
    if whole[0] > day.midnight:
        return [whole]
    noon = day.midnight + 12 * HOUR
    pauses = [(b, c) for (_, b), (c, _) in pairwise(active) if b < noon]
    night = max(pauses, key=lambda pause: pause[1] - pause[0], default=None)
    if night is None:
        # Nothing after the night's end: an evening that ran over, or a park open around the clock.
        return [whole]
    if night[1] - night[0] < SHORTEST_NIGHT_SECONDS:
        return [whole]
    return [(whole[0], night[0]), (night[1], whole[1])]


def unknown_parts(spans: list[Interval], quiet: list[Interval], max_silence: int) -> list[Interval]:
    """Silent stretches inside opening hours that are longer than allowed (design §4)."""
    inside = (part for span in spans for part in clipped(quiet, *span))
    return [part for part in inside if part[1] - part[0] > max_silence]


def operates_after(timelines: dict[int, list[Segment]], at: int) -> bool:
    """Does any ride operate right after `at`, as far as is known?"""
    for line in timelines.values():
        current = next((segment for segment in reversed(line) if segment.start <= at), None)
        if current and is_operating(current.state[0], False):
            return True
    return False


def gaps(
    day: ParkDay, timelines: dict[int, list[Segment]], unknown: list[Interval], quiet: list[Interval]
) -> list[Interval]:
    """What to log as GAP: unknown parts, and a silence that began while rides of an unscheduled park ran."""
    if day.schedule is not None:
        return unknown
    broken_off = [(a, b) for a, b in quiet if day.start <= a < day.end and operates_after(timelines, a)]
    return merged([*unknown, *broken_off])


# -- rides -----------------------------------------------------------------------------------------------


def timeline(day: ParkDay, ride: int) -> list[Segment]:
    """A ride's states over the day; events that leave status and wait as they were lengthen the segment."""
    known = day.memory.get(ride)
    marks: list[tuple[int, State, int, bool]] = []
    state: State | None = None  # of the last mark
    observed_at = None  # the instant of the last mark, if an event made it
    if known:
        state = known.state
        marks.append((day.start, state, known.reported_at, False))
    for event in day.events.get(ride, ()):
        at = event.at
        if at == observed_at:
            marks.pop()  # of two events in one second the later wins
            state = marks[-1][1] if marks else None
            observed_at = marks[-1][0] if marks and marks[-1][3] else None
        listed = (event.status, event.wait)
        if listed != state or not marks:
            marks.append((at, listed, at, True))
            state, observed_at = listed, at
    ends = [mark[0] for mark in marks[1:]] + [day.horizon] if marks else []
    return [
        new_row(Segment, (start, end if end > start else start, state, reported, observed))
        for (start, state, reported, observed), end in zip(marks, ends, strict=True)
    ]


def ride_rows(
    day: ParkDay, ride: int, segments: list[Segment], spans: list[Interval], unknown: list[Interval]
) -> list[RideRow]:
    """A ride's rows: one at each observed change, and carried ones where a known stretch begins in mid-state."""
    live = day.live.get(ride, [])
    if live:
        unknown = merged([*unknown, *live])
    known_open = without(spans, unknown)
    closed = without([(day.start, day.horizon)], merged([*spans, *unknown]))
    known, open_park = edges(sorted([*known_open, *closed])), edges(spans)
    rows = []
    for start, end, (status, wait), reported, observed in (known for known in segments if known.state[0]):
        if observed and not (live and holding(live, start)):
            # The feed's last sign before a silence is known for no time at all.
            place = bisect_right(known, start)
            known_end = known[place] if place % 2 else start
            seconds = (end if end < known_end else known_end) - start
            park_open = bisect_right(open_park, start) % 2 == 1
            rows.append(new_row(RideRow, (ride, start, seconds, WORDS[status], wait, park_open, False, reported)))
        for opening, closing in known_open:
            if start <= opening < end and (start < opening or not observed):
                seconds = (end if end < closing else closing) - opening
                rows.append(new_row(RideRow, (ride, opening, seconds, WORDS[status], wait, True, True, reported)))
    rows.sort(key=BY_INSTANT)
    return rows


def change_rows(day: ParkDay, ride: int, segments: list[Segment]) -> list[ChangeRow]:
    """Status changes (R-13); the first state ever seen is none."""
    known = day.memory.get(ride)
    since = known.status_since if known else (segments[0].start if segments else day.start)
    rows = []
    for before, after in pairwise(segment for segment in segments if segment.state[0]):
        if before.state[0] == after.state[0]:
            continue
        minutes = (after.start - since) // 60
        since = after.start
        if not holding(day.live.get(ride, ()), since):  # live collection noted its own
            rows.append(ChangeRow(ride, since, before.state[0], after.state[0], minutes, after.state[1]))
    return rows


def queue_rows(day: ParkDay, ride: int) -> list[QueueRow]:
    """Every queue reported by every event; of two events in one second the later wins."""
    latest = {event.at: event.queues for event in day.events.get(ride, ())}
    live = day.live.get(ride, ())
    if live:
        latest = {at: queues for at, queues in latest.items() if not holding(live, at)}
    return [new_row(QueueRow, (ride, at, queue)) for at, queues in latest.items() for queue in queues]


# -- the park --------------------------------------------------------------------------------------------


class ParkClock:
    """Walks through a day and says the park's figures at ever later instants (R-7.2, R-10.1).

    Between two instants only the rides are looked at again whose state or whose place in the score has changed.
    """

    def __init__(self, day: ParkDay, timelines: dict[int, list[Segment]], known_open: list[Interval]) -> None:
        self.day = day
        self.timelines = timelines
        self.states: dict[int, State] = {}
        self.running: set[int] = set()
        self.waits: dict[int, int] = {}  # plausible ones, of running rides
        self.down: set[int] = set()
        self.counting: set[int] = set()  # rides that operated within the inclusion window
        self.operated: dict[int, int | None] = {ride: known.last_operated for ride, known in day.memory.items()}
        self.average: tuple[Decimal | None, int | None] | None = None  # mean and longest wait, until one changes
        self.share: Decimal | None = None  # the score, until it changes
        turns: list[tuple[int, int, State | None]] = []
        changes: list[tuple[int, int, bool]] = []
        for ride, line in timelines.items():
            turns += [(segment.start, ride, segment.state) for segment in line]
            if line:
                turns.append((line[-1].end + 1, ride, None))  # at the horizon the last state still counts
            changes += self.included(ride, operations(line, known_open))
        self.turns = sorted(turns, key=BEGINNING)
        self.changes = sorted(changes, key=BEGINNING)
        self.next_turn = self.next_change = 0

    def included(self, ride: int, ran: list[Interval]) -> Iterator[tuple[int, int, bool]]:
        """From when on a ride enters the score or leaves it; notes when it last operated in the open park.

        The window is longer than a day: who operated in the day stays to its end.
        """
        before = self.operated.get(ride)
        leaves = None if before is None else before + INCLUSION_WINDOW_SECONDS + 1
        if leaves is not None and leaves > self.day.start:
            yield self.day.start, ride, True
        if ran:
            self.operated[ride] = max(before or 0, *(end for _, end in ran))
            enters = min(start for start, _ in ran) + 1
            if leaves is not None and self.day.start < leaves < enters:
                yield leaves, ride, False
            yield enters, ride, True
        elif leaves is not None:
            yield leaves, ride, False

    def advance(self, at: int) -> None:
        """Take in whatever happened until `at`, included."""
        turns, i = self.turns, self.next_turn
        while i < len(turns) and turns[i][0] <= at:
            self.turn(turns[i][1], turns[i][2])
            self.average = self.share = None
            i += 1
        self.next_turn = i
        changes, i = self.changes, self.next_change
        while i < len(changes) and changes[i][0] <= at:
            (self.counting.add if changes[i][2] else self.counting.discard)(changes[i][1])
            self.share = None
            i += 1
        self.next_change = i

    def turn(self, ride: int, state: State | None) -> None:
        """A ride enters a state, or is not known any more."""
        self.running.discard(ride)
        self.down.discard(ride)
        self.waits.pop(ride, None)
        if state is None or state[0] is None:
            self.states.pop(ride, None)
            return
        self.states[ride] = state
        status, wait = state
        if is_operating(status, False):
            self.running.add(ride)
            if wait is not None and is_plausible_wait(wait):
                self.waits[ride] = wait
        elif is_down(status, False, self.day.reports_down):
            self.down.add(ride)

    def row(self, at: int, seconds: int, park_open: bool) -> ParkRow:
        self.advance(at)
        avg_wait, max_wait = self.wait_figures()
        score = self.score() if park_open else None
        figures = (len(self.states), len(self.running), avg_wait, max_wait)
        return new_row(ParkRow, (at, seconds, *figures, park_open, score))

    def wait_figures(self) -> tuple[Decimal | None, int | None]:
        """Mean and longest wait of the running rides (R-7.2)."""
        if self.average is None:
            waits = self.waits.values()
            self.average = (mean(sum(waits), len(waits)), max(waits)) if waits else (None, None)
        return self.average

    def score(self) -> Decimal:
        """R-10.1: weight down over weight of the rides that operated within seven days before."""
        if self.share is None:
            rides = self.day.rides
            weights = {ride: rides[ride].weight for ride in self.counting if ride in rides and rides[ride].is_active}
            self.share = score_of(sum(weights[ride] for ride in self.down if ride in weights), sum(weights.values()))
        return self.share


# Few shares and few means occur, and each many times.
score_of = lru_cache(VALUES_KEPT)(shame_score)


@lru_cache(VALUES_KEPT)
def mean(total: int, count: int) -> Decimal:
    """Of waits in minutes, to two decimals (R-7.2)."""
    return half_up(Decimal(total) / count, 2)


def operations(line: list[Segment], known_open: list[Interval]) -> list[Interval]:
    """When a ride operated while the park is known to have been open."""
    return [part for run in runs(line) for part in clipped(known_open, *run)]


def park_rows(day: ParkDay, clock: ParkClock, spans: list[Interval], unknown: list[Interval]) -> list[ParkRow]:
    """The park on the collection grid while it is open, and one row where it closes."""
    horizon = max(day.horizon, day.start)
    known = clipped(without(spans, merged([*unknown, *day.live_park])), day.start, horizon)
    # Where the data end while a park without schedule runs, it has not closed.
    running = day.schedule is None and day.horizon < day.end and operates_after(clock.timelines, day.horizon)
    marks = {closing for _, closing in spans if closing < day.end and not (running and closing == day.horizon)}
    if not spans and day.feed:
        marks = {day.feed[0]}
    closed = without([(day.start, horizon)], merged([*spans, *unknown, *day.live_park]))
    instants: list[tuple[int, int, bool]] = []
    for opening, closing in known:
        points = [opening, *range(opening - opening % day.grid + day.grid, closing, day.grid), closing]
        instants += [(a, b - a, True) for a, b in pairwise(points)]
    for mark in marks:
        stretch = holding(closed, mark)
        if stretch or mark == horizon:
            instants.append((mark, (stretch or (mark, mark))[1] - mark, False))
    return [clock.row(*instant) for instant in sorted(instants)]


def remembered(day: ParkDay, timelines: dict[int, list[Segment]], clock: ParkClock) -> dict[int, RideMemory]:
    """What the next day needs to know."""
    memory = dict(day.memory)
    for ride, line in timelines.items():
        if not line:
            continue
        known = day.memory.get(ride)
        since = known.status_since if known else line[0].start
        for before, after in pairwise(segment for segment in line if segment.state[0]):
            since = since if before.state[0] == after.state[0] else after.start
        events = day.events.get(ride)
        memory[ride] = RideMemory(
            state=line[-1].state,
            reported_at=line[-1].reported_at,
            last_event=events[-1].at if events else (known.last_event if known else line[-1].start),
            status_since=since,
            last_operated=clock.operated.get(ride),
        )
    return memory


def build_day(day: ParkDay) -> DayRows:
    """Everything to store of one park-local day, a function of the day's events and what was known before."""
    rides = sorted({*day.memory, *day.events})
    timelines = {ride: timeline(day, ride) for ride in rides}
    quiet = silences(day)
    scheduled = None if day.schedule is None else clipped(day.schedule, day.start, day.end)
    spans = merged(scheduled if scheduled is not None else [*day.night, *activity_spans(day, timelines, quiet)])
    unknown = unknown_parts(spans, quiet, day.max_silence)
    result = DayRows(spans=spans, gaps=gaps(day, timelines, unknown, quiet))
    unknown = merged([*unknown, *clipped(result.gaps, day.start, day.end)])
    known_open = without(spans, unknown)
    for ride, segments in timelines.items():
        result.rides += ride_rows(day, ride, segments, spans, unknown)
        result.changes += change_rows(day, ride, segments)
        result.queues += queue_rows(day, ride)
    clock = ParkClock(day, timelines, known_open)
    result.parks = park_rows(day, clock, spans, unknown)
    result.memory = remembered(day, timelines, clock)
    return result
