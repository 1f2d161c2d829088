"""Planned opening hours of ThemeParks.wiki: its newest answer for a date holds, the older is kept (N-9, R-6.5)."""

import calendar
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from core import data_version
from core.database.querysets import retried_on_lock, upsert
from core.upstream.http import Reason, UpstreamError
from core.upstream.payloads import Problem, ProblemKind
from core.zones import local_date
from parks.catalog.sample import real_parks
from parks.models import DECIDING, Park, ParkSchedule, ScheduleType, SupersededSchedule, Supersession
from parks.upstreams.schedule_entries import Key, Repair, Schedule, ScheduleWindow
from parks.upstreams.themeparks_wiki import ThemeParksWiki, read_schedule

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
    month: Month | None = None
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    by_hand: int = 0  # dates of the answer that a person set
    moved_days: tuple[date, ...] = ()  # of which something else is known now
    ran_dry: bool = False  # the answer plans no day from today on
    problems: tuple[Problem, ...] = ()
    repairs: tuple[Repair, ...] = ()
    error: UpstreamError | None = None


def parks_with_schedule() -> list[Park]:
    """The active parks whose hours ThemeParks.wiki can say, each with `fetched` (newest row, or None); one query."""
    parks = real_parks().exclude(themeparks_wiki_id=None).annotate(fetched=Max("schedules__fetched_at"))
    return list(parks.order_by("pk"))


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
        return Refreshed(park, month, error=error)
    now = timezone.now()
    refreshed = store_schedule(park, reported, month, now)
    today = local_date(now, park.timezone)
    refreshed.ran_dry = month is None and all(day < today for day in reported.days())
    if refreshed.added or refreshed.changed or refreshed.withdrawn:
        data_version.move()
    if reported.timezone not in (None, park.timezone):
        text = f"is {reported.timezone}, the park keeps {park.timezone}"
        refreshed.problems = (*reported.problems, Problem("timezone", text, ProblemKind.CONFLICT, uuid))
    return refreshed


@dataclass(frozen=True, slots=True)
class Difference:
    """What an answer changes of the stored rows."""

    new: list[ScheduleWindow]
    changed: list[tuple[ParkSchedule, datetime]]  # with the new closing
    gone: list[ParkSchedule]
    confirmed: list[int]  # the rows reported again, changed or not
    by_hand: frozenset[date]  # dates that a person set

    def moved_days(self) -> tuple[date, ...]:
        rows = (*self.gone, *(row for row, _ in self.changed))
        return tuple(sorted({*(window.day for window in self.new), *(row.schedule_date for row in rows)}))


@retried_on_lock
def store_schedule(park: Park, reported: Schedule, month: Month | None, now: datetime) -> Refreshed:
    """Replace what was known of each date of the answer by what it says of that date, begun or not (N-9).

    Left alone are dates with an entry that could not be read, dates that a person set, and dates outside the answer.
    An empty schedule means unknown, not closed (sources 1.6). Old windows are kept as superseded.
    """
    refreshed = Refreshed(park, month, problems=reported.problems, repairs=reported.repairs)
    if not reported.days():
        return refreshed
    found = compared(park, reported, month, now)
    replaced = {window.day for window in reported.windows}
    with transaction.atomic():
        old = [superseded(row, now, Supersession.REPLACED) for row, _ in found.changed]
        SupersededSchedule.objects.bulk_create(
            [*old, *(superseded(row, now, cause_of(row, replaced)) for row in found.gone)]
        )
        ParkSchedule.objects.filter(pk__in=[row.pk for row in found.gone]).delete()
        for row, closing in found.changed:
            row.closing_time, row.updated_at = closing, now
        ParkSchedule.objects.bulk_update([row for row, _ in found.changed], ["closing_time", "updated_at"])
        upsert(ParkSchedule, [row_of(park, window, now) for window in found.new], KEY, ["closing_time", "fetched_at"])
        ParkSchedule.objects.filter(pk__in=found.confirmed).update(fetched_at=now)
    refreshed.added, refreshed.changed, refreshed.withdrawn = len(found.new), len(found.changed), len(found.gone)
    refreshed.unchanged, refreshed.by_hand = len(found.confirmed) - len(found.changed), len(found.by_hand)
    refreshed.moved_days = found.moved_days()
    return refreshed


def compared(park: Park, reported: Schedule, month: Month | None, now: datetime) -> Difference:
    """One query."""
    days = reported.days()
    first, last = month.days() if month else (min(days), max(days))
    rows = ParkSchedule.objects.filter(park=park, schedule_date__range=(min(first, *days), max(last, *days)))
    of_type = {(row.schedule_date, row.schedule_type) for row in rows}
    by_hand = frozenset(row.schedule_date for row in rows if row.set_by is not None)
    known = {key_of(row): row for row in rows if row.schedule_date not in by_hand}
    # Of a date that was read in part only what says nothing against what is known.
    wanted = {
        window.key: window
        for window in reported.windows
        if window.day not in by_hand
        and (window.day not in reported.unreadable or (window.day, window.schedule_type) not in of_type)
    }
    again = [(known[key], window.closing) for key, window in wanted.items() if key in known]
    return Difference(
        new=[window for key, window in wanted.items() if key not in known],
        changed=[(row, closing) for row, closing in again if closing and closing != row.closing_time],
        gone=[
            row
            for key, row in known.items()
            if key not in wanted
            and first <= row.schedule_date <= last
            and row.schedule_date not in reported.unreadable
            and is_replaced(row, wanted, park, now)
        ],
        confirmed=[row.pk for row, _ in again],
        by_hand=by_hand & days,
    )


def is_replaced(row: ParkSchedule, wanted: Mapping[Key, ScheduleWindow], park: Park, now: datetime) -> bool:
    """Is a window that the answer does not repeat void? One that has not begun is; of a date that has begun the answer
    has to say something else, for an upstream may drop what is over."""
    if row.schedule_type in DECIDING and any(day == row.schedule_date and kind in DECIDING for day, kind, _ in wanted):
        return True
    is_ahead = row.opening_time is None or row.opening_time > now
    return is_ahead and row.schedule_date >= local_date(now, park.timezone)


def cause_of(row: ParkSchedule, replaced: Collection[date]) -> Supersession:
    return Supersession.REPLACED if row.schedule_date in replaced else Supersession.CALLED_OFF


def superseded(
    row: ParkSchedule, now: datetime, cause: Supersession, person: str | None = None, reason: str | None = None
) -> SupersededSchedule:
    """The unsaved history of a window that holds no longer."""
    return SupersededSchedule(
        park_id=row.park_id,
        schedule_date=row.schedule_date,
        schedule_type=row.schedule_type,
        opening_time=row.opening_time,
        closing_time=row.closing_time,
        confirmed_at=row.fetched_at,
        superseded_at=now,
        cause=cause,
        person=person,
        reason=reason,
    )


def key_of(row: ParkSchedule) -> Key:
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
