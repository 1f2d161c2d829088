"""Is a park open at an instant: its schedule first, its activity only without one (R-6.1, R-6.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.zones import local_date
from parks.models import Park, ParkSchedule, ScheduleType

# Opening and closing instant of an OPERATING row.
OpenWindow = tuple[datetime, datetime]

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a park's schedule says around an instant."""

    windows: tuple[OpenWindow, ...]
    exists: bool  # the park has OPERATING rows, on whatever date: then activity never opens it


def is_inside(windows: Iterable[OpenWindow], at: datetime) -> bool:
    """R-6.1: does one of the windows contain the instant? Both ends belong to it."""
    return any(opening <= at <= closing for opening, closing in windows)


def is_park_open(schedule: Schedule, at: datetime, rides_open: int) -> bool:
    """R-6.1, R-6.2: by the schedule; a park without one is open while at least one ride operates."""
    return is_inside(schedule.windows, at) if schedule.exists else rides_open > 0


def schedules_around(parks: Iterable[Park], at: datetime) -> dict[int, Schedule]:
    """The windows of each park's local date of `at` and of the date before, whose night may reach into it (R-6.1).

    One query, two when the dates of a park have no row. A row without both times opens nothing, but is a schedule.
    """
    today = {park.pk: local_date(at, park.timezone) for park in parks}
    rows = ParkSchedule.objects.filter(park__in=today, schedule_type=ScheduleType.OPERATING)
    found: dict[int, list[tuple[datetime | None, datetime | None]]] = {pk: [] for pk in today}
    if today:
        near = rows.filter(schedule_date__range=(min(today.values()) - ONE_DAY, max(today.values())))
        columns = ("park_id", "schedule_date", "opening_time", "closing_time")
        for pk, day, opening, closing in near.order_by("opening_time").values_list(*columns):
            if today[pk] - ONE_DAY <= day <= today[pk]:
                found[pk].append((opening, closing))
    without = [pk for pk, times in found.items() if not times]
    elsewhere = set(rows.filter(park__in=without).values_list("park_id", flat=True).distinct()) if without else set()
    return {
        pk: Schedule(
            tuple((opening, closing) for opening, closing in times if opening and closing),
            bool(times) or pk in elsewhere,
        )
        for pk, times in found.items()
    }
