"""When parks planned to be open: the stored OPERATING windows (R-6.1). Whoever asks, asks here."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import QuerySet

from parks.models import Park, ParkSchedule, ScheduleType

# Opening and closing instant.
OpenWindow = tuple[datetime, datetime]


class OpeningWindow(NamedTuple):
    """One window of a schedule; `day` is the park-local date it is filed under."""

    park_id: int
    day: date
    opening: datetime
    closing: datetime

    @property
    def span(self) -> OpenWindow:
        return self.opening, self.closing


def operating(parks: Iterable[int | Park]) -> QuerySet[ParkSchedule]:
    return ParkSchedule.objects.filter(park__in=parks, schedule_type=ScheduleType.OPERATING)


def opening_windows(parks: Iterable[int | Park], first: date, last: date) -> list[OpeningWindow]:
    """The windows of the dates `first` to `last`, in order of their opening; one query.

    A row without both times opens nothing.
    """
    rows = operating(parks).filter(schedule_date__range=(first, last)).order_by("opening_time")
    columns = ("park_id", "schedule_date", "opening_time", "closing_time")
    return [OpeningWindow(*row) for row in rows.values_list(*columns) if row[2] and row[3]]


def windows_of_days(days: Mapping[int, date]) -> dict[int, list[OpenWindow]]:
    """The windows of one date of each park, by park id; one query, none without parks."""
    found: dict[int, list[OpenWindow]] = {pk: [] for pk in days}
    if days:
        for window in opening_windows(days, min(days.values()), max(days.values())):
            if window.day == days[window.park_id]:
                found[window.park_id].append(window.span)
    return found


def open_by_schedule(parks: Collection[int], at: datetime) -> set[int]:
    """The parks inside a window at an instant, whatever its date, both ends included; one query."""
    inside = operating(parks).filter(opening_time__lte=at, closing_time__gte=at)
    return set(inside.values_list("park_id", flat=True))


def with_schedule(parks: Collection[int]) -> set[int]:
    """The parks that have an OPERATING row, on whatever date, with times or without; one query."""
    return set(operating(parks).values_list("park_id", flat=True).distinct())
