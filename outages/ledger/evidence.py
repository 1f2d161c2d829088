"""What the observations around an outage say of how sure it is."""

from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from core.database.expressions import SecondsSince
from core.instants import instant, seconds
from outages.models import Doubt, Source
from parks.models import DECIDING, Park, ParkSchedule
from parks.opening_windows import NO_PLAN, plans_of_days
from snapshots.models import DataSource, RideStatusSnapshot
from snapshots.status import Status, down
from stats.measures.buckets import OBSERVED
from stats.measures.ride_measures import Stretch


@dataclass(slots=True)
class Line:
    """The observations of a ride on a local day, in order; instants in seconds since 1970."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    states: list[tuple[str | None, bool, str]] = field(default_factory=list)  # status, carried, source

    def inside(self, stretch: Stretch) -> slice:
        """Which of them make the stretch."""
        return slice(bisect_left(self.starts, seconds(stretch.start)), bisect_left(self.starts, seconds(stretch.end)))


@dataclass(frozen=True, slots=True)
class Hours:
    """When a park planned to be open on a local day, and how that is known."""

    windows: tuple[tuple[datetime, datetime], ...]
    is_planned: bool
    is_set_by_hand: bool

    @property
    def edges(self) -> set[datetime]:
        return {edge for window in self.windows for edge in window}


def lines_of(
    park: Park, rides: Collection[int], whole: Collection[int], start: datetime, until: datetime
) -> dict[int, Line]:
    """The observations down of some rides in [start, until), by ride, and all of those in `whole`; one or two queries.

    Only where something is unknown, or the day still runs, does it matter what lies around an outage.
    """
    rows = RideStatusSnapshot.objects.filter(OBSERVED, park=park, recorded_at__gte=start, recorded_at__lt=until)
    found = read_lines(rows.filter(ride__in=list(whole))) if whole else {}
    others = [ride for ride in rides if ride not in whole]
    return found | read_lines(rows.filter(down(), ride__in=others)) if others else found


def read_lines(rows: Any) -> dict[int, Line]:
    columns = ("ride_id", "at", "duration_seconds", "status", "is_carried", "data_source")
    found: dict[int, Line] = {}
    listed = rows.annotate(at=SecondsSince("recorded_at", 0))
    for ride, at, lasting, *state in listed.order_by("ride_id", "recorded_at").values_list(*columns):
        line = found.setdefault(ride, Line())
        line.starts.append(at)
        line.ends.append(at + lasting)
        line.states.append(tuple(state))
    return found


def hours_of(park: Park, day: date) -> Hours:
    """Two queries."""
    plan = plans_of_days([park], [day]).get((park.pk, day), NO_PLAN)
    by_hand = ParkSchedule.objects.filter(
        park=park, schedule_date=day, schedule_type__in=DECIDING, set_by__isnull=False
    )
    return Hours(plan.windows, plan.is_decided, plan.is_decided and by_hand.exists())


def doubts_of(stretch: Stretch, line: Line, hours: Hours, unknown_seconds: int, is_last: bool) -> Doubt:
    """What speaks against the outage being what it seems.

    A gap is one only where something of the ride's open day is unknown: before the park's opening and after its
    closing nothing has to be reported. `is_last`: it goes on, as far as is known.
    """
    found = Doubt(0)
    part = line.inside(stretch)
    inside = line.states[part]
    if not any(status == Status.DOWN for status, _, _ in inside):
        found |= Doubt.ONLY_CLOSED
    if any(is_carried for _, is_carried, _ in inside):
        found |= Doubt.CARRIED_STATE
    if unknown_seconds:
        before = line.ends[part.start - 1] if part.start else 0
        after = line.starts[part.stop] if part.stop < len(line.starts) else 0
        if before != seconds(stretch.start) and not stretch.is_carried and stretch.start not in hours.edges:
            found |= Doubt.GAP_BEFORE
        if after != seconds(stretch.end) and not is_last and stretch.end not in hours.edges:
            found |= Doubt.GAP_AFTER
    if not hours.is_planned:
        found |= Doubt.INFERRED_HOURS
    elif hours.is_set_by_hand:
        found |= Doubt.REPAIRED_HOURS
    return found


def source_of(stretch: Stretch, line: Line) -> Source:
    sources = {source for _, _, source in line.states[line.inside(stretch)]}
    if len(sources) > 1:
        return Source.BOTH
    return Source.ARCHIVE if DataSource.ARCHIVE in sources else Source.LIVE


def observed_until(line: Line) -> datetime:
    """The end of the last observation."""
    return instant(line.ends[-1])
