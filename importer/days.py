"""From the events of one park-local day to rows with durations (design §4). Pure: no database, no clock.

Instants are whole seconds since 1970, UTC. An *interval* is a half-open pair `(start, end)`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from importer.events import Event
from parks.models import INCLUSION_WINDOW
from parks.rounding import half_up
from snapshots.queues import QueueState
from snapshots.score import shame_score
from snapshots.status import Status, is_down, is_operating, is_plausible_wait

Interval = tuple[int, int]
State = tuple[Status | None, int | None]

HOUR = 3_600
# The provider itself calls OPERATING unconfirmed for so long unknown (sources 2.3); it proves no activity.
MAX_UNCONFIRMED_SECONDS = 4 * HOUR
# A park that runs over midnight belongs to the evening before up to the longest pause before noon.
SHORTEST_NIGHT_SECONDS = HOUR
INCLUSION_WINDOW_SECONDS = int(INCLUSION_WINDOW.total_seconds())


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
    schedule: list[Interval] | None  # None: no schedule stored for the date
    live: dict[int, list[Interval]] = field(default_factory=dict)  # by ride, covered by live rows
    live_park: list[Interval] = field(default_factory=list)
    now: int = 0  # the importer's clock
    max_silence: int = 2 * HOUR
    grid: int = 300

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
    status: Status | None
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


# -- intervals -------------------------------------------------------------------------------------------


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Sorted intervals without overlap; touching ones become one, empty ones vanish."""
    result: list[Interval] = []
    for start, end in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def without(intervals: Iterable[Interval], holes: Sequence[Interval]) -> list[Interval]:
    """`intervals` less `holes`; both sorted and without overlap."""
    result = []
    for interval_start, end in intervals:
        start = interval_start
        for hole_start, hole_end in holes:
            if hole_end <= start or hole_start >= end:
                continue
            if hole_start > start:
                result.append((start, hole_start))
            start = hole_end
        if start < end:
            result.append((start, end))
    return result


def clipped(intervals: Iterable[Interval], start: int, end: int) -> list[Interval]:
    pairs = ((max(a, start), min(b, end)) for a, b in intervals)
    return [(a, b) for a, b in pairs if a < b]


def holding(intervals: Iterable[Interval], at: int) -> Interval | None:
    """The interval that contains `at`."""
    return next(((a, b) for a, b in intervals if a <= at < b), None)


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
    evidence: list[Interval] = []
    for segment in segments:
        if is_operating(segment.state[0], False):
            evidence += clipped(confirmed, segment.start, segment.end)
    return evidence


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
    if known:
        marks.append((day.start, known.state, known.reported_at, False))
    for event in day.events.get(ride, ()):
        if marks and event.at == marks[-1][0] and marks[-1][3]:
            marks.pop()  # of two events in one second the later wins
        if not marks or marks[-1][1] != event.state:
            marks.append((event.at, event.state, event.at, True))
    ends = [mark[0] for mark in marks[1:]] + [day.horizon]
    return [
        Segment(start, max(start, end), state, reported, observed)
        for (start, state, reported, observed), end in zip(marks, ends, strict=True)
    ]


def ride_rows(
    day: ParkDay, ride: int, segments: list[Segment], spans: list[Interval], unknown: list[Interval]
) -> list[RideRow]:
    """A ride's rows: one at each observed change, and carried ones where a known stretch begins in mid-state."""
    live = day.live.get(ride, [])
    known_open = without(spans, merged([*unknown, *live]))
    closed = without([(day.start, day.horizon)], merged([*spans, *unknown, *live]))
    rows = []
    for segment in segments:
        if segment.observed and not holding(live, segment.start):
            rows.append(observed_row(ride, segment, spans, known_open, closed))
        for opening, closing in known_open:
            starts_before = segment.start < opening or (segment.start == opening and not segment.observed)
            if starts_before and opening < segment.end:
                until = min(segment.end, closing)
                rows.append(RideRow(ride, opening, until - opening, *segment.state, True, True, segment.reported_at))
    return sorted(rows, key=lambda row: row.at)


def observed_row(
    ride: int, segment: Segment, spans: list[Interval], known_open: list[Interval], closed: list[Interval]
) -> RideRow:
    """The row of an event. The feed's last sign before a silence is known for no time at all."""
    at = segment.start
    stretch = holding(known_open, at) or holding(closed, at) or (at, at)
    seconds = min(segment.end, stretch[1]) - at
    return RideRow(ride, at, seconds, *segment.state, holding(spans, at) is not None, False, segment.reported_at)


def change_rows(day: ParkDay, ride: int, segments: list[Segment]) -> list[ChangeRow]:
    """Status changes (R-13); the first state ever seen is none."""
    known = day.memory.get(ride)
    since = known.status_since if known else (segments[0].start if segments else day.start)
    rows = []
    for before, after in pairwise(segments):
        if before.state[0] == after.state[0]:
            continue
        minutes = (after.start - since) // 60
        since = after.start
        if not holding(day.live.get(ride, ()), since):  # live collection noted its own
            rows.append(ChangeRow(ride, since, before.state[0], after.state[0], minutes, after.state[1]))
    return rows


def queue_rows(day: ParkDay, ride: int) -> list[QueueRow]:
    """Every queue told by every event; of two events in one second the later wins."""
    latest = {event.at: event.queues for event in day.events.get(ride, ())}
    live = day.live.get(ride, ())
    return [QueueRow(ride, at, queue) for at, queues in latest.items() if not holding(live, at) for queue in queues]


# -- the park --------------------------------------------------------------------------------------------


class ParkClock:
    """Walks through a day and tells the park's figures at ever later instants (R-7.2, R-10.1)."""

    def __init__(self, day: ParkDay, timelines: dict[int, list[Segment]], known_open: list[Interval]) -> None:
        self.day = day
        self.timelines = timelines
        self.known_open = known_open
        self.index = dict.fromkeys(timelines, 0)
        self.operated = {ride: known.last_operated for ride, known in day.memory.items()}

    def state(self, ride: int, at: int) -> State | None:
        """The ride's state at `at`; notes on the way when it last operated in the open park."""
        line = self.timelines[ride]
        i = self.index[ride]
        while i < len(line) and line[i].end <= at:
            self.note(ride, line[i], at)
            i += 1
        self.index[ride] = i
        if i == len(line):
            # At the horizon the last state still counts.
            return line[-1].state if line and line[-1].end == at else None
        if line[i].start > at:
            return None
        self.note(ride, line[i], at)
        return line[i].state

    def note(self, ride: int, segment: Segment, at: int) -> None:
        if not is_operating(segment.state[0], False):
            return
        for opening, closing in self.known_open:
            until = min(segment.end, closing, at)
            if until > max(segment.start, opening):
                self.operated[ride] = max(until, self.operated.get(ride) or until)

    def row(self, at: int, seconds: int, park_open: bool) -> ParkRow:
        states = {ride: state for ride in self.timelines if (state := self.state(ride, at)) is not None}
        running = [state for state in states.values() if is_operating(state[0], False)]
        waits = [wait for _, wait in running if wait is not None and is_plausible_wait(wait)]
        return ParkRow(
            at=at,
            seconds=seconds,
            total=len(states),
            open=len(running),
            avg_wait=half_up(Decimal(sum(waits)) / len(waits), 2) if waits else None,
            max_wait=max(waits, default=None),
            park_open=park_open,
            score=self.score(states, at) if park_open else None,
        )

    def score(self, states: dict[int, State], at: int) -> Decimal:
        """R-10.1: weight down over weight of the rides that operated within seven days before `at`."""
        capacity = down = 0
        for ride, facts in self.day.rides.items():
            operated = self.operated.get(ride)
            if not facts.is_active or operated is None or operated < at - INCLUSION_WINDOW_SECONDS:
                continue
            capacity += facts.weight
            state = states.get(ride)
            if state is not None and is_down(state[0], state[0] == Status.OPERATING, self.day.reports_down):
                down += facts.weight
        return shame_score(down, capacity)


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
        clock.state(ride, day.end)
        if not line:
            continue
        known = day.memory.get(ride)
        since = known.status_since if known else line[0].start
        for before, after in pairwise(line):
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
    spans = activity_spans(day, timelines, quiet) if scheduled is None else merged(scheduled)
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
