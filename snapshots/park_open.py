"""Is a park open at an instant: by the schedule of its date, by its activity where the date has none (N-8, N-9)."""

from collections.abc import Collection, Iterable
from datetime import datetime

from core.zones import local_date
from parks.models import Park
from parks.opening_windows import ONE_DAY, OpenWindow, Plan, PlannedHours, plan_of_date, planned_hours


def is_inside(windows: Iterable[OpenWindow], at: datetime) -> bool:
    """R-6.1: does one of the windows contain the instant? Both ends belong to it."""
    return any(opening <= at <= closing for opening, closing in windows)


def open_by_schedule(plan: Plan, at: datetime) -> bool | None:
    """What the schedule says of an instant (N-9); None: nothing, so the park's activity decides."""
    if is_inside(plan.windows, at):
        return True
    return False if plan.is_decided else None


def is_park_open(plan: Plan, at: datetime, is_active: bool) -> bool:
    """`is_active`: do its rides hold the park open, where its schedule says nothing (N-8)?"""
    planned = open_by_schedule(plan, at)
    return is_active if planned is None else planned


def plans_around(parks: Collection[Park], at: datetime) -> dict[int, Plan]:
    """What the schedule of each park says of its local date of `at`, with the night before; one query."""
    today = {park.pk: local_date(at, park.timezone) for park in parks}
    hours: dict[int, list[PlannedHours]] = {pk: [] for pk in today}
    if today:
        for each in planned_hours(today, min(today.values()) - ONE_DAY, max(today.values())):
            hours[each.park_id].append(each)
    return {pk: plan_of_date(hours[pk], day) for pk, day in today.items()}
