"""What every answer must say, worked out from the raw rows in plain Python (N-1 to N-12; R-… where they are silent).

It shares no code with the product: a rule that is wrong there is not wrong here for the same reason. Sums are exact
seconds, shares are fractions; whoever compares rounds once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property

from config.tests.agreement.facts import (
    ONE_DAY,
    Facts,
    ParkFact,
    RideFact,
    Row,
    Span,
    cut,
    date_at,
    day_span,
    hour_spans,
    joined,
    length,
    up_to_clock,
    without,
)
from config.tests.agreement.windows import Dates, Window, dates_before, dates_of, window_of

TOO_LONG = 480  # minutes: a wait of this and more is an error of the feed
LIVE_WINDOW = 7200  # N-6: after so many seconds without news nothing is known
STORMS = {95, 96, 99}  # WMO codes of thunderstorms
SEVEN_DAYS = 7 * 86_400
LEAST_BASE, LEAST_WAIT = 1800, 5  # N-5: seconds of downtime, minutes of wait


def operates(row: Row) -> bool:
    """R-4.5."""
    return row.status == "OPERATING" or (row.status is None and row.runs)


def fails(row: Row, park: ParkFact) -> bool:
    """R-5.1."""
    if row.status == "DOWN":
        return True
    return not park.says_down and (row.status == "CLOSED" or (row.status is None and not row.runs))


@dataclass(frozen=True)
class RideDay:
    """A ride on one of its local days, up to now. Spans are in order; those of the open park but for `waits`' own."""

    known: list[Span]
    up: list[Span]
    down: list[Span]  # none when it did not operate
    unknown: list[Span]
    waits: list[tuple[Span, int]]  # posted while it operated in the open park, 0 included
    operated: bool
    seen: bool  # in any row that lasts


NOTHING = RideDay([], [], [], [], [], operated=False, seen=False)


@dataclass
class Sums:
    """Seconds of one ride, or of several, over a window."""

    known: int = 0
    up: int = 0
    down: int = 0
    unknown: int = 0
    posted: int = 0
    minute_seconds: int = 0
    walk_on: int = 0
    delay: int = 0
    outages: int = 0
    least: int | None = None
    greatest: int | None = None
    operated: bool = False
    operated_where_known: bool = False  # on a day of which something is known in the window
    seen: bool = False  # in any row that lasts, the park open or not

    def add(self, other: "Sums") -> None:
        for name in ("known", "up", "down", "unknown", "posted", "minute_seconds", "walk_on", "delay", "outages"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.least = min((each for each in (self.least, other.least) if each is not None), default=None)
        self.greatest = max((each for each in (self.greatest, other.greatest) if each is not None), default=None)
        self.operated |= other.operated
        self.operated_where_known |= other.operated_where_known
        self.seen |= other.seen

    def add_wait(self, wait: int, held: int) -> None:
        self.posted += held
        self.minute_seconds += held * wait
        self.least = wait if self.least is None else min(self.least, wait)
        self.greatest = wait if self.greatest is None else max(self.greatest, wait)

    @property
    def closed(self) -> int:
        return self.known - self.up - self.down

    @property
    def open(self) -> int:
        return self.known + self.unknown

    @property
    def uptime(self) -> Fraction | None:
        """N-3, of a ride: percent of the known open time."""
        return Fraction(100 * self.up, self.known) if self.operated_where_known and self.known else None

    @property
    def availability(self) -> Fraction | None:
        """N-3: percent of the time it was meant to run; of a park this is its uptime."""
        return Fraction(100 * self.up, self.up + self.down) if self.up + self.down else None

    @property
    def wait(self) -> Fraction | None:
        """N-4: minutes."""
        return Fraction(self.minute_seconds, self.posted) if self.posted else None

    @property
    def walk_on_share(self) -> Fraction | None:
        posted = self.posted + self.walk_on
        return Fraction(100 * self.walk_on, posted) if posted else None


@dataclass
class ScoreParts:
    """What a score over one day's open time is made of (R-10.2, R-10.3)."""

    weighted: int = 0  # Σ seconds down × weight
    weight: int = 0  # of the rides that operated
    open: Fraction = field(default_factory=Fraction)  # seconds for which the park was open


def score_of(days: Iterable[ScoreParts]) -> Fraction | None:
    """D-4: the mean over open time; at most 10, None when the park was never open."""
    opened, down = Fraction(), Fraction()
    for day in days:
        opened += day.open
        down += Fraction(day.weighted, day.weight) if day.weight and day.open else 0
    return min(Fraction(10), 10 * down / opened) if opened else None


class Oracle:
    """The answers at the instant `now`."""

    def __init__(self, facts: Facts, now: int, site_zone: str) -> None:
        self.facts, self.now, self.site_zone = facts, now, site_zone
        self.days: dict[tuple[int, date], RideDay] = {}
        self.openings: dict[tuple[int, date], list[Span]] = {}
        self.seen: dict[int, list[Span]] = {}
        self.outages: dict[int, list[Span]] = {}
        self.rows_by_day: dict[int, dict[date, list[Row]]] = {}
        self.delays: dict[tuple[int, date], list[Span]] = {}
        self.sums: dict[tuple[int, Window], Sums] = {}

    # -- the calendar ------------------------------------------------------------------------------------

    def zone_of_ride(self, ride: int) -> str:
        return self.facts.parks[self.facts.rides[ride].park].zone

    def today(self, zone: str) -> date:
        return date_at(self.now, zone)

    def listed(self, period: str, zone: str) -> Dates:
        """N-1: the dates of a list; live and today are those of the zone itself."""
        return dates_of(period, self.today(zone if period in ("live", "today") else self.site_zone))

    def own(self, period: str, zone: str) -> Dates:
        """The dates of an answer about one park or ride."""
        return dates_of(period, self.today(zone))

    def is_complete(self, dates: Dates, zone: str) -> bool:
        return self.has_ended(dates.last, zone)

    def window(self, dates: Dates, zone: str, hour: int | None = None) -> Window:
        return window_of(
            zone, ((day, [day_span(day, zone)] if hour is None else hour_spans(day, hour, zone)) for day in dates)
        )

    def before(self, period: str, zone: str, dates: Dates) -> Window:
        """N-5: what a period of these dates is compared with, today so far with the same time of the day before."""
        if period not in ("live", "today"):
            return self.window(dates_before(period, dates), zone)
        day = dates.first - ONE_DAY
        return window_of(zone, [(day, [up_to_clock(day, self.now, zone)])])

    # -- parks open --------------------------------------------------------------------------------------

    def opened(self, park: int, day: date) -> list[Span]:
        key = park, day
        if key not in self.openings:
            self.openings[key] = self.find_opened(park, day)
        return self.openings[key]

    def find_opened(self, park: int, day: date) -> list[Span]:
        """When the park was open on a local day up to now (N-9): by the schedule of the date, without one the night of
        the date before and from the first to the last sight of the open park."""
        whole = [day_span(day, self.facts.parks[park].zone)]
        schedule = self.facts.schedule
        windows = schedule.get((park, day - ONE_DAY), []) + schedule.get((park, day), [])
        planned = cut(joined(windows), whole)
        if (park, day) not in schedule:
            after = max((end for _, end in planned), default=0)
            seen = [
                (start, end)
                for start, end, is_open in self.facts.activity.get(park, ())
                if is_open and start < end and whole[0][0] <= start < min(whole[0][1], self.now) and start >= after
            ]
            if seen:
                planned = joined([*planned, (seen[0][0], max(end for _, end in seen))])
        return cut(planned, [(0, self.now)])

    def seen_spans(self, park: int, spans: Iterable[Span]) -> list[Span]:
        """When the park was observed open."""
        if park not in self.seen:
            seen = ((start, end) for start, end, is_open in self.facts.activity.get(park, ()) if is_open)
            self.seen[park] = cut(joined(seen), [(0, self.now)])
        return cut(spans, self.seen[park])

    def seen_open(self, park: int, spans: Iterable[Span]) -> int:
        return length(self.seen_spans(park, spans))

    def hours_in_weather(self, park: int, day: date, group: str) -> list[Span]:
        """Whole UTC hours, as far as they lie in a local day: with a thunderstorm, without one, or not known."""
        start, end = day_span(day, self.facts.parks[park].zone)
        found = []
        for hour in range(start // 3600, -(-end // 3600)):
            code = self.facts.weather.get((park, hour))
            if group == ("unknown" if code is None else "storm" if code in STORMS else "no_storm"):
                found.append((max(start, hour * 3600), min(end, hour * 3600 + 3600)))
        return joined(found)

    # -- rides -------------------------------------------------------------------------------------------

    def rows(self, ride: int, day: date) -> list[Row]:
        """What lasts of a local day up to now; a row never reaches over midnight."""
        if ride not in self.rows_by_day:
            zone, by_day = self.zone_of_ride(ride), self.rows_by_day.setdefault(ride, {})
            for row in self.facts.rows.get(ride, ()):
                if min(row.end, self.now) > row.start:
                    by_day.setdefault(date_at(row.start, zone), []).append(row._replace(end=min(row.end, self.now)))
        return self.rows_by_day[ride].get(day, [])

    def day(self, ride: int, day: date) -> RideDay:
        key = ride, day
        if key not in self.days:
            self.days[key] = self.work_out(self.facts.rides[ride], day)
        return self.days[key]

    def work_out(self, ride: RideFact, day: date) -> RideDay:
        rows = self.rows(ride.pk, day)
        if not rows:
            return NOTHING
        park = self.facts.parks[ride.park]
        inside = [row for row in rows if row.park_open]
        up = joined((row.start, row.end) for row in inside if operates(row))
        down = joined((row.start, row.end) for row in inside if not operates(row) and fails(row, park))
        known = joined((row.start, row.end) for row in inside)
        runs_still = self.now < day_span(day, park.zone)[1]
        # on a day that still runs a breakdown is evidence where the feed says breakdowns.
        operated = bool(up) or (runs_still and park.says_down and bool(down))
        waits = [
            ((row.start, row.end), row.wait)
            for row in inside
            if operates(row) and row.wait is not None and 0 <= row.wait < TOO_LONG
        ]
        unknown = without(self.opened(ride.park, day), known)
        return RideDay(known, up, down if operated else [], unknown, waits, operated, seen=True)

    def outages_of(self, ride: int) -> list[Span]:
        """N-11: unbroken spells down, joined over midnight, of days on which the ride operated."""
        if ride not in self.outages:
            self.rows(ride, date.min)
            self.outages[ride] = joined(
                span for day in sorted(self.rows_by_day[ride]) for span in self.day(ride, day).down
            )
        return self.outages[ride]

    def delay(self, ride: int, day: date) -> list[Span]:
        key = ride, day
        if key not in self.delays:
            self.delays[key] = self.find_delay(ride, day)
        return self.delays[key]

    def find_delay(self, ride: int, day: date) -> list[Span]:
        """Down before the ride first ran that day, but for what was carried over midnight."""
        found, start = self.day(ride, day), day_span(day, self.zone_of_ride(ride))[0]
        if not found.up:
            return []
        carried = [(a, b) for a, b in self.outages_of(ride) if a < start]
        return without(cut(found.down, [(0, found.up[0][0])]), carried)

    def ride(self, ride: int, window: Window) -> Sums:
        key = ride, window
        if key not in self.sums:
            self.sums[key] = self.add_up(ride, window)
        return self.sums[key]

    def add_up(self, ride: int, window: Window) -> Sums:
        sums = Sums()
        for day, spans in window.days:
            found = self.day(ride, day)
            sums.known += length(cut(found.known, spans))
            sums.up += length(cut(found.up, spans))
            sums.down += length(cut(found.down, spans))
            sums.unknown += length(cut(found.unknown, spans))
            sums.operated |= found.operated and spans[0][0] < self.now
            sums.operated_where_known |= found.operated and bool(cut(found.known, spans))
            sums.seen |= self.seen_in(ride, day, spans)
            sums.delay += length(cut(self.delay(ride, day), spans))
            for (start, end), wait in found.waits:
                held = sum(max(0, min(end, b) - max(start, a)) for a, b in spans)
                if held and wait:
                    sums.add_wait(wait, held)
                elif held:
                    sums.walk_on += held
        asked = window.spans
        sums.outages = sum(bool(cut([outage], asked)) for outage in self.outages_of(ride))
        return sums

    def seen_in(self, ride: int, day: date, spans: Iterable[Span]) -> bool:
        rows = self.rows(ride, day)
        return any(row.start < end and start < row.end for start, end in spans for row in rows)

    def ride_score(self, ride: int, window: Window) -> Fraction | None:
        """As if the park had this ride alone."""
        sums = self.ride(ride, window)
        return min(Fraction(10), Fraction(10 * sums.down, sums.known)) if sums.known else None

    # -- parks -------------------------------------------------------------------------------------------

    @cached_property
    def members(self) -> dict[int, list[RideFact]]:
        """Every ride of a park, active or not."""
        found: dict[int, list[RideFact]] = {pk: [] for pk in self.facts.parks}
        for ride in self.facts.rides.values():
            found[ride.park].append(ride)
        return found

    def counted_window(self, ride: RideFact, window: Window) -> Window:
        """History outlives activity (N-15): of a ride that is no longer active its days that have ended count in its
        park's figures."""
        if ride.active:
            return window
        return Window(
            window.zone, tuple((day, spans) for day, spans in window.days if self.has_ended(day, window.zone))
        )

    def has_ended(self, day: date, zone: str) -> bool:
        return day_span(day, zone)[1] <= self.now

    def sums_of_rides(self, park: int, window: Window, attractions: bool = False) -> dict[RideFact, Sums]:
        """Of the rides of a park, or of its attractions alone (uptime, waits)."""
        rides = (ride for ride in self.members[park] if ride.attraction or not attractions)
        return {ride: self.ride(ride.pk, self.counted_window(ride, window)) for ride in rides}

    def park(self, park: int, window: Window, attractions: bool) -> Sums:
        sums = Sums()
        for each in self.sums_of_rides(park, window, attractions).values():
            sums.add(each)
        return sums

    def weighted_down(self, park: int, window: Window) -> int:
        return sum(ride.weight * sums.down for ride, sums in self.sums_of_rides(park, window).items())

    def down_rides(self, park: int, window: Window) -> int:
        """How many rides have downtime."""
        return sum(sums.down > 0 for sums in self.sums_of_rides(park, window).values())

    def score(self, park: int, window: Window) -> Fraction | None:
        return score_of(self.score_parts(park, day, spans, window.zone) for day, spans in window.days)

    def score_parts(self, park: int, day: date, spans: tuple[Span, ...], zone: str) -> ScoreParts:
        """R-10.3 of a whole day that has ended, else R-10.2."""
        window = Window(zone, ((day, spans),))
        found = self.sums_of_rides(park, window)
        seen = {ride: sums for ride, sums in found.items() if sums.seen}
        parts = ScoreParts(
            sum(ride.weight * sums.down for ride, sums in seen.items()),
            sum(ride.weight for ride, sums in seen.items() if sums.operated),
        )
        if spans == (day_span(day, zone),) and self.has_ended(day, zone):
            parts.open = Fraction(sum(sums.known for sums in seen.values()), len(seen)) if seen else Fraction()
        elif any(sums.known for sums in seen.values()):  # an open park of whose rides nothing is known has no score
            parts.open = Fraction(self.seen_open(park, spans))
        return parts

    # -- changes -----------------------------------------------------------------------------------------

    def ride_change(self, ride: int, window: Window, before: Window) -> Fraction | None:
        return downtime_change(self.ride(ride, window), self.ride(ride, before))

    def park_change(self, park: int, window: Window, before: Window) -> Fraction | None:
        now, then = (self.park(park, each, attractions=False) for each in (window, before))
        return downtime_change(now, then)


def downtime_change(now: Sums, then: Sums) -> Fraction | None:
    """N-5: in percent; None from a base under half an hour, and where nothing is known now."""
    return change(now.down, then.down, LEAST_BASE) if now.known else None


def change(now: Fraction | int | None, before: Fraction | int | None, least: int) -> Fraction | None:
    if now is None or before is None or before < least:
        return None
    return Fraction(100) * (now - before) / before
