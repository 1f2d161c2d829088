"""The `date` of an address: a park-local day, and the days beside it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import HttpRequest

from core.periods import Days
from core.zones import local_date
from dashboard.views import BadInput
from parks.models import Park

FIRST = date(2000, 1, 1)  # no park was recorded before
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Dates:
    """The chosen day and the park's today."""

    day: date
    today: date

    @property
    def before(self) -> date | None:
        return self.day - ONE_DAY if self.day > FIRST else None

    @property
    def after(self) -> date | None:
        return self.day + ONE_DAY if self.day < self.today else None

    @property
    def first(self) -> date:
        return FIRST


def date_of(request: HttpRequest, park: Park, now: datetime) -> date | None:
    """The `date` of the address, in the park's calendar; None: it has none. Raises BadInput."""
    return day_of(request, "date", park, now)


def days_of_address(request: HttpRequest, park: Park, now: datetime, most: int) -> Days | None:
    """The days from `start` to `end` of the address, in the park's calendar, `most` at most; None: it has neither.
    Raises BadInput."""
    first, last = (day_of(request, name, park, now) for name in ("start", "end"))
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise BadInput("An address with a start needs an end, and the other way round.")
    if not timedelta() <= last - first < most * ONE_DAY:
        raise BadInput(f"From {first} to {last} are no days, or more than {most}.")
    return Days(first, last)


def day_of(request: HttpRequest, name: str, park: Park, now: datetime) -> date | None:
    text = request.GET.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"The {name} “{text[:60]}” is not a date. Write it like 2026-07-04.") from None
    today = local_date(now, park.timezone)
    if not FIRST <= day <= today:
        raise BadInput(f"The {name} {day} is outside of what can be known: {FIRST} to {today}, the park’s today.")
    return day
