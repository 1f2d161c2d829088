"""When a plan begins and ends: the park's hours of the date, cut by what the visitor wants."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from parks.models import Park
from parks.opening_windows import ONE_DAY, OpenWindow, planned_hours

# Where neither the park nor the visitor says when.
ASSUMED_START, ASSUMED_END = time(10), time(18)
LONGEST_PLAN = timedelta(hours=20)


class Hours(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PlanSpan:
    """Instants; `end` at or before `start`: there is no time for anything."""

    hours: Hours
    windows: tuple[OpenWindow, ...]
    start: datetime
    end: datetime
    is_assumed: bool  # an end of it was neither published nor wanted


def plan_span(park: Park, day: date, start: time | None, end: time | None) -> PlanSpan:
    """One query. A closed day has no time; an unknown one has what the visitor wants, else the assumed times."""
    rows = planned_hours([park], day, day)
    windows = tuple((row.opening, row.closing) for row in rows if row.opening and row.closing)
    hours = Hours.OPEN if windows else Hours.CLOSED if rows else Hours.UNKNOWN
    opening = min((window[0] for window in windows), default=instant_of(park, day, ASSUMED_START))
    wanted_start = instant_of(park, day, start) if start else opening
    begins = max(opening, wanted_start) if windows else wanted_start
    closing = max((window[1] for window in windows), default=instant_of(park, day, ASSUMED_END))
    wanted_end = end_instant(park, day, start or local_time(opening, park), end) if end else closing
    ends = min(closing, wanted_end) if windows else wanted_end
    if hours == Hours.CLOSED:
        ends = begins
    is_assumed = hours == Hours.UNKNOWN and (start is None or end is None)
    return PlanSpan(hours, windows, begins, min(ends, begins + LONGEST_PLAN), is_assumed)


def instant_of(park: Park, day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, ZoneInfo(park.timezone)).astimezone(UTC)


def end_instant(park: Park, day: date, start: time, end: time) -> datetime:
    """An end at or before the start lies after midnight."""
    return instant_of(park, day if end > start else day + ONE_DAY, end)


def local_time(at: datetime, park: Park) -> time:
    return at.astimezone(ZoneInfo(park.timezone)).time()
