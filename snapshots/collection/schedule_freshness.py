"""Whether planned hours are kept up: when they were last confirmed, and how far they reach (N-9)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery

from core.zones import local_date
from parks.catalog.sample import real_parks
from parks.models import DECIDING, Park, ParkSchedule

# Longer without a confirmation, or with planned days ending sooner, is worth a warning.
REFRESHED_WITHIN = timedelta(hours=48)
PLANNED_AHEAD = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class ScheduleState:
    """Of a park whose hours were ever planned: when the upstream last confirmed any, and the last planned date."""

    park: Park
    confirmed_at: datetime | None
    last: date
    is_late: bool  # not confirmed for 48 hours
    ends_soon: bool  # the planned days end within 2 days

    @property
    def is_warning(self) -> bool:
        return self.is_late or self.ends_soon

    def __str__(self) -> str:
        parts = [
            f"not confirmed since {self.confirmed_at:%Y-%m-%d %H:%MZ}" if self.is_late and self.confirmed_at else "",
            f"planned until {self.last}" if self.ends_soon else "",
        ]
        return f"{self.park.name}: {', '.join(filter(None, parts))}"


def schedule_states(now: datetime) -> list[ScheduleState]:
    """The active parks that ThemeParks.wiki knows and that ever had planned hours, by name; one query.

    What a person set confirms nothing, nor does what a clock that was wrong says of an instant to come.
    """
    rows = ParkSchedule.objects.filter(park=OuterRef("pk"))
    confirmed = rows.filter(set_by=None, fetched_at__lte=now).order_by("-fetched_at")
    planned = rows.filter(schedule_type__in=DECIDING).order_by("-schedule_date")
    parks = real_parks().exclude(themeparks_wiki_id=None)
    found: Any = parks.annotate(
        confirmed=Subquery(confirmed.values("fetched_at")[:1]),
        planned_until=Subquery(planned.values("schedule_date")[:1]),
    )
    return [
        state_of(park, park.confirmed, park.planned_until, now)
        for park in found.order_by("name", "pk")
        if park.planned_until is not None
    ]


def state_of(park: Park, confirmed_at: datetime | None, last: date, now: datetime) -> ScheduleState:
    today = local_date(now, park.timezone)
    return ScheduleState(
        park=park,
        confirmed_at=confirmed_at,
        last=last,
        is_late=confirmed_at is None or now - confirmed_at > REFRESHED_WITHIN,
        ends_soon=last <= today + PLANNED_AHEAD,
    )
