"""When parks planned to be open: the stored windows, date by date (R-6.1, N-9). Whoever asks, asks here."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from core.zones import day_range
from parks.models import DECIDING, Park, ParkSchedule, ScheduleType

ONE_DAY = timedelta(days=1)
# Opening and closing instant.
OpenWindow = tuple[datetime, datetime]
ParkDate = tuple[int, date]


class PlannedHours(NamedTuple):
    """A row that decides its park-local date: one window, or, without times, a closed day."""

    park_id: int
    day: date
    opening: datetime | None
    closing: datetime | None


class Plan(NamedTuple):
    """What the schedule says of a park-local day, or around an instant.

    `windows` are in order of their openings. `is_decided`: the date has a row of its own, so outside the windows the
    park is closed; else they are the night of the date before, and outside them its activity decides (N-8, N-9).
    """

    windows: tuple[OpenWindow, ...]
    is_decided: bool


NO_PLAN = Plan((), is_decided=False)


def planned_hours(parks: Iterable[int | Park], first: date, last: date) -> list[PlannedHours]:
    """What decides the dates `first` to `last`, in order of the openings; one query.

    An OPERATING row without both times decides nothing: the hours of its date are unknown.
    """
    rows = ParkSchedule.objects.filter(
        park__in=parks, schedule_type__in=DECIDING, schedule_date__range=(first, last)
    ).order_by("opening_time")
    columns = ("park_id", "schedule_date", "opening_time", "closing_time", "schedule_type")
    return [
        PlannedHours(*row)
        for *row, kind in rows.values_list(*columns)
        if kind == ScheduleType.CLOSED or (row[2] and row[3])
    ]


def plan_of_date(hours: Iterable[PlannedHours], day: date) -> Plan:
    """Of one park: the whole windows of the date, and of the date before, whose night may reach into it (R-6.1)."""
    near = [each for each in hours if day - ONE_DAY <= each.day <= day]
    windows = tuple((each.opening, each.closing) for each in near if each.opening and each.closing)
    return Plan(windows, any(each.day == day for each in near))


def plan_of_day(hours: Iterable[PlannedHours], day: date, start: datetime, end: datetime) -> Plan:
    """Of one park: the windows of its local day `[start, end)`, cut to it."""
    windows, is_decided = plan_of_date(hours, day)
    inside = ((max(opening, start), min(closing, end)) for opening, closing in windows)
    return Plan(tuple(window for window in inside if window[0] < window[1]), is_decided)


def plans_of_days(parks: Collection[Park], days: Collection[date]) -> dict[ParkDate, Plan]:
    """By park and local day; days of which nothing is planned are missing. One query, none without parks or days."""
    if not parks or not days:
        return {}
    by_date: dict[ParkDate, list[PlannedHours]] = {}
    for each in planned_hours(parks, min(days) - ONE_DAY, max(days)):
        for day in (each.day, each.day + ONE_DAY):
            by_date.setdefault((each.park_id, day), []).append(each)
    wanted, zones = set(days), {park.pk: park.timezone for park in parks}
    found = {}
    for (pk, day), hours in by_date.items():
        if day in wanted:
            plan = plan_of_day(hours, day, *day_range(day, zones[pk]))
            if plan != NO_PLAN:
                found[pk, day] = plan
    return found


def decided_windows(days: Mapping[Park, date]) -> dict[int, list[OpenWindow]]:
    """The windows of one local day of each park, cut to it, by park id; one query, none without parks.

    An empty list: the park did not open, or nobody knows its hours.
    """
    plans = plans_of_days(days, set(days.values()))
    found = ((park.pk, plans.get((park.pk, day), NO_PLAN)) for park, day in days.items())
    return {pk: list(plan.windows) if plan.is_decided else [] for pk, plan in found}
