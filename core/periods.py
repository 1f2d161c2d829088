"""Periods as park-local dates (R-3.3)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import TextChoices

from core.zones import day_range, day_start, local_date

ONE_DAY = timedelta(days=1)


class Period(TextChoices):
    LIVE = "live"
    TODAY = "today"
    YESTERDAY = "yesterday"
    LAST_WEEK = "last_week"
    LAST_MONTH = "last_month"


ALIASES = {"7days": Period.LAST_WEEK, "30days": Period.LAST_MONTH}


@dataclass(frozen=True, slots=True)
class Days:
    """Park-local dates `first` to `last`, both included."""

    first: date
    last: date

    def utc_range(self, zone: str) -> tuple[datetime, datetime]:
        """[start, end) in UTC of these dates in a zone (R-3.2)."""
        return day_start(self.first, zone), day_range(self.last, zone)[1]


def days_of(period: Period, now: datetime, zone: str) -> Days:
    """The dates of a period as seen in `zone` at `now` (R-3.3). Live counts as today."""
    today = local_date(now, zone)
    if period in (Period.LIVE, Period.TODAY):
        return Days(today, today)
    if period == Period.YESTERDAY:
        return Days(today - ONE_DAY, today - ONE_DAY)
    if period == Period.LAST_WEEK:
        sunday = today - timedelta(days=today.isoweekday() % 7)
        return Days(sunday - timedelta(days=7), sunday - ONE_DAY)
    last = today.replace(day=1) - ONE_DAY
    return Days(last.replace(day=1), last)
