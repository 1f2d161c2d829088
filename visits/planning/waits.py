"""What a wait is expected to be. `expected_waits` is the one function that a forecast may stand behind later.

A quarter of an hour on one day has the median of what was posted while the ride operated, by time, walk-ons (0)
included; the expectation is the median over days. Days are those of the same weekday and season; where fewer than
`LEAST_DAYS` of them know a quarter, the neighbouring weekdays of the season, then all days. Still fewer: unknown.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import TextChoices

from core.zones import local_date
from parks.models import Park
from stats.answers.analytics_rows import WEEKDAYS
from stats.measures.ride_measures import wait_percentile
from stats.measures.window_measures import park_window
from stats.measures.windows import Bucket, Window
from stats.models import RideDailyStats

QUARTER = timedelta(minutes=15)
HISTORY_DAYS = 400  # looked back: a season, and the same of the year before
SEASON_DAYS = 45  # before and after the date, in any year
LEAST_DAYS, MOST_DAYS = 3, 12  # that know a quarter of an hour; the newest that are read for a basis
AVAILABILITY_DAYS = 90
CLOSED_WITHIN, MOST_CLOSED, LEAST_CLOSED = timedelta(days=30), 7, 3


class Basis(TextChoices):
    SAME_WEEKDAY = "same_weekday", "the same weekday of the season"
    NEIGHBOURS = "neighbouring_weekdays", "neighbouring weekdays of the season"
    ALL_DAYS = "all_days", "all days"


@dataclass(frozen=True, slots=True)
class ExpectedWait:
    """Minutes in one quarter of an hour, and the days that say so."""

    minutes: float
    days: int
    first: date
    last: date
    basis: Basis

    def weekdays(self, day: date) -> list[str]:
        """The weekdays that the basis of a plan of `day` allows, in the words of analytics; empty: all."""
        return [word for number, word in enumerate(WEEKDAYS) if has_weekday(self.basis, number, day)]


Profile = Mapping[int, ExpectedWait]  # by quarter of the park's clock, 0 to 95; one that is missing is unknown


@dataclass(frozen=True, slots=True)
class DayOfRide:
    """Seconds of one stored day."""

    day: date
    open_seconds: int
    up_seconds: int
    down_seconds: int
    posted_seconds: int


@dataclass(frozen=True, slots=True)
class History:
    """The stored days of rides before a date, the newest first, by ride."""

    days: Mapping[int, list[DayOfRide]]
    last: date  # the newest day that may be used

    def availability(self, ride: int) -> float | None:
        """Percent of the time it was meant to run over the last three months (N-3); None: nobody knows."""
        since = self.last - timedelta(days=AVAILABILITY_DAYS)
        rows = [row for row in self.days.get(ride, ()) if row.day > since]
        up, down = sum(row.up_seconds for row in rows), sum(row.down_seconds for row in rows)
        return round(100 * up / (up + down), 1) if up + down else None

    def is_closed(self, ride: int) -> bool:
        """Did it never run on its newest seven days, three at least, of the last thirty of which anything is known?"""
        rows = [row for row in self.days.get(ride, ()) if row.day > self.last - CLOSED_WITHIN and row.open_seconds]
        newest = rows[:MOST_CLOSED]
        return len(newest) >= LEAST_CLOSED and not any(row.up_seconds for row in newest)


def history_before(park: Park, rides: Collection[int], day: date, now: datetime) -> History:
    """What is stored of days before `day` that are over; one query."""
    last = min(day, local_date(now, park.timezone)) - timedelta(days=1)
    columns = ("stat_date", "open_seconds", "up_seconds", "down_seconds", "wait_seconds", "walk_on_seconds")
    rows = RideDailyStats.objects.filter(
        ride__in=rides,
        stat_date__range=(last - timedelta(days=HISTORY_DAYS), last),
        metrics_version=settings.METRICS_VERSION,
        open_seconds__isnull=False,
    ).order_by("-stat_date")
    days: dict[int, list[DayOfRide]] = defaultdict(list)
    for ride, at, open_seconds, up, down, above, walk_on in rows.values_list("ride_id", *columns):
        if ride is not None:
            days[ride].append(DayOfRide(at, open_seconds or 0, up or 0, down or 0, (above or 0) + (walk_on or 0)))
    return History(days, last)


def expected_waits(
    park: Park, history: History, day: date, quarters: Collection[int], now: datetime
) -> dict[int, dict[int, ExpectedWait]]:
    """The profile of each ride for these quarters of a date.

    Nine queries at most, in the days that are read: a ride's profile does not depend on the rides beside it.
    """
    found: dict[int, dict[int, ExpectedWait]] = {ride: {} for ride in history.days}
    for basis in Basis:
        unknown = [ride for ride, profile in found.items() if len(profile) < len(quarters)]
        chosen = {ride: set(days_of_basis(history.days[ride], basis, day)) for ride in unknown}
        chosen = {ride: days for ride, days in chosen.items() if len(days) >= LEAST_DAYS}
        for ride, by_quarter in posted_waits(park, chosen, now).items():
            for quarter, waits in by_quarter.items():
                if quarter in quarters and quarter not in found[ride] and len(waits) >= LEAST_DAYS:
                    middle = float(median(waits.values()))
                    found[ride][quarter] = ExpectedWait(middle, len(waits), min(waits), max(waits), basis)
    return found


def days_of_basis(rows: Iterable[DayOfRide], basis: Basis, day: date) -> list[date]:
    """The newest days with a posted wait that a basis allows."""
    fitting = (
        row.day
        for row in rows
        if row.posted_seconds
        and has_weekday(basis, row.day.weekday(), day)
        and (basis == Basis.ALL_DAYS or season_distance(row.day, day) <= SEASON_DAYS)
    )
    return [each for each, _ in zip(fitting, range(MOST_DAYS), strict=False)]


def has_weekday(basis: Basis, weekday: int, day: date) -> bool:
    apart = abs(weekday - day.weekday())
    return basis == Basis.ALL_DAYS or min(apart, 7 - apart) <= (basis == Basis.NEIGHBOURS)


def season_distance(one: date, other: date) -> int:
    """Days between two dates of the calendar, whatever their years."""
    apart = abs(one.timetuple().tm_yday - other.timetuple().tm_yday)
    return min(apart, 365 - apart)


def posted_waits(park: Park, chosen: Mapping[int, set[date]], now: datetime) -> dict[int, dict[int, dict[date, int]]]:
    """The median posted wait by ride, quarter of the clock and day; three queries, none without rides.

    Where the clock shows a quarter twice the later one stands.
    """
    if not chosen:
        return {}
    days = set().union(*chosen.values())
    window = Window(min(days), max(days))
    read = park_window(park, chosen, window, Bucket.M15, now, days, openings=False)
    quarter_of = {key: quarter_at(key, park.timezone) for _, _, key in read.rides if isinstance(key, int)}
    found: dict[int, dict[int, dict[date, int]]] = {ride: defaultdict(dict) for ride in chosen}
    for (ride, day, key), measures in read.rides.items():
        wait = wait_percentile(measures.held, 50) if measures.held else None
        if wait is not None and day in chosen[ride] and isinstance(key, int):
            found[ride][quarter_of[key]][day] = wait
    return found


def quarter_at(at: float, zone: str) -> int:
    """The quarter of the local clock at an instant (seconds since 1970)."""
    local = datetime.fromtimestamp(at, ZoneInfo(zone))
    return local.hour * 4 + local.minute // 15


def quarters_between(start: datetime, end: datetime, zone: str) -> Iterator[int]:
    """The quarters of the clock that a span touches."""
    at = start - timedelta(seconds=start.timestamp() % QUARTER.total_seconds())
    while at < end:
        yield quarter_at(at.timestamp(), zone)
        at += QUARTER
