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
    """The sums of one ride, or of a park's rides, over one bucket; scores: one per day, one decimal."""

    open: int = 0
    up: int = 0
    down: int = 0
    operated: int = 0
    unknown: int = 0
    rows: int = 0
    waits: Counter[int] = field(default_factory=Counter)
    scores: list[Fraction] = field(default_factory=list)

    def add(self, other: "Expected") -> None:
        for name in ("open", "up", "down", "operated", "unknown", "rows"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for wait, seconds in other.waits.items():
            self.waits[wait] += seconds
        self.scores += other.scores

    @property
    def seconds(self) -> dict[str, int]:
        names = ("open", "up", "down", "operated", "unknown")
        return {f"{name}_seconds": getattr(self, name) for name in names}

    @property
    def metrics(self) -> dict[str, Fraction | int | None]:
        """The published numbers that are not minutes."""
        held = sum(self.waits.values())
        posted = sum(wait * seconds for wait, seconds in self.waits.items())
        found: dict[str, Fraction | int | None] = {
            "wait_avg": rounded(Fraction(posted, held)) if held else None,
            "wait_min": min(self.waits, default=None),
            "wait_max": max(self.waits, default=None),
            "uptime_percentage": rounded(Fraction(100 * self.up, self.operated)) if self.operated else None,
            "shame_score": rounded(Fraction(sum(self.scores), len(self.scores))) if self.scores else None,
            "observations": self.rows,
        }
        return found | {f"wait_p{percent}": nearest_rank(self.waits, percent) for percent in PERCENTS}


def rounded(value: Fraction, digits: int = 1) -> Fraction:
    """Half-up; the values here are never negative."""
    scale = 10**digits
    return Fraction(floor(value * scale + Fraction(1, 2)), scale)


def score(weighted_down: int, capacity: int) -> Fraction:
    """R-10.2, 0.0 without members."""
    return min(Fraction(10), rounded(Fraction(10 * weighted_down, capacity))) if capacity else Fraction(0)


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
        self.reports_down = reported.park.is_disney or reported.park.is_universal
        self.places = places_of(window, bucket, reported.park.timezone, reported.days, now)
        self.rides: dict[int, dict[Key, Expected]] = {}
        self.park: dict[Key, Expected] = {}
        for place in self.places:
            self.take(place)

    def take(self, place: Place) -> None:
        day, key = place
        spans = self.places[place]
        figures = {ride: self.observed(rows, day, spans) for ride, rows in self.reported.rides.items()}
        seen_open = self.seen_open(spans)
        planned = max(seen_open, self.planned(day, spans))
        # A park without activity rows was open for as long as its rides say, as far as the score goes.
        seen_open = max([seen_open, *(found.open for found in figures.values())])
        down = members = 0
        for ride, found in figures.items():
            if self.was_seen(ride, day):
                found.unknown = max(0, planned - found.open)
            if self.is_reported(ride, spans):
                weight = self.reported.weights[ride] if self.operated(self.reported.rides[ride], day) else 0
                down, members = down + weight * found.down, members + weight
            if found.open:
                found.scores.append(score(found.down, found.open))
            if self.is_reported(ride, spans) or found.unknown:
                self.rides.setdefault(ride, {}).setdefault(key, Expected()).add(found)
                found.scores = []
                self.park.setdefault(key, Expected()).add(found)
        if seen_open:
            self.park.setdefault(key, Expected()).scores.append(score(down, members * seen_open))

    def observed(self, rows: list[Row], day: date, spans: list[Span]) -> Expected:
        """R-16.1, with durations instead of counts; waits by R-11, the park open or not."""
        found = Expected()
        operated = self.operated(rows, day)
        for row in rows:
            seconds = overlap(row.start, row.end, spans)
            begins = begins_in(row.start, spans)
            found.rows += begins
            if not seconds and not begins:
                continue
            if row.park_open:
                found.open += seconds
                found.up += seconds * runs(row)
                found.down += seconds * (fails(row, self.reports_down) and operated)
                found.operated += seconds * operated
            if runs(row) and row.wait is not None and row.wait < EXTREME_WAIT:
                found.waits[row.wait] += seconds
        return found

    def is_reported(self, ride: int, spans: list[Span]) -> bool:
        rows = self.reported.rides[ride]
        return any(overlap(row.start, row.end, spans) or begins_in(row.start, spans) for row in rows)

    def day_span(self, day: date) -> Span:
        zone = self.reported.park.timezone
        return midnight(day, zone), midnight(day + timedelta(days=1), zone)

    def was_seen(self, ride: int, day: date) -> bool:
        """Was anything observed of the ride on that day, up to now?"""
        start, end = self.day_span(day)
        return any(start <= row.start <= min(end - 1, self.now) for row in self.reported.rides[ride])

    def operated(self, rows: list[Row], day: date) -> bool:
        """R-5.3: in the local day up to now; inside a day DOWN is evidence where the feed says it."""
        start, end = self.day_span(day)
        asked = sum(b - a for (each, _), spans in self.places.items() if each == day for a, b in spans)
        inside = asked < end - start
        today = [row for row in rows if start <= row.start <= min(end - 1, self.now) and row.start < row.end]
        return any(
            row.park_open and (runs(row) or (inside and self.reports_down and row.status == "DOWN")) for row in today
        )

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


def day_score(reported: Reported, day: date) -> Fraction | None:
    """R-10.3 with minutes rounded half-up, where downtime gives way (ADR 2); None for a day that was not open.

    A day without a ride row has no daily row: what raw observations say of it is R-10.2.
    """
    by_hand = ByHand(reported, Window(day, day), Bucket.NONE, 2**40)
    rows = [(found[0], reported.weights[ride]) for ride, found in by_hand.rides.items() if by_hand.was_seen(ride, day)]
    minutes_open = [rounded(Fraction(found.open, 60), 0) for found, _ in rows]
    if not rows:
        return next((found.scores[0] for found in by_hand.park.values() if found.scores), None)
    if sum(minutes_open) < len(rows):  # less than a whole minute on average
        return None
    weighted = weight = Fraction(0)
    for (found, own), open_minutes in zip(rows, minutes_open, strict=True):
        up, down = (rounded(Fraction(seconds, 60), 0) for seconds in (found.up, found.down))
        down = min(down, open_minutes - up)
        weighted += down * own
        # With less than 0.005 % of uptime the ride is a member if it has downtime.
        if down or (found.operated and rounded(Fraction(100 * found.up, found.open), 2)):
            weight += own
    capacity = weight * sum(minutes_open) / len(rows)
    return min(Fraction(10), rounded(10 * weighted / capacity)) if capacity else Fraction(0)
