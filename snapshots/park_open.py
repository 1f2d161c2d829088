"""Is a park open at an instant: its schedule first, its activity only without one (R-6.1, R-6.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.zones import local_date
from parks.models import Park
from parks.opening_windows import OpenWindow, opening_windows, with_schedule

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

    One query, two when the dates of a park have no window. A row without both times opens nothing, but is a schedule.
    """
    today = {park.pk: local_date(at, park.timezone) for park in parks}
    found: dict[int, list[OpenWindow]] = {pk: [] for pk in today}
    if today:
        for window in opening_windows(today, min(today.values()) - ONE_DAY, max(today.values())):
            if today[window.park_id] - ONE_DAY <= window.day <= today[window.park_id]:
                found[window.park_id].append(window.span)
    without = [pk for pk, windows in found.items() if not windows]
    elsewhere = with_schedule(without) if without else set()
    return {pk: Schedule(tuple(windows), bool(windows) or pk in elsewhere) for pk, windows in found.items()}
