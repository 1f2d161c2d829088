"""From the events of one park-local day to rows with durations (design §4). Pure: no database, no clock.
A state without a status is unknown for as long as it lasts (N-7): it gives no row, no change, and is in no figure.

Instants are whole seconds since 1970, UTC. An *interval* is a half-open pair `(start, end)`.
"""

from bisect import bisect_right
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter

from core.intervals import Interval, clipped, edges, holding, merged, without
from core.rounding import half_up
from core.shortcuts import new_row
from importer.days.shapes import (
    HOUR,
    ChangeRow,
    DayRows,
    ParkDay,
    ParkRow,
    QueueRow,
    RideMemory,
    RideRow,
    Segment,
    State,
)
from parks.models import INCLUSION_WINDOW
from snapshots.score import shame_score
from snapshots.status import WORDS, is_down, is_operating, is_plausible_wait
from snapshots.witnesses import Runs, open_spans, running_apart, witnesses

# The provider itself calls OPERATING unconfirmed for so long unknown (sources 2.3); it proves no activity.
MAX_UNCONFIRMED_SECONDS = 4 * HOUR
INCLUSION_WINDOW_SECONDS = int(INCLUSION_WINDOW.total_seconds())
BEGINNING, BY_INSTANT = itemgetter(0), itemgetter(1)
VALUES_KEPT = 1 << 16


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
    return [part for run in operating_runs(segments) for part in clipped(confirmed, *run)]


def operating_runs(segments: list[Segment]) -> list[Interval]:
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


def operation(day: ParkDay, timelines: dict[int, list[Segment]]) -> Runs:
    """When each ride surely operated, of those that did."""
    evidence = ((ride, operating_evidence(day, ride, line)) for ride, line in timelines.items())
    return {ride: found for ride, found in evidence if found}


def activity_spans(day: ParkDay, runs: Runs, apart: set[int], quiet: list[Interval]) -> list[Interval]:
    """Open spans from activity: while enough of the park's rides operate (N-8).

    A silence may lie in a span, but none begins or ends in one.
    """
    memory = day.memory.items()
    lately = {ride for ride, known in memory if is_recent(known.last_operated, day.start)}
    apart = apart | {ride for ride, known in memory if is_recent(known.last_apart, day.start)}
    asked = witnesses(lately, set(runs), {*day.memory, *day.events}, apart)
    known = (without([span], quiet) for span in open_spans(runs, asked))
    return [(parts[0][0], parts[-1][1]) for parts in known if parts]


def apart_on(day: ParkDay, runs: Runs, quiet: list[Interval]) -> set[int]:
    """The rides that run apart from the others on this day."""
    return running_apart(runs, without([(day.start, day.horizon)], quiet))


def is_recent(at: int | None, start: int) -> bool:
    return at is not None and at >= start - INCLUSION_WINDOW_SECONDS


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
    return [part for run in operating_runs(line) for part in clipped(known_open, *run)]


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


def remembered(
    day: ParkDay, timelines: dict[int, list[Segment]], clock: ParkClock, apart: set[int]
) -> dict[int, RideMemory]:
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
            last_apart=day.midnight if ride in apart else (known.last_apart if known else None),
        )
    return memory


def build_day(day: ParkDay) -> DayRows:
    """Everything to store of one park-local day, a function of the day's events and what was known before."""
    rides = sorted({*day.memory, *day.events})
    timelines = {ride: timeline(day, ride) for ride in rides}
    quiet = silences(day)
    scheduled = None if day.schedule is None else clipped(day.schedule, day.start, day.end)
    apart: set[int] | None = None
    if scheduled is None:
        runs = operation(day, timelines)
        apart = apart_on(day, runs, quiet)
        scheduled = [*day.night, *activity_spans(day, runs, apart, quiet)]
    spans = merged(scheduled)
    unknown = unknown_parts(spans, quiet, day.max_silence)
    result = DayRows(spans=spans, gaps=gaps(day, timelines, unknown, quiet), apart=apart)
    unknown = merged([*unknown, *clipped(result.gaps, day.start, day.end)])
    known_open = without(spans, unknown)
    for ride, segments in timelines.items():
        result.rides += ride_rows(day, ride, segments, spans, unknown)
        result.changes += change_rows(day, ride, segments)
        result.queues += queue_rows(day, ride)
    clock = ParkClock(day, timelines, known_open)
    result.parks = park_rows(day, clock, spans, unknown)
    result.memory = remembered(day, timelines, clock, apart or set())
    return result
