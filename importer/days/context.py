"""What is known of a park beside its archive events: opening hours, weights, live rows. Asked once per slice."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from django.db.models import Max, Q

from core.instants import instant, seconds
from core.intervals import Interval
from core.zones import day_start
from importer.days.shapes import RideFacts, RideMemory
from parks.models import Park, weight_of
from parks.opening_windows import ONE_DAY, PlannedHours, plan_of_day, planned_hours
from snapshots.collection.apart import dates_apart
from snapshots.models import DataSource, ParkActivitySnapshot, RideStatusChange, RideStatusSnapshot
from snapshots.status import Status, operating


def ride_facts(park: Park) -> dict[int, RideFacts]:
    """Weight and activity of the park's rides, for the instantaneous score."""
    rows = park.rides.values_list("pk", "classification__tier_weight", "is_active")
    return {pk: RideFacts(weight_of(weight), is_active) for pk, weight, is_active in rows}


def memory_before(park: Park, at: int) -> dict[int, RideMemory]:
    """The state of each ride of the park at an instant, from what is stored (three queries a ride, and one)."""
    found = {}
    apart = {
        ride: [midnight for day in dates if (midnight := seconds(day_start(day, park.timezone))) < at]
        for ride, dates in dates_apart(park.rides.values_list("pk", flat=True)).items()
    }
    for ride in park.rides.all():
        rows = RideStatusSnapshot.objects.filter(ride=ride, recorded_at__lt=instant(at))
        last = rows.order_by("-recorded_at").first()
        if last is None:
            continue
        changes = RideStatusChange.objects.filter(ride=ride, changed_at__lt=instant(at))
        changed_at = changes.aggregate(at=Max("changed_at"))["at"]
        since = changed_at or rows.order_by("recorded_at").values_list("recorded_at", flat=True).first()
        ran = rows.filter(operating(), park_appears_open=True).order_by("-recorded_at").first()
        reported = seconds(last.last_updated_at_source)
        found[ride.pk] = RideMemory(
            state=(Status(last.status) if last.status else None, last.wait_time),
            reported_at=reported,
            last_event=reported,
            status_since=seconds(since or last.recorded_at),
            last_operated=seconds(ran.recorded_at) + ran.duration_seconds if ran else None,
            last_apart=max(apart.get(ride.pk, ()), default=None),
        )
    return found


def has_archive_rows(park: Park, start: int, end: int) -> bool:
    """Was anything of this stretch imported before?"""
    within = Q(recorded_at__gte=instant(start), recorded_at__lt=instant(end), data_source=DataSource.ARCHIVE)
    return RideStatusSnapshot.objects.filter(within, park=park).exists()


def live_intervals(park: Park, start: int, end: int) -> tuple[dict[int, list[Interval]], list[Interval]]:
    """What live collection covers of a day, by ride, and for the park itself."""
    within = Q(park=park, data_source=DataSource.LIVE, recorded_at__gte=instant(start), recorded_at__lt=instant(end))
    columns = ("recorded_at", "duration_seconds")
    by_ride: dict[int, list[Interval]] = {}
    rows = RideStatusSnapshot.objects.filter(within).order_by("ride_id", "recorded_at")
    for ride, at, lasting in rows.values_list("ride_id", *columns):
        by_ride.setdefault(ride, []).append((seconds(at), seconds(at) + max(lasting, 1)))
    own = ParkActivitySnapshot.objects.filter(within).order_by("recorded_at").values_list(*columns)
    return by_ride, [(seconds(at), seconds(at) + max(lasting, 1)) for at, lasting in own]


class DaySchedule(NamedTuple):
    """What the schedule says of a stretch of a local day; `decides`: the date has a row of its own (N-9).

    Otherwise the spans are the night of the date before, and the rest of the day is reported by its activity.
    """

    spans: list[Interval]
    decides: bool


def schedule_of(hours: Sequence[PlannedHours], day: date, start: int, end: int) -> DaySchedule:
    """The planned hours within `[start, end)` of a local day (R-6.1)."""
    plan = plan_of_day(hours, day, instant(start), instant(end))
    return DaySchedule([(seconds(opening), seconds(closing)) for opening, closing in plan.windows], plan.is_decided)


def stored_schedule(park: Park, day: date, start: int, end: int) -> DaySchedule:
    """`schedule_of` a date of the park; one query."""
    return schedule_of(planned_hours([park], day - ONE_DAY, day), day, start, end)


def live_begins(park: Park, start: int, end: int) -> int | None:
    """The first instant of `[start, end)` that live collection reports, if any."""
    within = Q(park=park, data_source=DataSource.LIVE, recorded_at__gte=instant(start), recorded_at__lt=instant(end))
    found = [
        model.objects.filter(within).order_by("recorded_at").values_list("recorded_at", flat=True).first()
        for model in (RideStatusSnapshot, ParkActivitySnapshot)
    ]
    return min((seconds(at) for at in found if at is not None), default=None)


@dataclass
class Context:
    """Of the days of a slice of one park, up to the instant `end`. `now`: when they were asked for.

    Live collection goes on meanwhile, so the days around `now` are always asked for anew.
    """

    park: Park
    end: int
    now: int
    hours: list[PlannedHours]
    facts: dict[int, RideFacts] = field(default_factory=dict)
    rides_known: int = -1
    live_from: int | None = None

    @classmethod
    def of(cls, park: Park, first: date, last: date, start: int, end: int, now: int) -> "Context":
        """Three queries."""
        hours = planned_hours([park], first - ONE_DAY, last)
        return cls(park, end, now, hours, live_from=live_begins(park, start, end))

    def facts_of(self, rides_known: int) -> dict[int, RideFacts]:
        """Weight and activity of its rides; asked for again when the import knows more of them."""
        if rides_known != self.rides_known:
            self.facts, self.rides_known = ride_facts(self.park), rides_known
        return self.facts

    def live(self, start: int, end: int) -> tuple[dict[int, list[Interval]], list[Interval]]:
        """What live collection covers of a day."""
        is_past = end < self.now - ONE_DAY.total_seconds()
        if is_past and (self.live_from is None or end <= self.live_from):
            return {}, []
        return live_intervals(self.park, start, end)
