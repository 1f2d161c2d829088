"""The entries of a schedule as windows, repaired where possible: an unreadable one costs its own date alone (N-9)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.upstream.payloads import Problem, ProblemKind, Problems, brief, clean, instant_of
from core.zones import local_date
from parks.models import ScheduleType

SCHEDULE_FIELDS = frozenset({"date", "type", "openingTime", "closingTime", "description", "purchases"})
# What an upstream can say; that hours were withdrawn is ours alone.
TYPES = frozenset(ScheduleType) - {ScheduleType.UNKNOWN}
# A closing at or before its opening lies on the next date if the park is then open for so long at most (N-9).
LONGEST_NIGHT = timedelta(hours=20)
Key = tuple[date, ScheduleType, datetime | None]


@dataclass(frozen=True, slots=True)
class ScheduleWindow:
    """A planned window on a park-local date; times in UTC, closing may fall on the next date.

    A closed day has neither.
    """

    day: date
    schedule_type: ScheduleType
    opening: datetime | None
    closing: datetime | None
    description: str = ""

    @property
    def key(self) -> Key:
        """What makes it the same window, reported again."""
        return self.day, self.schedule_type, self.opening


@dataclass(frozen=True, slots=True)
class Repair:
    """What was done about an entry that made no sense: one row of the quality log (N-9). `day` None: it has none."""

    day: date | None
    text: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """`unreadable`: dates of which an entry could not be read; what is missing of them may still be planned."""

    park_id: str
    timezone: str | None
    windows: tuple[ScheduleWindow, ...]
    unreadable: frozenset[date]
    repairs: tuple[Repair, ...]
    problems: tuple[Problem, ...]

    def days(self) -> frozenset[date]:
        """The dates it speaks of."""
        return self.unreadable.union(window.day for window in self.windows)


class Unreadable(Exception):
    """An entry whose hours make no sense; `field` is the member."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def schedule_of(
    park: str, reported_zone: str | None, entries: Iterable[Any], zone: str, problems: Problems
) -> Schedule:
    """The readable entries; `zone` is where their dates are."""
    windows: dict[Key, ScheduleWindow] = {}
    unreadable: set[date] = set()
    repairs: list[Repair] = []
    for reported in entries:
        if not isinstance(reported, dict):
            problems.unusable("schedule[]", reported, "an object")
            repairs.append(Repair(None, f"an entry is no object but {brief(reported)}; it is left out"))
            continue
        problems.unknown_fields("schedule[]", reported, SCHEDULE_FIELDS)
        day = day_of_entry(reported, zone, problems, repairs)
        if day is None:
            continue
        try:
            window = window_of(reported, day, zone, problems, repairs)
        except Unreadable as error:
            text = f"{error}; what was known of {day} stays"
            problems.add(error.field, text)
            repairs.append(Repair(day, f"{error.field} {text}"))
            unreadable.add(day)
            continue
        known = windows.setdefault(window.key, window)
        if known.closing != window.closing:
            text = f"{window.day} {window.schedule_type} from {window.opening} is listed twice; the last one counts"
            problems.add("schedule[]", text, ProblemKind.DUPLICATE)
            repairs.append(Repair(window.day, text))
        windows[window.key] = window
    found = without_needless_closures(windows.values())
    return Schedule(park, reported_zone, found, frozenset(unreadable), tuple(repairs), problems.all())


def without_needless_closures(windows: Iterable[ScheduleWindow]) -> tuple[ScheduleWindow, ...]:
    """A date with hours is not closed, whatever else is reported it."""
    reported = list(windows)
    opened = {window.day for window in reported if window.schedule_type == ScheduleType.OPERATING}
    return tuple(
        window for window in reported if window.schedule_type != ScheduleType.CLOSED or window.day not in opened
    )


def day_of_entry(reported: dict[str, Any], zone: str, problems: Problems, repairs: list[Repair]) -> date | None:
    """The entry's date; where that cannot be read, the local date of its opening. None: nobody can say."""
    day = day_of(reported.get("date"))
    if day is not None:
        return day
    problems.unusable("schedule[].date", reported.get("date"), "a date")
    opening = instant_of(reported.get("openingTime"), zone)
    if opening is None:
        on, opens = brief(reported.get("date")), brief(reported.get("openingTime"))
        text = f"the date is {on}, the opening {opens}; it is left out"
        repairs.append(Repair(None, text))
        return None
    day = local_date(opening, zone)
    repairs.append(Repair(day, f"the date is {brief(reported.get('date'))}; the opening {opening} lies on {day}"))
    return day


def window_of(
    reported: dict[str, Any], day: date, zone: str, problems: Problems, repairs: list[Repair]
) -> ScheduleWindow:
    """The window of an entry; raises Unreadable."""
    kind = schedule_type_of(reported.get("type"), problems)
    description = clean(reported.get("description"))
    opening, closing = (time_of(reported, name, zone) for name in ("openingTime", "closingTime"))
    if kind == ScheduleType.CLOSED:
        if opening or closing:
            repairs.append(Repair(day, f"{kind}, from {opening} to {closing}: a closed day"))
        return ScheduleWindow(day, kind, None, None, description)
    if opening is None or closing is None or opening < closing:
        return ScheduleWindow(day, kind, opening, closing, description)
    said = f"{kind} opens at {opening} and closes at {closing}"
    if opening == closing:
        if kind != ScheduleType.OPERATING:
            raise Unreadable("schedule[]", said)
        repairs.append(Repair(day, f"{said}: a closed day"))
        return ScheduleWindow(day, ScheduleType.CLOSED, None, None, description)
    later = next_date(closing, zone)
    if not opening < later <= opening + LONGEST_NIGHT:
        raise Unreadable("schedule[]", said)
    repairs.append(Repair(day, f"{said}: the closing lies on the next date, at {later}"))
    return ScheduleWindow(day, kind, opening, later, description)


def next_date(at: datetime, zone: str) -> datetime:
    """The same local clock time a date later, in UTC."""
    local = at.astimezone(ZoneInfo(zone))
    return (local + timedelta(days=1)).astimezone(at.tzinfo)


def time_of(reported: dict[str, Any], name: str, zone: str) -> datetime | None:
    """An instant; None: not reported. Raises Unreadable."""
    value = reported.get(name)
    at = instant_of(value, zone)
    if value is not None and at is None:
        raise Unreadable(f"schedule[].{name}", f"is not an instant: {brief(value)}")
    return at


def schedule_type_of(value: Any, problems: Problems) -> ScheduleType:
    """An unknown type counts as OPERATING, reported (R-6.5)."""
    word = clean(value).upper()
    if word in TYPES:
        return ScheduleType(word)
    problems.unknown_value("schedule[].type", value)
    return ScheduleType.OPERATING


def day_of(value: Any) -> date | None:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and len(value) == len("2026-01-01") else None
    except ValueError:
        return None
    return day if day and 1970 < day.year < 2200 else None
