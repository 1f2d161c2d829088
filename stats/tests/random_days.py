"""Days that nobody would think of: random stories of parks, as plain rows and in the database.

Rows keep the promises of ADR 2: they never reach over another row of the ride, an opening, a closing or the
park-local midnight. Instants are seconds since 1970 (UTC).
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import Phase
from hypothesis import strategies as st

from core.instants import instant
from parks.models import Park, ParkSchedule, Ride
from snapshots.models import ParkActivitySnapshot, RideStatusSnapshot
from stats.tests.builders import NEW_YORK, PARIS, STATES, TOKYO, make_park, make_ride

LORD_HOWE = "Australia/Lord_Howe"  # half an hour of summer time
HOUR = 3600
DAY_SECONDS = 24 * HOUR
LIVE_GRAIN = 300
# A failing story is reported as it was found: making it smaller takes minutes.
AS_FOUND = (Phase.explicit, Phase.reuse, Phase.generate)

# Where stories begin: quiet days, and the days around a change of the clock.
FIRST_DAYS = {
    NEW_YORK: (date(2025, 7, 4), date(2025, 3, 8), date(2025, 11, 1), date(2025, 11, 2), date(2024, 12, 31)),
    PARIS: (date(2025, 7, 14), date(2025, 3, 29), date(2025, 10, 25), date(2025, 10, 26)),
    TOKYO: (date(2025, 12, 24), date(2025, 3, 31)),
    LORD_HOWE: (date(2025, 4, 5), date(2025, 4, 6), date(2025, 10, 4), date(2025, 10, 5)),
}


class Row(NamedTuple):
    """What a ride reported over [start, end)."""

    start: int
    end: int
    status: str | None
    is_open: bool
    wait: int | None
    park_open: bool


Span = tuple[int, int]


@dataclass(frozen=True)
class Segment:
    """A state on a ride's day, before it is cut: `silent` seconds without a row come first."""

    state: str
    seconds: int
    wait: int | None
    silent: int


@dataclass(frozen=True)
class DayStory:
    """One local day. Openings and gaps are (from, to) in seconds after local midnight, as time passes."""

    day: date
    openings: tuple[Span, ...]
    gaps: tuple[Span, ...]
    rides: tuple[tuple[int, tuple[Segment, ...]], ...]  # (first second, segments) of each ride


@dataclass(frozen=True)
class Kind:
    """What is known of a park beside its rides."""

    zone: str
    has_schedule: bool
    has_activity: bool


@dataclass(frozen=True)
class ParkStory:
    kind: Kind
    is_disney: bool
    grain: int | None  # seconds of a row; None: one row per state, as the archive importer writes them
    tiers: tuple[int | None, ...]
    days: tuple[DayStory, ...]


@dataclass
class Reported:
    """A park whose story stands in the database, and what was written there."""

    park: Park
    days: list[date]
    rides: dict[int, list[Row]] = field(default_factory=dict)  # by ride, in order
    weights: dict[int, int] = field(default_factory=dict)
    activity: list[tuple[int, int, bool]] = field(default_factory=list)
    schedule: list[Span] = field(default_factory=list)


# -- strategies ------------------------------------------------------------------------------------------

OPENINGS = (
    ((9 * HOUR, 21 * HOUR),),
    ((9 * HOUR, 21 * HOUR),),
    ((10 * HOUR + 7 * 60, 17 * HOUR + 1801),),
    ((0, 2 * HOUR + 900), (10 * HOUR, 26 * HOUR)),  # the night before, and over midnight
    ((0, 26 * HOUR),),
    (),
)
waits = st.none() | st.integers(0, 130) | st.sampled_from([0, 5, 60, 479, 480, 999])


def segments(aligned: bool) -> st.SearchStrategy[Segment]:
    seconds = st.integers(1, 12).map(lambda n: n * LIVE_GRAIN) if aligned else st.integers(0, 5 * HOUR)
    silent = st.sampled_from([0, 0, 0, LIVE_GRAIN]) if aligned else st.sampled_from([0, 0, 1, 1000, 7200])
    return st.builds(Segment, st.sampled_from("OOODC+-R"), seconds, waits, silent)


@st.composite
def day_stories(draw: st.DrawFn, day: date, rides: int, aligned: bool) -> DayStory:
    openings = draw(st.sampled_from(OPENINGS))
    gaps = draw(st.sampled_from([(), (), ((12 * HOUR, 14 * HOUR),), ((9 * HOUR + 61, 11 * HOUR + 30 * 60),)]))
    starts = st.sampled_from([0, 0, 8 * HOUR, 9 * HOUR, 10 * HOUR + LIVE_GRAIN])
    reported = tuple(
        (draw(starts), tuple(draw(st.lists(segments(aligned), min_size=1, max_size=6)))) for _ in range(rides)
    )
    return DayStory(day, openings, gaps, reported)


# Every kind gets examples of its own: left to itself, hypothesis tries few of them.
KINDS = [
    Kind(zone, has_schedule, has_activity)
    for zone in sorted(FIRST_DAYS)
    for has_schedule in (True, False)
    for has_activity in (True, False)
]


@st.composite
def park_stories(draw: st.DrawFn, kind: Kind, first: date, days: int) -> ParkStory:
    rides = draw(st.integers(1, 3))
    grain = draw(st.sampled_from([None, None, LIVE_GRAIN, 1200]))
    return ParkStory(
        kind=kind,
        is_disney=draw(st.booleans()),
        grain=grain,
        tiers=tuple(draw(st.sampled_from([1, 2, 3, None])) for _ in range(rides)),
        days=tuple(draw(day_stories(first + timedelta(days=n), rides, grain is not None)) for n in range(days)),
    )


@st.composite
def stories(draw: st.DrawFn, kind: Kind) -> list[ParkStory]:
    """A park over one to three dates, and perhaps another one in another zone."""
    first, days = draw(st.sampled_from(FIRST_DAYS[kind.zone])), draw(st.integers(1, 3))
    others = draw(st.lists(st.sampled_from(KINDS), max_size=1))
    return [draw(park_stories(each, first, days)) for each in [kind, *others]]


# -- saying ---------------------------------------------------------------------------------------------


def midnight(day: date, zone: str) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())


def spans_of(pairs: tuple[Span, ...], start: int, end: int) -> list[Span]:
    found = [(max(start, start + a), min(end, start + b)) for a, b in pairs]
    return [(a, b) for a, b in found if a < b]


def cut_at(rows: list[Row], marks: list[int]) -> list[Row]:
    for mark in marks:
        rows = [
            row._replace(start=a, end=b)
            for row in rows
            for a, b in (
                [(row.start, mark), (mark, row.end)] if row.start < mark < row.end else [(row.start, row.end)]
            )
        ]
    return rows


def rows_of(story: DayStory, number: int, grain: int | None, zone: str) -> list[Row]:
    """The rows of one ride on one day."""
    start, end = midnight(story.day, zone), midnight(story.day + timedelta(days=1), zone)
    openings, gaps = (spans_of(pairs, start, end) for pairs in (story.openings, story.gaps))
    offset, reported = story.rides[number]
    at = start + offset
    rows = []
    for segment in reported:
        at += segment.silent
        until = min(at + segment.seconds, end)
        if at < end:
            rows.append(Row(at, until, *STATES[segment.state], segment.wait, False))
        at = max(until, at + 1)
    marks = [mark for span in openings + gaps for mark in span]
    marks += range(start, end, grain) if grain else []
    return [
        row._replace(park_open=any(a <= row.start < b for a, b in openings))
        for row in cut_at(rows, marks)
        if not any(a <= row.start < b for a, b in gaps)
    ]


def activity_of(story: DayStory, zone: str, grain: int | None) -> list[tuple[int, int, bool]]:
    """(start, end, open): the park was observed all day, but for the gaps."""
    start, end = midnight(story.day, zone), midnight(story.day + timedelta(days=1), zone)
    openings, gaps = (spans_of(pairs, start, end) for pairs in (story.openings, story.gaps))
    marks = {mark for span in openings + gaps for mark in span} | set(range(start, end, grain or 2 * HOUR))
    bounds = sorted({start, end, *marks})
    return [
        (a, b, any(x <= a < y for x, y in openings))
        for a, b in pairwise(bounds)
        if not any(x <= a < y for x, y in gaps)
    ]


def write(story: ParkStory) -> Reported:
    """Put a story into the database."""
    zone = story.kind.zone
    park = make_park(timezone=zone, is_disney=story.is_disney)
    reported = Reported(park, [day.day for day in story.days])
    for number, tier in enumerate(story.tiers):
        ride = make_ride(park, classified=tier)
        rows = [row for day in story.days for row in rows_of(day, number, story.grain, zone)]
        reported.rides[ride.pk], reported.weights[ride.pk] = rows, 2 if tier is None else 4 - tier
        write_rows(ride, rows)
    if story.kind.has_activity:
        reported.activity = [row for day in story.days for row in activity_of(day, zone, story.grain)]
        write_activity(park, reported.activity)
    if story.kind.has_schedule:
        for day in story.days:
            start, end = midnight(day.day, zone), midnight(day.day + timedelta(days=1), zone)
            for a, b in spans_of(day.openings, start, end):
                reported.schedule.append((a, b))
                ParkSchedule.objects.create(
                    park=park, schedule_date=day.day, opening_time=instant(a), closing_time=instant(b)
                )
    return reported


def write_rows(ride: Ride, rows: list[Row]) -> None:
    RideStatusSnapshot.objects.bulk_create(
        RideStatusSnapshot(
            ride=ride,
            park_id=ride.park_id,
            recorded_at=instant(row.start),
            duration_seconds=row.end - row.start,
            status=row.status,
            is_open=row.is_open,
            computed_is_open=row.is_open,
            wait_time=row.wait,
            park_appears_open=row.park_open,
        )
        for row in rows
    )


def write_activity(park: Park, rows: list[tuple[int, int, bool]]) -> None:
    ParkActivitySnapshot.objects.bulk_create(
        ParkActivitySnapshot(park=park, recorded_at=instant(a), duration_seconds=b - a, park_appears_open=is_open)
        for a, b, is_open in rows
    )
