"""Running days read, brought up to a moment, and kept: of each park its present day, and the day before until the
same time of the clock (N-5).

What is stored is believed when nothing that it comes from was changed since: the day's bounds, what the park's feed
distinguishes, the revision of its observations (`snapshots.revisions`), its newest row. Rows that are newer are folded
in; a day that is not believed is of no use, and is built again from all its rows.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest, Left

from core.database.expressions import WHOLE, SecondsSince
from core.database.querysets import retried_on_lock, upsert
from core.instants import instant, seconds
from core.periods import ONE_DAY
from core.zones import day_range, local_date
from parks.models import Park
from snapshots.current import LONGEST_ROW, RideNow, still_holds
from snapshots.models import ParkActivitySnapshot, ParkRevision, RideStatusSnapshot, nominal_interval
from snapshots.status import has_state, is_down, is_operating, is_plausible_wait, operating
from stats.measures.buckets import FLAGS, LASTING
from stats.measures.ride_measures import OPEN, RideMeasures, Stretch, carried_over
from stats.models import RunningDay, Which
from stats.running.hours import Clock, ParkHours, clock_of_day, decode_hours, encode_hours
from stats.running.state import (
    Moment,
    Newest,
    Observation,
    Overhanging,
    ParkRow,
    RideRow,
    RideSeconds,
    RunningPark,
    Span,
    fold,
)

log = logging.getLogger(__name__)

LAST_HOUR = timedelta(hours=1)
# Rows of the day before that are kept beyond the moment: so many cycles may pass until the next one is kept.
CYCLES_AHEAD = 2.5
# Of how many parks a cycle finds the hours of the day before: it reads all their rows, once a day (100 ms of CPU).
HOURS_A_CYCLE = 2
COLUMNS = (
    "day",
    "ends_at",
    "starts_at",
    "newest_at",
    "revision",
    "reports_down",
    "sealed_at",
    "known_until",
    "state",
    "hours",
)

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(RunningPark).decode


class Asked(NamedTuple):
    """Which local day, and up to when."""

    day: date
    start: datetime
    end: datetime
    moment: Moment


def asked_of(which: Which, zone: str, now: datetime) -> Asked:
    if which == Which.TODAY:
        day = local_date(now, zone)
        return Asked(day, *day_range(day, zone), Moment(seconds(now), seconds(now) + 1))
    day = local_date(now, zone) - ONE_DAY
    start, end = day_before_so_far(now, zone)
    until = seconds(end)
    return Asked(day, start, day_range(day, zone)[1], Moment(until, until))


def day_before_so_far(now: datetime, zone: str) -> tuple[datetime, datetime]:
    """[start, end) in UTC of the local day before, up to the same time of the clock."""
    local = now.astimezone(ZoneInfo(zone))
    day = local.date() - ONE_DAY
    return day_range(day, zone)[0], datetime.combine(day, local.timetz()).astimezone(UTC)


@dataclass(slots=True)
class ParkDay:
    """A park's running day at a moment."""

    park: Park
    asked: Asked
    state: RunningPark
    known_until: int  # rows that begin before it are known
    newest: int  # the newest row of the day; the second before the day where there is none
    revision: int
    hours: ParkHours | None = None  # where they were asked for: of the day before the whole day
    has_hours: bool = False  # are they stored?

    @property
    def clock(self) -> Clock:
        return clock_of_day(self.asked.day, self.park.timezone)

    def rides(self, wanted: Container[int]) -> Iterator[RideMeasures]:
        """The measures up to the moment of those of some rides that were observed by then in this park."""
        pk, moment = self.park.pk, self.asked.moment
        for ride in self.state.rides:
            if ride.ride in wanted and ride.is_seen(moment):
                yield ride.measured(pk, moment)

    def seconds(self) -> Iterator[RideSeconds]:
        """Of every ride that was observed by the moment, how long it ran: all that most lists ask of most rides."""
        moment = self.asked.moment
        return (ride.seconds(moment) for ride in self.state.rides if ride.is_seen(moment))

    def present(self, wanted: Container[int], now: datetime) -> Iterator[tuple[int, RideNow]]:
        """The latest state of some rides, of a day that runs."""
        for ride in self.state.rides:
            last = ride.newest
            if last is not None and ride.ride in wanted:
                at = instant(last.at)
                holds = still_holds(at, last.seconds, now)
                yield ride.ride, RideNow(last.status, last.computed_is_open, last.wait, at, holds)

    def down(self, wanted: Container[int]) -> dict[int, list[Stretch]]:
        """The stretches down in the open park of some rides, in order, those marked that began the day before."""
        found = {}
        for ride in self.state.rides:
            stretches = ride.stretches(self.asked.moment) if ride.ride in wanted else ()
            if stretches:
                of_ride = [Stretch(instant(at), length) for at, length in stretches]
                if ride.ride in self.state.carried:
                    of_ride[0] = Stretch(of_ride[0].start, of_ride[0].seconds, is_carried=True)
                found[ride.ride] = of_ride
        return found

    def take(
        self, hours: ParkHours, rides: Iterable[tuple[int, Observation]], opened: Iterable[Span], until: int
    ) -> None:
        for ride, seen in rides:
            hours.add(ride, seen, until, self.clock)
        for at, length in opened:
            hours.add_open(at, min(at + length, until), self.clock)

    def hours_so_far(self, wanted: Container[int]) -> ParkHours:
        """Of a day that runs, by the hours of the clock up to the moment: some rides, and how long the park was open.

        Raises LookupError when the hours were not asked for.
        """
        until = self.asked.moment.until
        found = self.hours_of(wanted)
        rides = [(ride.ride, seen) for ride in self.state.rides if ride.ride in wanted for seen in ride.tail]
        begun = [(ride, seen) for ride, seen in rides if seen.at < until]
        self.take(found, begun, [span for span in self.state.tail if span[0] < until], until)
        return found

    def hours_of(self, wanted: Container[int]) -> ParkHours:
        """The stored hours, of some rides. Raises LookupError when they were not asked for."""
        if self.hours is None:
            raise LookupError("the day was read without its hours")
        rides = {ride: dict(sums) for ride, sums in self.hours.rides.items() if ride in wanted}
        return ParkHours(rides, dict(self.hours.open_seconds))


# -- reading ---------------------------------------------------------------------------------------------


def running_days(parks: Sequence[Park], which: Which, now: datetime, with_hours: bool = False) -> dict[int, ParkDay]:
    """The day at `now` of each park of which it is stored and true; one query, two more where rows are newer."""
    found = {day.park.pk: day for day in believed(parks, which, now, with_hours)}
    behind = [day for day in found.values() if is_behind(day)]
    for pk in advance(behind, which, now, lambda day: day.asked.moment.before) if behind else ():
        del found[pk]
    return found


def is_behind(day: ParkDay) -> bool:
    """Are there rows before the moment that are not known?"""
    return day.known_until < min(day.asked.moment.before, day.newest + 1)


def believed(parks: Sequence[Park], which: Which, now: datetime, with_hours: bool = False) -> Iterator[ParkDay]:
    """The stored days that nothing contradicts; one query, and one more of the day before.

    With hours: a day that was stored without them is not believed.
    """
    by_id = {park.pk: park for park in parks}
    asked = {zone: asked_of(which, zone, now) for zone in {park.timezone for park in parks}}
    stored = RunningDay.objects.filter(park__in=list(by_id), which=which).annotate(
        now_revision=Coalesce(Subquery(ParkRevision.objects.filter(pk=OuterRef("park")).values("number")), 0),
        now_newest=newest_until(now) if which == Which.TODAY else F("newest_at"),
    )
    added = {} if which == Which.TODAY else newest_at_the_end(parks, asked)
    hours = F("hours") if with_hours else Left("hours", 1)
    columns = ("park_id", *COLUMNS[2:-1], "read_hours", "now_revision", "now_newest")
    rows: Any = stored.annotate(read_hours=hours).values_list(*columns)
    for pk, start, seen, revision, reports_down, sealed, known, state, by_hour, is_revision, latest in rows:
        park = by_id[pk]
        of_day = asked[park.timezone]
        if (start, bool(reports_down), revision) != (seconds(of_day.start), park.reports_down, is_revision):
            continue
        if sealed > of_day.moment.until or added.get(pk, seen) > seen:
            continue
        if with_hours and not by_hour:
            continue
        day = ParkDay(park, of_day, decode(state), known, max(latest, start - 1), revision)
        day.has_hours = bool(by_hour)
        day.hours = decode_hours(by_hour) if with_hours else None
        yield day


def newest_until(now: datetime) -> Any:
    """The newest row of a running day's park up to now, in seconds since 1970; 0: there is none."""

    def latest(model: type[RideStatusSnapshot] | type[ParkActivitySnapshot]) -> Any:
        rows = model._default_manager.filter(
            park=OuterRef("park"), recorded_at__gte=now - LONGEST_ROW, recorded_at__lte=now
        )
        newest = Subquery(rows.order_by("-recorded_at").values("recorded_at")[:1])
        return Coalesce(SecondsSince(newest, 0), 0, output_field=WHOLE)

    return Greatest(latest(RideStatusSnapshot), latest(ParkActivitySnapshot))


def newest_at_the_end(parks: Sequence[Park], asked: Mapping[str, Asked]) -> dict[int, int]:
    """The newest of the parks' own rows in the last hour of a day that is over, in seconds since 1970; one query.

    A cycle of its last minutes may be stored after midnight, with nothing newer: its revision did not move.
    """
    by_zone: dict[str, list[int]] = defaultdict(list)
    for park in parks:
        by_zone[park.timezone].append(park.pk)
    condition = Q(pk__in=[])
    for zone, ids in by_zone.items():
        end = asked[zone].end
        condition |= Q(park__in=ids, recorded_at__gte=end - LAST_HOUR, recorded_at__lt=end)
    rows: Any = ParkActivitySnapshot.objects.filter(condition).order_by().values_list("park_id")
    return {pk: int(at) for pk, at in rows.annotate(at=Max(SecondsSince("recorded_at", 0), output_field=WHOLE))}


# -- bringing up to a moment -----------------------------------------------------------------------------


def advance(days: Sequence[ParkDay], which: Which, now: datetime, until: Callable[[ParkDay], int]) -> set[int]:
    """Fold in the rows that begin before `until`; returns the parks whose day is of no use now. Two queries, and two
    for each park with a ride that was down at its midnight."""
    # What is known is read again from the newest row on: a cycle may have cut it.
    since = {day.park.pk: reread_from(day, which) for day in days}
    spans = {day.park.pk: (since[day.park.pk], until(day)) for day in days}
    reports_down = {day.park.pk: day.park.reports_down for day in days}
    rides, opened = ride_rows(spans, reports_down), park_rows(spans)
    useless = set()
    for day in days:
        pk = day.park.pk
        try:
            fold(day.state, rides.get(pk, ()), opened.get(pk, ()), since[pk])
        except Overhanging:
            useless.add(pk)
            continue
        day.known_until = until(day)
        if which == Which.TODAY:
            note_carried(day)
    return useless


def reread_from(day: ParkDay, which: Which) -> int:
    return max(seconds(day.asked.start), day.known_until - 1) if which == Which.TODAY else day.known_until


Spans = Mapping[int, tuple[int, int]]  # by park


def ride_rows(spans: Spans, reports_down: Mapping[int, bool]) -> dict[int, list[RideRow]]:
    """The rides' rows that begin in a span of their park, by park, in order; one query."""
    columns = ("park_id", "ride_id", "at", "duration_seconds", "status", "is_running", "park_is_open", "wait_time")
    found: dict[int, list[RideRow]] = defaultdict(list)
    states: dict[tuple[Any, ...], tuple[bool, bool]] = {}
    for park, ride, at, lasting, status, is_open, park_is_open, posted in begun(RideStatusSnapshot, spans, columns):
        key = park, status, is_open
        if key not in states:
            states[key] = is_operating(status, bool(is_open)), is_down(status, bool(is_open), reports_down[park])
        wait = posted if is_plausible_wait(posted) else None
        seen = Observation(at, lasting, *states[key], bool(park_is_open), wait)
        found[park].append(RideRow(ride, Newest(at, lasting, status, bool(is_open), wait), seen))
    return found


def park_rows(spans: Spans) -> dict[int, list[ParkRow]]:
    """The parks' own rows, by park, in order; one query."""
    found: dict[int, list[ParkRow]] = defaultdict(list)
    columns = ("park_id", "at", "duration_seconds", "park_appears_open")
    for park, *row in begun(ParkActivitySnapshot, spans, columns):
        found[park].append(ParkRow(*row))
    return found


def begun(
    model: type[RideStatusSnapshot] | type[ParkActivitySnapshot], spans: Spans, columns: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    alike: dict[tuple[int, int], list[int]] = defaultdict(list)
    for park, span in spans.items():
        alike[span].append(park)
    condition = Q(pk__in=[])
    for (start, end), parks in alike.items():
        condition |= Q(park__in=parks, recorded_at__gte=instant(start), recorded_at__lt=instant(end))
    rows: QuerySet[Any] = model._default_manager.filter(condition).annotate(at=SecondsSince("recorded_at", 0))
    if model is RideStatusSnapshot:
        rows = rows.filter(has_state()).annotate(**FLAGS)
    yield from rows.order_by("recorded_at").values_list(*columns).iterator()


def note_carried(day: ParkDay) -> None:
    """Which outages began on the day before (N-11); two queries when other rides than before were down at midnight."""
    state, start = day.state, seconds(day.asked.start)
    asked = [
        ride.ride
        for ride in state.rides
        if (stretches := ride.stretches(day.asked.moment)) and stretches[0][0] == start
    ]
    if asked != state.at_midnight:
        state.at_midnight = asked
        state.carried = sorted(carried_over(asked, day.park, day.asked.day))


# -- keeping ---------------------------------------------------------------------------------------------


def keep_running_days(parks: Sequence[Park], now: datetime) -> None:
    """Store both days of the parks as of `now`: only what is newer than the stored ones is read. May be killed at any
    line, and run by several at once: what is stored says what it comes from. A park that cannot be kept is noted."""
    for which in Which:
        try:
            keep(parks, which, now)
        except Exception:
            log.exception("the running days cannot be kept at once; they are kept one by one")
            for park in parks:
                keep_one(park, which, now)


def keep_one(park: Park, which: Which, now: datetime) -> None:
    try:
        keep([park], which, now)
    except Exception:
        log.exception("park %s", park.pk)


def keep(parks: Sequence[Park], which: Which, now: datetime) -> None:
    days = {day.park.pk: day for day in believed(parks, which, now, with_hours=which == Which.TODAY)}
    behind = [day for day in days.values() if which == Which.DAY_BEFORE or is_behind(day)]
    for pk in advance(behind, which, now, partial_until(which)) if behind else ():
        del days[pk]
    known = [day for day in behind if day.park.pk in days]
    built = list(build([park for park in parks if park.pk not in days], which, now))
    for day in [*known, *built]:
        ended = day.state.seal(day.park.pk, sealed_at(day, which))
        if which == Which.TODAY and day.hours is not None:
            day.take(day.hours, *ended, sealed_at(day, which))
    if which == Which.DAY_BEFORE:
        for day in [day for day in [*known, *built] if not day.has_hours][:HOURS_A_CYCLE]:
            day.hours = hours_of_day(day)
    # The hours of a known day before are stored already, or not found yet.
    store([row_of(day, which) for day in known if day.hours is None], COLUMNS[:-1])
    store([row_of(day, which) for day in [*built, *(day for day in known if day.hours is not None)]], COLUMNS)


@retried_on_lock
def store(rows: Sequence[RunningDay], columns: Sequence[str]) -> None:
    upsert(RunningDay, rows, ("park", "which"), columns)


def hours_of_day(day: ParkDay) -> ParkHours:
    """The hours of a whole day that is over; two queries."""
    start, end = seconds(day.asked.start), seconds(day.asked.end)
    pk, spans = day.park.pk, {day.park.pk: (start, end)}
    found = ParkHours()
    rides = ((row.ride, row.seen) for row in ride_rows(spans, {pk: day.park.reports_down}).get(pk, ()))
    opened = ((row.at, row.seconds) for row in park_rows(spans).get(pk, ()) if row.is_open)
    day.take(found, rides, opened, end)
    return found


def partial_until(which: Which) -> Callable[[ParkDay], int]:
    """Before which instant rows are read to be stored."""
    ahead = int(CYCLES_AHEAD * nominal_interval())

    def until(day: ParkDay) -> int:
        before = day.asked.moment.before
        return before if which == Which.TODAY else max(day.known_until, min(before + ahead, seconds(day.asked.end)))

    return until


def sealed_at(day: ParkDay, which: Which) -> int:
    """From when on the stored day answers: the newest row, or the moment of the day before."""
    return day.newest if which == Which.TODAY else day.asked.moment.until


def rebuild(parks: Sequence[Park], now: datetime) -> None:
    """Forget what is stored of the parks, and build both days from all their rows."""
    RunningDay.objects.filter(park__in=[park.pk for park in parks]).delete()
    keep_running_days(parks, now)


def build(parks: Sequence[Park], which: Which, now: datetime) -> Iterator[ParkDay]:
    """The days of these parks from all their rows, if they have any. About five queries a park."""
    for park in parks:
        asked = asked_of(which, park.timezone, now)
        # First the revision, then the rows: what is changed in between makes the day untrue, never wrong.
        revision = ParkRevision.objects.filter(pk=park.pk).values_list("number", flat=True).first() or 0
        start = seconds(asked.start)
        day = ParkDay(park, asked, RunningPark(), start, latest_of(park, asked, now), revision)
        if which == Which.DAY_BEFORE:
            day.state.operated = operated_on(park, asked)
        else:
            day.hours = ParkHours()
        if not advance([day], which, now, partial_until(which)):
            yield day


def latest_of(park: Park, asked: Asked, now: datetime) -> int:
    """The newest row of the day, up to now, or the second before the day; two queries."""
    within = Q(park=park, recorded_at__gte=asked.start, recorded_at__lt=asked.end, recorded_at__lte=now)
    newest = [
        model._default_manager.filter(within).order_by("-recorded_at").values_list("recorded_at", flat=True).first()
        for model in (RideStatusSnapshot, ParkActivitySnapshot)
    ]
    return max((seconds(at) for at in newest if at is not None), default=seconds(asked.start) - 1)


def operated_on(park: Park, asked: Asked) -> list[int]:
    """The rides that operated in the park on the whole day (R-5.3)."""
    rows = RideStatusSnapshot.objects.filter(
        operating(), LASTING, park=park, recorded_at__gte=asked.start, recorded_at__lt=asked.end, **OPEN
    )
    return sorted(rows.order_by().values_list("ride_id", flat=True).distinct())


def row_of(day: ParkDay, which: Which) -> RunningDay:
    return RunningDay(
        park=day.park,
        which=which,
        day=day.asked.day,
        ends_at=day.asked.end,
        starts_at=seconds(day.asked.start),
        newest_at=day.newest,
        revision=day.revision,
        reports_down=day.park.reports_down,
        sealed_at=sealed_at(day, which),
        known_until=day.newest + 1 if which == Which.TODAY else day.known_until,
        state=encode(day.state).decode(),
        hours="" if day.hours is None else encode_hours(day.hours),
    )
