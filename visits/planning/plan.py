"""A plan: the chosen rides of a park on a date, in their order, with what is expected and where that comes from.

Reading is done once (`Ground`); the order and the stops are computed from it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from math import ceil

from parks.catalog.places import Place
from parks.models import Park, Ride
from visits.models import Pace
from visits.planning.opening import Hours, PlanSpan, instant_of, plan_span
from visits.planning.order import best_order, earliest_ends
from visits.planning.waits import (
    ExpectedWait,
    History,
    expected_waits,
    history_before,
    quarter_at,
    quarters_between,
)
from visits.planning.walking import UNKNOWN_MINUTES, walk_minutes

MOST_RIDES = 30
ASSUMED_WAIT, ASSUMED_RIDE = 30, 5  # minutes: where no wait is known, and on the ride, which no source knows
UNRELIABLE_BELOW = 90.0  # percent available
MINUTE, ONE_DAY = timedelta(minutes=1), timedelta(days=1)


class Flag(StrEnum):
    CLOSED = "closed"  # it ran on none of the last days of which anything is known
    UNRELIABLE = "unreliable"  # its availability is below 90 %
    HEIGHT = "height"  # its limits refuse somebody of the party
    WAIT_UNKNOWN = "wait_unknown"
    NO_TIME = "no_time"  # it does not fit before the end


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be planned. `at` and `last`: go on from this instant, and from this ride."""

    park: Park
    day: date
    rides: Sequence[Ride]  # with their metadata
    start: time | None = None
    end: time | None = None
    heights: Sequence[int] = ()
    pace: Pace = Pace.NORMAL
    at: datetime | None = None
    last: Ride | None = None


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """Minutes; None: unknown. Without an arrival the ride has no place in the plan, and a flag says why."""

    ride: Ride
    arrival: datetime | None
    walk: int | None
    wait: ExpectedWait | None
    flags: tuple[Flag, ...]
    availability: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    park: Park
    day: date
    span: PlanSpan
    stops: list[PlannedStop]
    ends_at: datetime | None  # None: no ride has a place in it
    planned_for: Asked = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ground:
    """What was read for a plan."""

    asked: Asked
    span: PlanSpan
    history: History
    waits: Mapping[int, Mapping[int, ExpectedWait]]

    def wait_at(self, ride: Ride, at: datetime) -> ExpectedWait | None:
        return self.waits.get(ride.pk, {}).get(quarter_at(at.timestamp(), self.asked.park.timezone))

    def flags(self, ride: Ride) -> list[Flag]:
        available = self.history.availability(ride.pk)
        found = []
        if self.history.is_closed(ride.pk):
            found.append(Flag.CLOSED)
        elif available is not None and available < UNRELIABLE_BELOW:
            found.append(Flag.UNRELIABLE)
        if refuses(ride, self.asked.heights):
            found.append(Flag.HEIGHT)
        return found


def read_ground(asked: Asked, now: datetime) -> Ground:
    """Eleven queries at most, however many rides there are."""
    span = plan_span(asked.park, asked.day, asked.start, asked.end)
    if asked.at is not None:
        begins = max(span.start, whole_minute(asked.at))
        span = PlanSpan(span.hours, span.windows, begins, span.end, span.is_assumed)
    history = history_before(asked.park, [ride.pk for ride in asked.rides], asked.day, now)
    quarters = set(quarters_between(span.start, span.end, asked.park.timezone)) if span.start < span.end else set()
    return Ground(asked, span, history, expected_waits(asked.park, history, asked.day, quarters, now))


def whole_minute(at: datetime) -> datetime:
    """Rounded up."""
    cut = at.replace(second=0, microsecond=0)
    return cut if cut == at else cut + MINUTE


def make_plan(asked: Asked, now: datetime) -> Plan:
    """The best order of the rides; those that are closed or do not fit come last. Same data, same plan."""
    ground = read_ground(asked, now)
    rides = sorted(asked.rides, key=lambda ride: ride.pk)
    runs = [ride for ride in rides if Flag.CLOSED not in ground.flags(ride)]
    length = max(0, int((ground.span.end - ground.span.start) / MINUTE))
    tables = [earliest_ends(costs(ground, ride, length), length) for ride in runs]
    first = [walk_between(asked, asked.last, ride) for ride in runs]
    walks = [[walk_between(asked, one, other) for other in runs] for one in runs]
    order = best_order(first, walks, [done for done, _ in tables])
    stops, at, last = [], 0, -1
    for number in order:
        walk = walks[last][number] if last >= 0 else first[number]
        done, join = tables[number]
        arrival = ground.span.start + join[at + walk] * MINUTE
        stops.append(planned(ground, runs[number], arrival, walk))
        at, last = done[at + walk], number
    placed = {runs[number].pk for number in order}
    stops += [planned(ground, ride, None, None) for ride in rides if ride.pk not in placed]
    return Plan(asked.park, asked.day, ground.span, stops, ground.span.start + at * MINUTE if order else None, asked)


def stored_plan(asked: Asked, arrivals: Sequence[time | None], now: datetime) -> Plan:
    """The same of rides whose order and arrivals (by the park's clock) are stored; an arrival before the start of the
    visit lies after midnight."""
    ground = read_ground(asked, now)
    stops, last, ends_at = [], asked.last, None
    for ride, clock in zip(asked.rides, arrivals, strict=True):
        arrival = None if clock is None else arrival_of(ground, clock)
        walk = None if arrival is None else walk_between(asked, last, ride)
        stop = planned(ground, ride, arrival, walk)
        stops.append(stop)
        if arrival is not None:
            last, ends_at = ride, arrival + minutes_there(stop.wait) * MINUTE
    return Plan(asked.park, asked.day, ground.span, stops, ends_at, asked)


def arrival_of(ground: Ground, clock: time) -> datetime:
    """On the visit's date, unless the next one alone lies in the visit."""
    asked, span = ground.asked, ground.span
    at, later = (instant_of(asked.park, day, clock) for day in (asked.day, asked.day + ONE_DAY))
    return later if at < span.start and later <= span.end else at


def planned(ground: Ground, ride: Ride, arrival: datetime | None, walk: int | None) -> PlannedStop:
    flags = ground.flags(ride)
    wait = ground.wait_at(ride, arrival) if arrival is not None else None
    if arrival is not None and wait is None:
        flags.append(Flag.WAIT_UNKNOWN)
    if arrival is None and Flag.CLOSED not in flags:
        flags.append(Flag.NO_TIME)
    return PlannedStop(ride, arrival, walk, wait, tuple(flags), ground.history.availability(ride.pk))


def costs(ground: Ground, ride: Ride, length: int) -> list[int]:
    """Minutes in line and on the ride for who joins at each minute of the span."""
    start, zone = int(ground.span.start.timestamp()), ground.asked.park.timezone
    profile = ground.waits.get(ride.pk, {})
    found: list[int] = []
    while len(found) <= length:
        # all zones' quarters begin at whole quarters of UTC's hours
        at = start + 60 * len(found)
        until_next = 15 - at // 60 % 15
        found += [minutes_there(profile.get(quarter_at(at, zone)))] * until_next
    return found[: length + 1]


def minutes_there(wait: ExpectedWait | None) -> int:
    return (ASSUMED_WAIT if wait is None else ceil(wait.minutes)) + ASSUMED_RIDE


def walk_between(asked: Asked, one: Ride | None, other: Ride) -> int:
    """From the gate (None), whose place nobody knows, the default."""
    if one is not None and one.pk == other.pk:
        return 0
    return walk_minutes(None if one is None else place_of(one), place_of(other), asked.pace)


def place_of(ride: Ride) -> Place | None:
    metadata = getattr(ride, "metadata", None)
    if metadata is None or metadata.latitude is None or metadata.longitude is None:
        return None
    return float(metadata.latitude), float(metadata.longitude)


def refuses(ride: Ride, heights: Collection[int]) -> bool:
    """Does a known limit of the ride refuse one of the party?"""
    metadata = getattr(ride, "metadata", None)
    if metadata is None:
        return False
    least, most = metadata.height_min_cm, metadata.height_max_cm
    return any((least and height < least) or (most and height > most) for height in heights)


def assumptions(plan: Plan) -> list[str]:
    """What the plan takes for granted, in words."""
    found = [
        f"The ride itself takes {ASSUMED_RIDE} minutes: no source says how long it is.",
        f"Walks are 1.4 times the distance on the map; {UNKNOWN_MINUTES} minutes where a place is unknown, and from"
        " the gate.",
    ]
    if any(Flag.WAIT_UNKNOWN in stop.flags for stop in plan.stops):
        found.append(f"A wait that is unknown is planned as {ASSUMED_WAIT} minutes.")
    if plan.span.hours == Hours.UNKNOWN:
        assumed = "; 10:00 to 18:00 is assumed where the visit does not say" if plan.span.is_assumed else ""
        found.append(f"The hours of the park on this date are unknown{assumed}.")
    if plan.span.hours == Hours.CLOSED:
        found.append("The park says that it is closed on this date.")
    return found
