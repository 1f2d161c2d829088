"""Periods as park-local dates and UTC ranges (R-3): the one place that turns a window into instants."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import TextChoices

from core.instants import day_seconds, seconds
from core.periods import Asked, Days, days_of, is_over, shifted, whole_months
from core.zones import day_range, day_start, local_date


def days_before(asked: Asked, now: datetime, zone: str) -> Days:
    """The dates before, of the same kind: the day, week, month or so many days before."""
    return shifted(days_of(asked, now, zone), -1)


def listed_days(asked: Asked, now: datetime) -> Days:
    """The dates of a closed period in a list over several parks (N-1): those of the site's calendar, for all alike."""
    return days_of(asked, now, settings.SITE_TIME_ZONE)


def listed_days_before(asked: Asked, now: datetime) -> Days:
    return days_before(asked, now, settings.SITE_TIME_ZONE)


def days_in_list(asked: Asked, now: datetime, zone: str) -> Days:
    """The dates that a list says of a park in `zone`: live and today are its present day (N-1)."""
    return listed_days(asked, now) if is_over(asked) else days_of(asked, now, zone)


def label(asked: Asked, now: datetime, zone: str) -> str:
    """A period's heading: "Dec 1, 2025", "Nov 23-29, 2025", "Nov 30 - Dec 6, 2025", "November 2025"."""
    if not isinstance(asked, Days) and not is_over(asked):
        return asked.value.capitalize()
    days = days_of(asked, now, zone)
    first, last = days.first, days.last
    if whole_months(days) == 1:
        return f"{first:%B %Y}"
    if first == last:
        return f"{first:%b} {first.day}, {first.year}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%b} {first.day}-{last.day}, {last.year}"
    year = f", {first.year}" if isinstance(asked, Days) and first.year != last.year else ""
    return f"{first:%b} {first.day}{year} - {last:%b} {last.day}, {last.year}"


# -- arbitrary windows (R-3, R-16) ------------------------------------------------------------------------

SECONDS_A_DAY = 86_400
# Sizes that divide the clock's day evenly.
SIZES = {
    "5m": 300,
    "10m": 600,
    "15m": 900,
    "20m": 1_200,
    "30m": 1_800,
    "1h": 3_600,
    "2h": 7_200,
    "3h": 10_800,
    "4h": 14_400,
    "6h": 21_600,
    "8h": 28_800,
    "12h": 43_200,
}
ONE_HOUR = SIZES["1h"]


class Bucket(TextChoices):
    """What a window is cut into: clock sizes, calendar spans, profiles of the day or week, or nothing."""

    M5 = "5m"
    M10 = "10m"
    M15 = "15m"
    M20 = "20m"
    M30 = "30m"
    H1 = "1h"
    H2 = "2h"
    H3 = "3h"
    H4 = "4h"
    H6 = "6h"
    H8 = "8h"
    H12 = "12h"
    DAY = "1d"
    WEEK = "1w"
    MONTH = "1mo"
    HOUR_OF_DAY = "hour_of_day"
    WEEKDAY = "weekday"
    NONE = "none"

    @property
    def unit(self) -> int:
        """Seconds of the clock between two cuts; days for everything that is made of whole days."""
        return ONE_HOUR if self == Bucket.HOUR_OF_DAY else SIZES.get(self.value, SECONDS_A_DAY)

    @property
    def is_made_of_days(self) -> bool:
        return self.unit == SECONDS_A_DAY


@dataclass(frozen=True, slots=True)
class Window:
    """What a question is about, before a zone is known.

    `start` and `end` are local dates (both included) or instants (`end` excluded); instants without an offset
    are read in `clock`, or in each park's own zone. `hours` are seconds of the local clock, [from, to).
    `weekdays` are 0 (Monday) to 6; empty: all.
    """

    start: date | datetime
    end: date | datetime
    hours: tuple[int, int] = (0, SECONDS_A_DAY)
    weekdays: frozenset[int] = frozenset()
    clock: str | None = None

    @property
    def is_made_of_days(self) -> bool:
        """Does it consist of whole local days?"""
        return not isinstance(self.start, datetime) and self.hours == (0, SECONDS_A_DAY)

    def most_buckets(self, bucket: Bucket) -> int:
        """How many buckets of an entity there can be, within one or two."""
        start, end = self.utc_range("UTC")
        days = (end - start).total_seconds() / SECONDS_A_DAY * (len(self.weekdays) or 7) / 7
        hours = (self.hours[1] - self.hours[0]) / SECONDS_A_DAY
        spans = {Bucket.NONE: 0, Bucket.WEEKDAY: 7, Bucket.HOUR_OF_DAY: 24}
        lengths = {Bucket.WEEK: 7, Bucket.MONTH: 28}
        if bucket in spans:
            return spans[bucket]
        if bucket.is_made_of_days:
            return ceil(days / lengths.get(bucket, 1)) + 1
        return ceil(days * hours * SECONDS_A_DAY / bucket.unit) + 1

    def utc_range(self, zone: str) -> tuple[datetime, datetime]:
        """[start, end) in UTC, hours and weekdays aside."""
        if isinstance(self.start, datetime) and isinstance(self.end, datetime):
            return self.instant(self.start, zone), self.instant(self.end, zone)
        return day_start(self.start, zone), day_range(self.end, zone)[1]

    def instant(self, moment: datetime, zone: str) -> datetime:
        local = moment.replace(tzinfo=ZoneInfo(self.clock or zone)) if moment.tzinfo is None else moment
        return local.astimezone(UTC)

    def dates(self, zone: str) -> list[date]:
        """The local dates it touches, weekdays considered."""
        start, end = self.utc_range(zone)
        if start >= end:
            return []
        first, last = local_date(start, zone), local_date(end - timedelta(seconds=1), zone)
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        return [day for day in days if not self.weekdays or day.weekday() in self.weekdays]

    def shifted(self, days: int) -> "Window":
        """The same question so many days of the calendar earlier."""
        back = timedelta(days=days)
        return replace(self, start=self.start - back, end=self.end - back)

    def before(self) -> "Window":
        """The window of the same length that ends where this one begins."""
        if isinstance(self.start, datetime) and isinstance(self.end, datetime):
            return replace(self, start=self.start - (self.end - self.start), end=self.start)
        return self.shifted(self.end.toordinal() - self.start.toordinal() + 1)

    def a_year_before(self) -> "Window":
        """The same dates of the year before; 29 February becomes 28 February. Instants keep their distance."""
        start = year_before(self.start)
        if isinstance(self.start, datetime) and isinstance(self.end, datetime) and isinstance(start, datetime):
            return replace(self, start=start, end=start + (self.end - self.start))
        return replace(self, start=start, end=year_before(self.end))


Moment = TypeVar("Moment", date, datetime)


def year_before(moment: Moment) -> Moment:
    try:
        return moment.replace(year=moment.year - 1)
    except ValueError:
        return moment.replace(year=moment.year - 1, day=28)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of one local day with one UTC offset. Instants are seconds since 1970 (UTC)."""

    day: date
    start: int
    end: int
    midnight: int  # where the clock of this offset shows 0:00; `start - midnight` is the clock's time


def offset_of(at: int, zone: str) -> int:
    """Seconds east of UTC at an instant."""
    offset = datetime.fromtimestamp(at, ZoneInfo(zone)).utcoffset()
    return int((offset or timedelta()).total_seconds())


@functools.lru_cache(maxsize=65_536)
def offsets_of_day(day: date, zone: str) -> tuple[tuple[int, int, int], ...]:
    """(start, end, UTC offset) of the stretches of a local day: one, or two when the clock is changed."""
    start, end = day_seconds(day, zone)
    before, after = offset_of(start, zone), offset_of(end - 1, zone)
    if before == after:
        return ((start, end, before),)
    low, high = start, end - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset_of(middle, zone) == before else (low, middle)
    return (start, high, before), (high, end, after)


def pieces(window: Window, zone: str) -> list[Piece]:
    """The window in a zone, in order: its days cut to its hours, right on days of 23 and 25 hours."""
    start, end = map(seconds, window.utc_range(zone))
    found = []
    for day in window.dates(zone):
        for a, b, offset in offsets_of_day(day, zone):
            midnight = seconds(day_start(day, "UTC")) - offset
            first = max(a, start, midnight + window.hours[0])
            last = min(b, end, midnight + window.hours[1])
            if first < last:
                found.append(Piece(day, first, last, midnight))
    return found


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of a piece that lies in one bucket; `key` says the bucket, `cell` its place on the clock."""

    start: int
    end: int
    day: date
    key: "BucketKey"
    cell: int


# The start of a clock bucket (seconds since 1970), a date, an hour or weekday, a group, or 0 for no buckets.
BucketKey = int | date


@dataclass(frozen=True, slots=True)
class Groups:
    """Hours by a property of theirs, in the place of buckets. `keys`: the number of the group, by hours since 1970
    (UTC); an hour that is not there belongs to `others`. No cell of `unit` seconds lies in two of these hours."""

    keys: Mapping[int, int]
    others: int
    unit: int

    def key(self, at: int) -> int:
        """The group of the hour that an instant (seconds since 1970) lies in."""
        return self.keys.get(at // ONE_HOUR, self.others)


Cut = Bucket | Groups


def unit_within_hours(parts: Iterable[Piece]) -> int:
    """Seconds between cuts of the local clock that also cut at every full UTC hour."""
    return ONE_HOUR if all(piece.midnight % ONE_HOUR == 0 for piece in parts) else SIZES["15m"]


def slices(parts: Sequence[Piece], bucket: Cut, zone: str) -> list[Slice]:
    """Cut pieces at the buckets' bounds."""
    unit = bucket.unit
    found = []
    for piece in parts:
        cell = piece.start - (piece.start - piece.midnight) % unit
        while cell < piece.end:
            key = bucket_key(bucket, piece, cell, zone)
            found.append(Slice(max(cell, piece.start), min(cell + unit, piece.end), piece.day, key, cell))
            cell += unit
    return found


def bucket_key(bucket: Cut, piece: Piece, cell: int, zone: str) -> BucketKey:
    """Which bucket or group a place on the clock belongs to.

    An hour that the clock shows twice is two buckets; a longer one that contains the change stays one.
    """
    if isinstance(bucket, Groups):
        return bucket.key(max(cell, piece.start))
    if bucket.is_made_of_days:
        return span_key(bucket, piece.day)
    clock = cell - piece.midnight
    if bucket == Bucket.HOUR_OF_DAY:
        return clock // ONE_HOUR
    if bucket.unit <= ONE_HOUR:
        return max(cell, clock_change(piece, zone))
    return seconds(day_start(piece.day, zone)) if clock == 0 else clock_instant(piece.day, clock, zone)


def span_key(bucket: Bucket, day: date) -> BucketKey:
    """The bucket of a whole day."""
    if bucket == Bucket.DAY:
        return day
    if bucket == Bucket.WEEK:
        return day - timedelta(days=day.weekday())
    if bucket == Bucket.MONTH:
        return day.replace(day=1)
    return day.weekday() if bucket == Bucket.WEEKDAY else 0


def clock_change(piece: Piece, zone: str) -> int:
    """Where the UTC offset of a piece begins to hold that day."""
    stretches = offsets_of_day(piece.day, zone)
    if len(stretches) > 1:
        midnight = seconds(day_start(piece.day, "UTC"))
        for start, _, offset in stretches:
            if midnight - offset == piece.midnight:
                return start
    return stretches[0][0]


@functools.lru_cache(maxsize=65_536)
def clock_instant(day: date, clock: int, zone: str) -> int:
    """The first instant of a local day at which its clock shows `clock` seconds or later."""
    for start, end, offset in offsets_of_day(day, zone):
        at = seconds(day_start(day, "UTC")) - offset + clock
        if at < end:
            return max(at, start)
    return seconds(day_range(day, zone)[1])
