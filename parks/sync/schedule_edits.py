"""Hours set by hand: corrected, closed, withdrawn, released; the person and the reason are kept (N-9)."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core import data_version
from parks.models import (
    DECIDING,
    LONGEST_REASON,
    Park,
    ParkSchedule,
    ScheduleType,
    SupersededSchedule,
    Supersession,
)
from parks.sync.schedules import superseded
from parks.upstreams.schedule_entries import LONGEST_NIGHT, next_date

# What answers for a date: its hours, that it is closed, or that they were withdrawn.
SET_BY_HAND = (*DECIDING, ScheduleType.UNKNOWN)
ParkDates = dict[tuple[int, date], Park]


def correct_hours(rows: Iterable[ParkSchedule], opening: time, closing: time, person: str, reason: str) -> int:
    """The park opens and closes at these local times on the rows' dates, whatever was known; returns how many dates.

    Raises ValidationError, and then nothing is written.
    """
    dates = dates_of(rows)
    windows = {key: window_at(key[1], opening, closing, park.timezone) for key, park in dates.items()}
    return set_dates(
        dates,
        [
            ParkSchedule(
                park=park,
                schedule_date=key[1],
                schedule_type=ScheduleType.OPERATING,
                opening_time=windows[key][0],
                closing_time=windows[key][1],
            )
            for key, park in dates.items()
        ],
        person,
        reason,
    )


def close_dates(rows: Iterable[ParkSchedule], person: str, reason: str) -> int:
    """The park does not open on the rows' dates."""
    return set_without_times(rows, ScheduleType.CLOSED, person, reason)


def withdraw_hours(rows: Iterable[ParkSchedule], person: str, reason: str) -> int:
    """The hours of the rows' dates are not known: activity decides (N-8)."""
    return set_without_times(rows, ScheduleType.UNKNOWN, person, reason)


def release_dates(rows: Iterable[ParkSchedule], person: str, reason: str) -> int:
    """What was set by hand on the rows' dates goes; the upstream's next answer holds. Returns how many dates."""
    by_hand = {key: park for key, park in dates_of(rows).items() if any(row.set_by for row in stored([key]))}
    return set_dates(by_hand, [], person, reason)


def set_without_times(rows: Iterable[ParkSchedule], kind: ScheduleType, person: str, reason: str) -> int:
    dates = dates_of(rows)
    new = [ParkSchedule(park=park, schedule_date=day, schedule_type=kind) for (_, day), park in dates.items()]
    return set_dates(dates, new, person, reason)


def set_dates(dates: ParkDates, new: Sequence[ParkSchedule], person: str, reason: str) -> int:
    """Replace what answers for the dates; the old rows are kept as superseded by this person."""
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": "hours are set by hand with a reason"})
    if len(reason) > LONGEST_REASON:
        raise ValidationError({"reason": f"a reason has at most {LONGEST_REASON} characters"})
    now = timezone.now()
    with transaction.atomic():
        old = stored(dates)
        history = [superseded(row, now, Supersession.BY_HAND, person, reason) for row in old]
        SupersededSchedule.objects.bulk_create(history)
        ParkSchedule.objects.filter(pk__in=[row.pk for row in old]).delete()
        for row in new:
            row.set_by, row.reason, row.fetched_at = person, reason, now
        ParkSchedule.objects.bulk_create(new)
        transaction.on_commit(data_version.move)
    return len(dates)


def dates_of(rows: Iterable[ParkSchedule]) -> ParkDates:
    return {(row.park_id, row.schedule_date): row.park for row in rows}


def stored(dates: Iterable[tuple[int, date]]) -> list[ParkSchedule]:
    """The rows that answer for the dates; a query for each park."""
    by_park: dict[int, list[date]] = {}
    for pk, day in dates:
        by_park.setdefault(pk, []).append(day)
    return [
        row
        for pk, days in by_park.items()
        for row in ParkSchedule.objects.filter(park=pk, schedule_date__in=days, schedule_type__in=SET_BY_HAND)
    ]


def window_at(day: date, opening: time, closing: time, zone: str) -> tuple[datetime, datetime]:
    """The window of local clock times in UTC; a closing at or before the opening lies on the next date."""
    begins, ends = (datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC) for clock in (opening, closing))
    if ends <= begins:
        ends = next_date(ends, zone)
    if not begins < ends <= begins + LONGEST_NIGHT:
        hours = LONGEST_NIGHT.total_seconds() / 3600
        raise ValidationError({"closes": f"{closing} is more than {hours:.0f} hours after {opening}"})
    return begins, ends
