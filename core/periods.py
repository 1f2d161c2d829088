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


Asked = Period | Days
"""What a list is asked about: a period by its name, or dates."""
DATES = "dates"  # how answers call a period that was given as dates
WORDS = (*Period.values, DATES)


def word_of(asked: Asked) -> str:
    return DATES if isinstance(asked, Days) else asked.value


def is_over(asked: Asked) -> bool:
    """Is it made of days that are over at the site? Dates of lists are (N-1)."""
    return isinstance(asked, Days) or asked not in (Period.LIVE, Period.TODAY)


def days_of(asked: Asked, now: datetime, zone: str) -> Days:
    """The dates of a period as seen in `zone` at `now` (R-3.3). Live counts as today, dates are what they are."""
    if isinstance(asked, Days):
        return asked
    period = asked
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


def whole_months(days: Days) -> int | None:
    """How many calendar months the dates are; None when they begin or end inside of one."""
    if days.first.day != 1 or (days.last + ONE_DAY).day != 1:
        return None
    return (days.last.year - days.first.year) * 12 + days.last.month - days.first.month + 1


def shifted(days: Days, steps: int) -> Days:
    """The dates so many lengths later, earlier if negative: months by months, all else by its number of days.

    Raises OverflowError and ValueError beyond the calendar.
    """
    months = whole_months(days)
    if months is None:
        length = (days.last - days.first + ONE_DAY) * steps
        return Days(days.first + length, days.last + length)
    first = month_later(days.first, months * steps)
    return Days(first, month_later(first, months) - ONE_DAY)


def month_later(first: date, months: int) -> date:
    """The first of the month so many months after that of `first`."""
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)
