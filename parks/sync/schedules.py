"""Planned opening hours, as ThemeParks.wiki says them (R-6.5): all windows of a date, and none of the past lost."""

import calendar
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max
from django.utils import timezone

from core import data_version
from core.http import Reason, UpstreamError
from core.payloads import Problem, ProblemKind
from core.querysets import retried_on_lock, upsert
from core.zones import local_date
from parks.catalog.known import SAMPLE_IDS
from parks.models import Park, ParkSchedule, ScheduleType
from parks.upstreams.themeparks_wiki import Schedule, ScheduleWindow, ThemeParksWiki, read_schedule

REFRESH_AFTER = timedelta(hours=24)
KEY = ("park", "schedule_date", "schedule_type", "opening_time")


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month."""

    year: int
    month: int

    def days(self) -> tuple[date, date]:
        """Its first and its last day."""
        last = calendar.monthrange(self.year, self.month)[1]
        return date(self.year, self.month, 1), date(self.year, self.month, last)


@dataclass(slots=True)
class Refreshed:
    """What came of asking for one park's schedule, in windows. `error`: nothing was touched, and why."""

    park: Park
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    problems: tuple[Problem, ...] = ()
    error: UpstreamError | None = None


def parks_with_schedule() -> list[Park]:
    """The active parks whose hours ThemeParks.wiki can say, each with `fetched` (newest row, or None); one query."""
    parks = Park.objects.active().exclude(themeparks_wiki_id=None).annotate(fetched=Max("schedules__fetched_at"))
    return [park for park in parks.order_by("pk") if park.themeparks_wiki_id not in SAMPLE_IDS]


def stale_parks(now: datetime) -> list[Park]:
    """Parks whose newest row is older than 24 h, the oldest first, then those without any row."""
    fetched = {park: park.fetched for park in parks_with_schedule()}  # type: ignore[attr-defined]
    old = sorted((at, park.pk, park) for park, at in fetched.items() if at and at < now - REFRESH_AFTER)
    return [*(park for _, _, park in old), *(park for park, at in fetched.items() if at is None)]


def refresh_schedules(
    wiki: ThemeParksWiki,
    parks: Iterable[Park],
    month: Month | None = None,
    progress: Callable[[int], object] = lambda parks: None,
) -> Iterator[Refreshed]:
    """Ask for the schedule of each park, about 30 days or one month, and store it; a failure stops no other park."""
    for park in parks:
        yield refresh_schedule(wiki, park, month)
        progress(1)


def refresh_schedule(wiki: ThemeParksWiki, park: Park, month: Month | None = None) -> Refreshed:
    uuid = str(park.themeparks_wiki_id)
    try:
        body = wiki.schedule(uuid, month.year, month.month) if month else wiki.schedule(uuid)
        reported = read_schedule(body, park.timezone)
        if reported.park_id != uuid:
            raise UpstreamError(Reason.INVALID, f"the answer is that of {reported.park_id}")
    except UpstreamError as error:
        return Refreshed(park, error=error)
    refreshed = store_schedule(park, reported, month, timezone.now())
    if refreshed.added or refreshed.changed or refreshed.withdrawn:
        data_version.move()
    if reported.timezone not in (None, park.timezone):
        text = f"is {reported.timezone}, the park keeps {park.timezone}"
        refreshed.problems = (*reported.problems, Problem("timezone", text, ProblemKind.CONFLICT, uuid))
    return refreshed


@retried_on_lock
def store_schedule(park: Park, reported: Schedule, month: Month | None, now: datetime) -> Refreshed:
    """Add new windows, correct closing times, and remove future windows that upstream no longer says.

    Nothing that has begun is removed, nothing outside the dates of the answer, and nothing at all when part of the
    answer could not be read: an empty schedule means unknown, not closed (sources 1.6).
    """
    refreshed = Refreshed(park, problems=reported.problems)
    if not reported.windows:
        return refreshed
    days = [window.day for window in reported.windows]
    rows = ParkSchedule.objects.filter(park=park, schedule_date__range=(min(days), max(days)))
    known = {key_of(row): row for row in rows}
    new = [window for window in reported.windows if window.key not in known]
    changed = [
        known[window.key]
        for window in reported.windows
        if window.key in known and window.closing and known[window.key].closing_time != window.closing
    ]
    closings = {window.key: window.closing for window in reported.windows}
    for row in changed:
        row.closing_time = closings[key_of(row)]
        row.updated_at = now
    ParkSchedule.objects.bulk_update(changed, ["closing_time", "updated_at"])
    upsert(ParkSchedule, [row_of(park, window, now) for window in new], KEY, ["closing_time", "fetched_at"])
    confirmed = [known[window.key].pk for window in reported.windows if window.key in known]
    ParkSchedule.objects.filter(pk__in=confirmed).update(fetched_at=now)
    refreshed.added, refreshed.changed = len(new), len(changed)
    refreshed.unchanged = len(confirmed) - len(changed)
    if not reported.left_out:
        refreshed.withdrawn = withdraw(park, reported, month, now)
    return refreshed


def key_of(row: ParkSchedule) -> tuple[date, ScheduleType, datetime | None]:
    """As ScheduleWindow.key."""
    return row.schedule_date, ScheduleType(row.schedule_type), row.opening_time


def row_of(park: Park, window: ScheduleWindow, now: datetime) -> ParkSchedule:
    return ParkSchedule(
        park=park,
        schedule_date=window.day,
        schedule_type=window.schedule_type,
        opening_time=window.opening,
        closing_time=window.closing,
        fetched_at=now,
    )


def withdraw(park: Park, reported: Schedule, month: Month | None, now: datetime) -> int:
    """Remove the windows that have not begun and are planned no longer; returns how many."""
    days = [window.day for window in reported.windows]
    first, last = month.days() if month else (min(days), max(days))
    first = max(first, local_date(now, park.timezone))
    keys = {window.key for window in reported.windows}
    future = ParkSchedule.objects.filter(park=park, schedule_date__range=(first, last)).exclude(opening_time__lte=now)
    gone = [row.pk for row in future if key_of(row) not in keys]
    ParkSchedule.objects.filter(pk__in=gone).delete()
    return len(gone)
