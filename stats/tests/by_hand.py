"""What a window must say, worked out slowly from the rules: minute by minute on the park's own clock.

Nothing here calls the code under test; only `Window` and `Bucket` are read, because they are the question.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from math import floor
from zoneinfo import ZoneInfo

from stats.measures.windows import Bucket, Window
from stats.tests.random_days import Reported, Row, Span, midnight

MINUTE = 60
CLOCK_SIZES = {"m": 60, "h": 3600}
EXTREME_WAIT = 480  # a feed error from here on (sources 1.5)
PERCENTS = (1, 50, 90, 99)
Key = int | date
Place = tuple[date, Key]


@dataclass
class Expected:
    """The sums of one ride, or of a park's rides (all attractions), over one bucket.

    `scores`: of each day (weighted seconds down ÷ weight, seconds open).
    """

    is_of_park: bool = False
    open: int = 0
    up: int = 0
    down: int = 0
    unknown: int = 0
    delay: int = 0
    rows: int = 0
    operated: bool = False
    waits: Counter[int] = field(default_factory=Counter)
    scores: list[tuple[Fraction, Fraction | int]] = field(default_factory=list)

    def add(self, other: "Expected") -> None:
        for name in ("open", "up", "down", "unknown", "delay", "rows"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.operated |= other.operated
        for wait, seconds in other.waits.items():
            self.waits[wait] += seconds
        self.scores += other.scores

    @property
    def seconds(self) -> dict[str, int]:
        names = ("open", "up", "down", "unknown")
        return {f"{name}_seconds": getattr(self, name) for name in names} | {"opening_delay_seconds": self.delay}

    @property
    def metrics(self) -> dict[str, Fraction | int | None]:
        """The published numbers that are not minutes."""
        above = Counter({wait: seconds for wait, seconds in self.waits.items() if wait})
        availability = percent(self.up, self.up + self.down)
        found: dict[str, Fraction | int | None] = {
            "wait_avg": mean_wait(above),
            "wait_min": min(above, default=None),
            "wait_max": max(above, default=None),
            "walk_on_percentage": percent(self.waits[0], sum(self.waits.values())),
            "uptime_percentage": percent(self.up, self.open) if self.operated else None,
            "availability_percentage": availability,
            "shame_score": mean_score(self.scores),
            "observations": self.rows,
        }
        if self.is_of_park:
            found["uptime_percentage"] = availability
        return found | {f"wait_p{percent}": nearest_rank(above, percent) for percent in PERCENTS}


def percent(part: int, whole: int) -> Fraction | None:
    return rounded(Fraction(100 * part, whole)) if whole else None


def mean_wait(above: Counter[int]) -> Fraction | None:
    """N-4."""
    held = sum(above.values())
    return rounded(Fraction(sum(wait * seconds for wait, seconds in above.items()), held)) if held else None


def mean_score(days: list[tuple[Fraction, Fraction | int]]) -> Fraction | None:
    """R-10.4, weighted by open time (N-2)."""
    opened = sum(seconds for _, seconds in days)
    return min(Fraction(10), rounded(10 * sum(down for down, _ in days) / Fraction(opened))) if opened else None


def rounded(value: Fraction, digits: int = 1) -> Fraction:
    """Half-up; the values here are never negative."""
    scale = 10**digits
    return Fraction(floor(value * scale + Fraction(1, 2)), scale)


def nearest_rank(waits: Counter[int], percent: int) -> int | None:
    """The wait at place ⌈percent × n / 100⌉ of all seconds, in order of their waits."""
    in_order = sorted(waits.items())
    rank = -(-percent * sum(waits.values()) // 100)
    for wait, seconds in in_order:
        rank -= seconds
        if rank <= 0:
            return wait
    return None


# -- the clock -------------------------------------------------------------------------------------------


def minutes_between(start: int, end: int, zone: str) -> Iterable[tuple[int, datetime]]:
    """Every full minute with what the clock shows."""
    place = ZoneInfo(zone)
    return ((at, datetime.fromtimestamp(at, place)) for at in range(start, end, MINUTE))


def is_asked(window: Window, at: int, local: datetime, zone: str) -> bool:
    """Does a minute belong to the window?"""
    clock = local.hour * 3600 + local.minute * 60
    if window.weekdays and local.weekday() not in window.weekdays:
        return False
    if not window.hours[0] <= clock < window.hours[1]:
        return False
    if isinstance(window.start, datetime) and isinstance(window.end, datetime):
        return moment(window.start, window, zone) <= at < moment(window.end, window, zone)
    return window.start <= local.date() <= window.end


def moment(given: datetime, window: Window, zone: str) -> float:
    return (given if given.tzinfo else given.replace(tzinfo=ZoneInfo(window.clock or zone))).timestamp()


@lru_cache(maxsize=10_000)
def first_minutes(day: date, size: int, zone: str) -> dict[tuple[int, timedelta | None], int]:
    """Where each span of a day's clock begins, by its number; up to an hour long, by its UTC offset too: an hour
    that the clock shows twice is two, longer spans stay one."""
    found: dict[tuple[int, timedelta | None], int] = {}
    for at, local in minutes_between(midnight(day, zone), midnight(day + timedelta(days=1), zone), zone):
        found.setdefault(span_of(local, size), at)
    return found


def span_of(local: datetime, size: int) -> tuple[int, timedelta | None]:
    number = (local.hour * 3600 + local.minute * 60) // size
    return number, local.utcoffset() if size <= 3600 else None


def key_of(bucket: Bucket, local: datetime, zone: str) -> Key:
    """The bucket of a minute; a clock bucket by its first instant."""
    day = local.date()
    if bucket.value[-1] in CLOCK_SIZES and bucket.value[0].isdigit():
        size = int(bucket.value[:-1]) * CLOCK_SIZES[bucket.value[-1]]
        return first_minutes(day, size, zone)[span_of(local, size)]
    keys: dict[Bucket, Key] = {
        Bucket.DAY: day,
        Bucket.WEEK: day - timedelta(days=day.isoweekday() - 1),
        Bucket.MONTH: date(day.year, day.month, 1),
        Bucket.HOUR_OF_DAY: local.hour,
        Bucket.WEEKDAY: day.weekday(),
    }
    return keys.get(bucket, 0)


def places_of(window: Window, bucket: Bucket, zone: str, days: list[date], now: int) -> dict[Place, list[Span]]:
    """The time of each (local day, bucket) of the window near some days, up to now."""
    start = midnight(days[0] - timedelta(days=1), zone)
    end = min(now, midnight(days[-1] + timedelta(days=2), zone))
    found: dict[Place, list[Span]] = defaultdict(list)
    for at, local in minutes_between(start, end, zone):
        if is_asked(window, at, local, zone):
            spans = found[local.date(), key_of(bucket, local, zone)]
            if spans and spans[-1][1] == at:
                spans[-1] = spans[-1][0], at + MINUTE
            else:
                spans.append((at, at + MINUTE))
    return found


def overlap(start: int, end: int, spans: Iterable[Span]) -> int:
    return sum(max(0, min(end, b) - max(start, a)) for a, b in spans)


def begins_in(at: int, spans: Iterable[Span]) -> bool:
    return any(a <= at < b for a, b in spans)


# -- the rules -------------------------------------------------------------------------------------------


def runs(row: Row) -> bool:
    """R-4.5."""
    return row.status == "OPERATING" or (row.status is None and row.is_open)


def fails(row: Row, reports_down: bool) -> bool:
    """R-5.1."""
    if reports_down:
        return row.status == "DOWN"
    return row.status in ("DOWN", "CLOSED") or (row.status is None and not row.is_open)


class ByHand:
    """One park's answers to one question."""

    def __init__(self, reported: Reported, window: Window, bucket: Bucket, now: int) -> None:
        self.reported, self.now = reported, now
        # The present moment and the closing instant have no length and are no event (N-10).
        self.rows = {ride: [row for row in rows if row.start < row.end] for ride, rows in reported.rides.items()}
        self.reports_down = reported.park.is_disney or reported.park.is_universal
        self.places = places_of(window, bucket, reported.park.timezone, reported.days, now)
        self.rides: dict[int, dict[Key, Expected]] = {}
        self.park: dict[Key, Expected] = {}
        for place in self.places:
            self.take(place)

    def take(self, place: Place) -> None:
        day, key = place
        spans = self.places[place]
        figures = {ride: self.observed(ride, day, spans) for ride in self.rows}
        seen_open = self.seen_open(spans)
        planned = max(seen_open, self.planned(day, spans))
        # A park without activity rows was open for as long as its rides say, as far as the score goes.
        seen_open = max([seen_open, *(found.open for found in figures.values())])
        down = members = 0
        known = any(found.open for found in figures.values())
        for ride, found in figures.items():
            if self.was_seen(ride, day):
                found.unknown = max(0, planned - found.open)
            if self.is_reported(ride, spans):
                weight = self.reported.weights[ride] if self.operated(ride, day) else 0
                down, members = down + weight * found.down, members + weight
            if found.open:
                found.scores.append((Fraction(found.down), found.open))
            if self.is_reported(ride, spans) or found.unknown:
                self.rides.setdefault(ride, {}).setdefault(key, Expected()).add(found)
                found.scores = []
                self.park.setdefault(key, Expected(is_of_park=True)).add(found)
        if seen_open and known:  # of an open park nothing is known of there is no score
            share = Fraction(down, members) if members else Fraction(0)
            self.park.setdefault(key, Expected(is_of_park=True)).scores.append((share, seen_open))

    def observed(self, ride: int, day: date, spans: list[Span]) -> Expected:
        """R-16.1, with durations instead of counts; waits by N-4, walk-ons beside them."""
        found = Expected()
        operated = self.operated(ride, day)
        for row in self.rows[ride]:
            seconds = overlap(row.start, row.end, spans)
            begins = begins_in(row.start, spans)
            found.rows += begins
            if not row.park_open or not (seconds or begins):
                continue
            found.operated |= operated
            found.open += seconds
            found.up += seconds * runs(row)
            found.down += seconds * (fails(row, self.reports_down) and operated)
            if seconds and runs(row) and row.wait is not None and row.wait < EXTREME_WAIT:
                found.waits[row.wait] += seconds
        found.delay = sum(overlap(a, b, spans) for a, b in self.delays(ride, day))
        return found

    def delays(self, ride: int, day: date) -> list[Span]:
        """Down before the ride first ran that day, unless it broke down on the day before (N-11)."""
        first = self.first_run(ride, day)
        if first is None:
            return []
        midnight_before, day_before = self.day_span(day)[0], day - timedelta(days=1)
        late = [(a, min(b, first)) for a, b in self.spells_down(ride, day) if a < first]
        if late and late[0][0] == midnight_before and self.first_run(ride, day_before) is not None:
            before = self.spells_down(ride, day_before)
            if before and before[-1][1] == midnight_before:
                return late[1:]
        return late

    def first_run(self, ride: int, day: date) -> int | None:
        return min((row.start for row in self.on(ride, day) if row.park_open and runs(row)), default=None)

    def spells_down(self, ride: int, day: date) -> list[Span]:
        found: list[Span] = []
        for row in self.on(ride, day):
            if row.park_open and fails(row, self.reports_down):
                if found and found[-1][1] == row.start:
                    found[-1] = found[-1][0], row.end
                else:
                    found.append((row.start, row.end))
        return found

    def on(self, ride: int, day: date) -> list[Row]:
        """The rows of a local day up to now."""
        start, end = self.day_span(day)
        return [row for row in self.rows[ride] if start <= row.start < min(end, self.now)]

    def is_reported(self, ride: int, spans: list[Span]) -> bool:
        return any(overlap(row.start, row.end, spans) for row in self.rows[ride])

    def day_span(self, day: date) -> Span:
        zone = self.reported.park.timezone
        return midnight(day, zone), midnight(day + timedelta(days=1), zone)

    def was_seen(self, ride: int, day: date) -> bool:
        """Was anything observed of the ride on that day, up to now?"""
        return bool(self.on(ride, day))

    def operated(self, ride: int, day: date) -> bool:
        """R-5.3: in the local day up to now; on the running day DOWN is evidence where the feed says it."""
        start, end = self.day_span(day)
        by_down = self.reports_down and start <= self.now < end
        return any(row.park_open and (runs(row) or (by_down and row.status == "DOWN")) for row in self.on(ride, day))

    def seen_open(self, spans: list[Span]) -> int:
        """Open and observed."""
        return sum(overlap(a, b, spans) for a, b, is_open in self.reported.activity if is_open)

    def planned(self, day: date, spans: list[Span]) -> int:
        """Opening hours: of the schedule, else from the first to the last sight of the open park (R-6)."""
        start, end = self.day_span(day)
        hours = [(max(a, start), min(b, end)) for a, b in self.reported.schedule if a < end and b > start]
        if not hours:
            seen = [(a, b) for a, b, is_open in self.reported.activity if is_open and start <= a < end]
            hours = [(min(a for a, _ in seen), max(b for _, b in seen))] if seen else []
        return sum(overlap(a, b, spans) for a, b in hours)


# -- daily rows ------------------------------------------------------------------------------------------


def day_score(reported: Reported, day: date) -> tuple[Fraction, Fraction | int] | None:
    """R-10.3 from exact seconds: (weighted seconds down ÷ weight, the mean of the rides' open seconds); None for a day
    that was not open.

    A day without a ride row has no daily row: what raw observations say of it is R-10.2.
    """
    by_hand = ByHand(reported, Window(day, day), Bucket.NONE, 2**40)
    rows = [(found[0], reported.weights[ride]) for ride, found in by_hand.rides.items() if by_hand.was_seen(ride, day)]
    if not rows:
        return next((found.scores[0] for found in by_hand.park.values() if found.scores), None)
    opened = Fraction(sum(found.open for found, _ in rows), len(rows))
    weight = sum(own for found, own in rows if found.up)
    weighted = sum(found.down * own for found, own in rows if found.up)
    return (Fraction(weighted, weight) if weight else Fraction(0), opened) if opened else None
