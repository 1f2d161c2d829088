"""What rides did through the opening hours of local days, spell by spell, and what nobody knows (design §4)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from core.database.expressions import SecondsSince
from core.instants import day_seconds, instant, seconds
from core.intervals import merged, without
from core.periods import Days
from core.zones import local_date
from parks.models import Park
from snapshots.models import RideStatusSnapshot
from snapshots.status import Status, counted_status
from stats.measures.buckets import OBSERVED, Spans, as_stored
from stats.measures.hours_open import spans_by_day
from stats.measures.ride_measures import OPEN, RideMeasures, carried_over

UNKNOWN = "UNKNOWN"  # the park was open and nothing is known of the ride
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Spell:
    """An unbroken time in one state: a Status, or UNKNOWN. Seconds since 1970, [start, end)."""

    start: int
    end: int
    state: str

    @property
    def seconds(self) -> int:
        return self.end - self.start

    @property
    def is_operating(self) -> bool:
        return self.state == Status.OPERATING

    @property
    def is_down(self) -> bool:
        return self.state == Status.DOWN

    @property
    def is_unknown(self) -> bool:
        return self.state == UNKNOWN


RideDate = tuple[int, date]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Spells in order by ride and local day, and when the park was open on each day.

    A ride that was not seen in the open park on a day is missing on that day.
    """

    park: Park
    days: Days
    spells: dict[RideDate, list[Spell]]
    opened: dict[date, Spans]
    carried: frozenset[int] = frozenset()  # rides whose first spell began, down, on the day before (N-11)

    def of(self, ride: int) -> Iterator[tuple[date, list[Spell]]]:
        """Each day of a ride, first day first; an empty list: not seen in the open park."""
        for n in range((self.days.last - self.days.first).days + 1):
            day = self.days.first + n * ONE_DAY
            yield day, self.spells.get((ride, day), [])


def timeline_of(park: Park, rides: Collection[int], days: Days, now: datetime) -> Timeline:
    """The spells of a park's rides on local days, up to `now`; at most six queries.

    What counts as operating and as down is said by R-4.5 and R-5.1; on a day on which a ride did not operate
    (R-5.3) down is closed (R-4.7). Unknown is open time without a report, as in the daily rows.
    """
    bounds = day_bounds(park, days)
    end = seconds(now)
    spells = observed_spells(park, rides, bounds, end)
    today = local_date(now, park.timezone)
    spans = spans_by_day([park], list(bounds)) if bounds and days.first <= today else {}
    opened = {day: until(spans.get((park.pk, day), []), end) for day in bounds}
    for (ride, day), found in spells.items():
        counts = operated(ride, park, found, is_over=day < today)
        spells[ride, day] = with_unknown(joined(found if counts else without_downtime(found)), opened[day])
    return Timeline(park, days, spells, opened, carried_into(park, days.first, spells, bounds))


def carried_into(
    park: Park, day: date, spells: dict[RideDate, list[Spell]], bounds: dict[date, tuple[int, int]]
) -> frozenset[int]:
    """The rides whose first spell is an outage that began on the day before; at most two queries."""
    down = [
        ride
        for (ride, on), found in spells.items()
        if on == day and found and found[0].is_down and found[0].start == bounds[day][0]
    ]
    return frozenset(carried_over(down, park, day))


def day_bounds(park: Park, days: Days) -> dict[date, tuple[int, int]]:
    """[start, end) of each local day, in seconds since 1970."""
    listed = (days.first + n * ONE_DAY for n in range((days.last - days.first).days + 1))
    return {day: day_seconds(day, park.timezone) for day in listed}


def until(spans: Spans, end: int) -> Spans:
    return [(start, min(stop, end)) for start, stop in spans if start < end]


def observed_spells(
    park: Park, rides: Collection[int], bounds: dict[date, tuple[int, int]], end: int
) -> dict[RideDate, list[Spell]]:
    """What was reported in the open park, in order; what a ride reported while it stood elsewhere is left out. One
    query."""
    ranges = list(bounds.items())
    first, last = ranges[0][1][0], min(ranges[-1][1][1], end)
    rows = RideStatusSnapshot.objects.filter(
        OBSERVED, ride__in=list(rides), recorded_at__gte=instant(first), recorded_at__lt=instant(last), **OPEN
    )
    columns = ("ride_id", "park_id", "at", "duration_seconds", "status", "is_running")
    listed: Any = rows.annotate(at=SecondsSince("recorded_at", 0), is_running=as_stored("computed_is_open"))
    states: dict[tuple[str | None, int], Status] = {}
    found: dict[RideDate, list[list[Any]]] = {}  # [start, end, state]: a month of live rows is read for one page
    current: list[list[Any]] = []
    ride, place, stop = 0, 0, 0
    for pk, home, at, lasting, status, is_running in listed.order_by("ride_id", "recorded_at").values_list(*columns):
        if home != park.pk:
            continue
        if pk != ride or at >= stop:
            place = place if pk == ride else 0
            while at >= ranges[place][1][1]:
                place += 1
            ride, stop = pk, ranges[place][1][1]
            current = found.setdefault((pk, ranges[place][0]), [])
        state = states.get((status, is_running))
        if state is None:
            state = states[status, is_running] = counted_status(status, bool(is_running), park.reports_down)
        if current and current[-1][1] == at and current[-1][2] is state:
            current[-1][1] = at + lasting
        else:
            current.append([at, at + lasting, state])
    return {
        key: [Spell(begin, min(till, end), state) for begin, till, state in spells] for key, spells in found.items()
    }


def operated(ride: int, park: Park, spells: Sequence[Spell], is_over: bool) -> bool:
    """R-5.3: inside a day that still runs a breakdown is evidence too, where the feed says breakdowns."""
    up, down = (
        sum(spell.seconds for spell in spells if spell.state == state) for state in (Status.OPERATING, Status.DOWN)
    )
    measures = RideMeasures(ride, park.pk, up_seconds=up, down_seconds=down)
    return measures.operated(evidence_by_down=park.reports_down and not is_over)


def without_downtime(spells: Iterable[Spell]) -> list[Spell]:
    return [replace(spell, state=Status.CLOSED) if spell.is_down else spell for spell in spells]


def joined(spells: Sequence[Spell]) -> list[Spell]:
    """Spells of one state that touch, as one."""
    found: list[Spell] = []
    for spell in spells:
        if found and found[-1].end == spell.start and found[-1].state == spell.state:
            found[-1] = replace(found[-1], end=spell.end)
        else:
            found.append(spell)
    return found


def with_unknown(spells: Sequence[Spell], opened: Spans) -> list[Spell]:
    """The spells, and between them the open time nobody reported on."""
    reported = merged((spell.start, spell.end) for spell in spells)
    unknown = [Spell(start, end, UNKNOWN) for start, end in without(opened, reported)]
    return sorted([*spells, *unknown], key=lambda spell: spell.start)
