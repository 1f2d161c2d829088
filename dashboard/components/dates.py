"""The `date` of an address: a park-local day, and the days beside it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import HttpRequest

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
    text = request.GET.get("date", "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"The date “{text[:60]}” is not a date. Write it like 2026-07-04.") from None
    today = local_date(now, park.timezone)
    if not FIRST <= day <= today:
        raise BadInput(f"The date {day} is outside of what can be known: {FIRST} to {today}, the park’s today.")
    return day
