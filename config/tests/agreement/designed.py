"""A designed world: three zones and a half, nights, both changes of the clock, silence, and rides that are no rides.

The parks live through the same kinds of days around an instant `now`; each ride has a habit, and every habit is a
reason why two answers once disagreed.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from config.tests.agreement import live
from config.tests.agreement.facts import ONE_DAY, date_at, day_span, midnight, recorded, seconds
from config.tests.agreement.oracle import Oracle
from config.tests.agreement.rounding import half_up
from config.tests.agreement.windows import dates_before, dates_of
from parks.models import Category, Park, ParkSchedule, Ride, ScheduleType
from snapshots.models import ParkActivitySnapshot, RideStatusSnapshot
from stats.daily.recompute import recompute_park_day, refresh_today
from stats.tests.builders import STATES, make_park, make_ride
from weather.models import WeatherObservation

LOS_ANGELES, NEW_YORK, PARIS, TOKYO = "America/Los_Angeles", "America/New_York", "Europe/Paris", "Asia/Tokyo"
# The clock was set back the day before in America and nine days before in Paris; where the site stands it is Monday
# evening, in Tokyo Tuesday noon, in Paris an open night.
AUTUMN = datetime(2025, 11, 4, 2, 30, 40, tzinfo=UTC)
# Half an hour after the clock was set forward in Paris; there and in Tokyo it is Sunday, at the site still Saturday.
SPRING = datetime(2026, 3, 29, 1, 30, 40, tzinfo=UTC)
MINUTE, HOUR = 60, 3600
WORD = re.compile(r"([ODCR.-])(\d*)(?:@(\d+))?")

# What rides do from opening on, in minutes; @ is the wait they post, a dot is silence, the last state holds until
# closing. A state of 0 minutes is a row without length; a dash is a row that was stored without the status that the
# feed has (N-7). Every day has the next of a habit's stories.
HABITS: dict[str, tuple[str, ...]] = {
    "flagship": ("O95@60 D45 O200@75 D20 O60@45 O@30", "O150@90 D1 O300@50 O@20", "D40 O100@80 D200 O@55"),
    "late": ("D35 O200@25 D13 O@35", "C50 O100@30 O@15", "O30@20 D0 O300@45 O@5"),
    "night": ("O300@35 O420@20 D", "D95 O200@30 O420@40 D", "O@25"),
    "walk-on": ("O@0", "O200@0 D15 O@0", "O60@0 O@5"),
    "odd waits": ("O60@480 O30@999 O120@13 D25@60 O@0", "O61@7 .40 O@11", "O100@1 C30 O@2"),
    "no queue": ("O", "O100 D77 O", ".150 O"),
    "works": ("R", "R300 O@5", "C"),
    "stuck": ("D", "C", "D200 R"),
    "show": ("C60 O30 C60 O30 C", "D90 O40 C", "O"),
    "unsaid": ("O100@20 -60 D30 -20 O@30", "-200 O50@10 -30 D30 -", "O90@15 -"),
    "two silences": ("O100@20 .60 D30 .30 D40 O@30", ".200 O50@10 D30 .", "O@40"),
}


@dataclass(frozen=True)
class Plan:
    """A park: its hours in minutes after midnight, its rides by their habits, what is special about it."""

    name: str
    zone: str
    hours: tuple[int, int]
    rides: tuple[tuple[str, int | None], ...]  # habit and tier
    columns: tuple[tuple[str, Any], ...] = ()
    has_schedule: bool = True
    has_status: bool = True  # else what Queue-Times says: open or not
    silent_minutes: int = 0  # before now
    is_active: bool = True
    grain: int | None = None  # seconds of a row; None: one per state


PLANS = (
    Plan(
        "Castle",
        LOS_ANGELES,
        (9 * 60, 26 * 60),
        (("flagship", 1), ("night", 2), ("stuck", 1), ("works", 2), ("late", 3), ("show", 3)),
        (("is_disney", True),),
    ),
    Plan(
        "Old Town",
        NEW_YORK,
        (10 * 60, 22 * 60 + 20),
        (("flagship", 2), ("late", 1), ("walk-on", 3), ("no queue", None), ("two silences", 2)),
        has_schedule=False,
        has_status=False,
        grain=300,
    ),
    Plan(
        "Jardin",
        PARIS,
        (12 * 60, 28 * 60),
        (("night", 1), ("stuck", 2), ("odd waits", 2), ("late", None), ("show", 3), ("works", 1), ("unsaid", 1)),
    ),
    Plan(
        "Studio",
        TOKYO,
        (8 * 60, 20 * 60),
        (("late", 1), ("stuck", 2), ("flagship", 2), ("two silences", 3)),
        (("is_universal", True),),
        silent_minutes=150,
        grain=600,
    ),
    Plan("Closed down", LOS_ANGELES, (10 * 60, 18 * 60), (("flagship", 1), ("late", 2)), is_active=False),
    Plan("Pier", NEW_YORK, (11 * 60, 24 * 60), (("flagship", 1), ("no queue", 2)), silent_minutes=130),
)


def build(now: datetime, plans: Sequence[Plan] = PLANS) -> None:
    at = seconds(now)
    for number, plan in enumerate(plans):
        park = make_park(name=plan.name, timezone=plan.zone, is_active=plan.is_active, **dict(plan.columns))
        rides = [make_member(park, habit, tier) for habit, tier in plan.rides]
        if number == 0:
            make_ride(park, 2, name="Never seen")
        retired = [make_member(park, "flagship", 1, name="Retired")] if number % 2 == 0 else []
        days = days_told(plan.zone, at)
        for n, day in enumerate(days):
            tell_day(plan, park, [*rides, *(retired if n < len(days) - 3 else [])], day, number + n, at)
        touched = sorted({*days, *(day + ONE_DAY for day in days)})
        if plan.has_schedule:
            shut = next(day for day in (days[0] + n * ONE_DAY for n in range(9)) if day not in touched)
            ParkSchedule.objects.create(park=park, schedule_date=shut, schedule_type=ScheduleType.CLOSED)
        note_last_operation([*rides, *retired])
        write_weather(park, days, plan.zone)
        for day in touched:
            if day_span(day, plan.zone)[1] <= at:
                recompute_park_day(park, day, settings.METRICS_VERSION)
        park.rides.filter(name="Retired").update(is_active=False)
    refresh_today(now, settings.METRICS_VERSION)
    score_newest(at)


def score_newest(at: int) -> None:
    """The score that the collection stored in each park's newest cycle (R-10.1)."""
    oracle = Oracle(recorded(), at, settings.SITE_TIME_ZONE)
    for park in oracle.facts.parks:
        newest = live.newest_of_park(oracle, park)
        if newest is not None:
            score = live.score(oracle, park)
            ParkActivitySnapshot.objects.filter(park=park, recorded_at=datetime.fromtimestamp(newest[0], UTC)).update(
                shame_score=None if score is None else half_up(score, 1)
            )


def make_member(park: Park, habit: str, tier: int | None, **columns: Any) -> Ride:
    category = Category.SHOW if habit == "show" else Category.ATTRACTION
    columns = {"queue_times_id": None, **columns} if habit == "unsaid" else columns
    return make_ride(park, tier, **{"name": f"{park.name} {habit}", "category": category, **columns})


def days_told(zone: str, at: int) -> list[date]:
    """The zone's today and the days before it, ends of weeks and months, and as many of the periods before them."""
    today = date_at(at, zone)
    found = {today - n * ONE_DAY for n in range(3)}
    for name in ("last_week", "last_month"):
        dates = dates_of(name, today)
        before = dates_before(name, dates)
        found |= {dates.first, dates.last, before.last}
    return sorted(found)


def opening_of(plan: Plan, day: date) -> tuple[int, int]:
    """By the clock on the wall, past midnight by that of the next date."""
    first, last = (wall(day, minutes, plan.zone) for minutes in plan.hours)
    return first, last


def wall(day: date, minutes: int, zone: str) -> int:
    shown = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes)
    return seconds(shown.replace(tzinfo=ZoneInfo(zone)))


def tell_day(plan: Plan, park: Park, rides: list[Ride], day: date, number: int, at: int) -> None:
    opening, closing = opening_of(plan, day)
    end = at - plan.silent_minutes * MINUTE
    if plan.has_schedule:
        moments = (datetime.fromtimestamp(each, UTC) for each in (opening, closing))
        opens, closes = moments
        ParkSchedule.objects.create(park=park, schedule_date=day, opening_time=opens, closing_time=closes)
    cuts = [midnight(day + ONE_DAY, plan.zone)]
    for n, ride in enumerate(rides):
        stories = HABITS[ride.name.removeprefix(f"{park.name} ")] if ride.name != "Retired" else HABITS["flagship"]
        rows = list(observations_of(stories[(number + n) % len(stories)], opening, closing, plan, cuts))
        write(ride, [*before_opening(opening, n), *rows, *at_closing(closing, n)], end)
    spans = pieces(opening, closing, [*cuts, *range(opening, closing, plan.grain or closing - opening)])
    ParkActivitySnapshot.objects.bulk_create(
        ParkActivitySnapshot(
            park=park,
            recorded_at=datetime.fromtimestamp(a, UTC),
            # A live row of the last minutes reaches beyond now.
            duration_seconds=b - a if b - a <= 600 else min(b, end) - a,
            park_appears_open=True,
            shame_score=1,
        )
        for a, b in spans
        if a <= end
    )


# Start, end, state and flag, wait, the park open.
Observed = tuple[int, int, tuple[str | None, bool], int | None, bool]


def observations_of(story: str, opening: int, closing: int, plan: Plan, cuts: list[int]) -> Iterator[Observed]:
    at = opening
    for letter, minutes, wait in WORD.findall(story):
        until = min(closing, at + int(minutes) * MINUTE) if minutes else closing
        if letter != ".":
            state = STATES[letter] if plan.has_status else (None, letter == "O")
            posted = int(wait) if wait else None
            grain = range(at, until, plan.grain) if plan.grain else ()
            for a, b in pieces(at, until, [*cuts, *grain]):
                yield a, b, state, posted, True
        at = until


def pieces(start: int, end: int, cuts: Iterable[int]) -> Iterator[tuple[int, int]]:
    """[start, end) cut; one piece without length when it has none."""
    marks = sorted({start, *(cut for cut in cuts if start < cut < end)})
    yield from zip(marks, [*marks[1:], end], strict=True)


def before_opening(opening: int, n: int) -> Iterator[Observed]:
    """Test runs with waits that nobody queued for."""
    if n % 2 == 0:
        yield opening - HOUR, opening, STATES["O"], 75, False


def at_closing(closing: int, n: int) -> Iterator[Observed]:
    """The closing instant itself, and the hour after it."""
    if n % 2:
        yield closing, closing, STATES["D"], None, True
    else:
        yield closing, closing + HOUR, STATES["C"], None, False


def write(ride: Ride, rows: Iterable[Observed], end: int) -> None:
    """What begins by `end`; a live row of the last minutes reaches beyond it. Of two rows of one instant the later
    one is stored."""
    zone = ride.park.timezone
    kept = {}
    for a, b, (status, runs), wait, park_open in rows:
        if a <= end and (b <= end or b - a <= 600):
            kept[a] = (a, min(b, midnight(date_at(a, zone) + ONE_DAY, zone)), status, runs, wait, park_open)
        elif a <= end:
            kept[a] = (a, end, status, runs, wait, park_open)
    RideStatusSnapshot.objects.bulk_create(
        RideStatusSnapshot(
            ride=ride,
            park_id=ride.park_id,
            recorded_at=datetime.fromtimestamp(a, UTC),
            duration_seconds=b - a,
            status=status,
            is_open=runs,
            computed_is_open=runs,
            wait_time=wait,
            park_appears_open=park_open,
        )
        for a, b, status, runs, wait, park_open in kept.values()
    )


def write_weather(park: Park, days: Iterable[date], zone: str) -> None:
    """Five hours each without a thunderstorm, with one, and of which nothing is known."""
    hours = {hour for day in days for hour in range(*(at // HOUR for at in day_span(day, zone)))}
    WeatherObservation.objects.bulk_create(
        WeatherObservation(
            park=park,
            observation_time=datetime.fromtimestamp(hour * HOUR, UTC),
            weather_code=(0, 95)[hour // 5 % 3],
        )
        for hour in sorted(hours)
        if hour // 5 % 3 < 2
    )


def note_last_operation(rides: list[Ride]) -> None:
    """What the collection keeps of each ride (R-5.5)."""
    for ride in rides:
        rows = ride.snapshots.filter(computed_is_open=True, park_appears_open=True, duration_seconds__gt=0)
        ride.last_operated_at = rows.order_by("-recorded_at").values_list("recorded_at", flat=True).first()
        ride.save(update_fields=["last_operated_at"])
