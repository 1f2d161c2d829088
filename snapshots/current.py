"""What is so right now: the latest state of parks and rides within the live window (R-4.7, R-6.4)."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from parks.models import Park, Ride
from parks.opening_windows import Plan
from snapshots.models import ParkActivitySnapshot, RideStatusSnapshot
from snapshots.park_open import open_by_schedule, plans_around
from snapshots.status import PARK_CLOSED, effective_status, is_down, is_operating, is_plausible_wait, status_today

LIVE_WINDOW = timedelta(hours=2)
# A row stays inside its park-local day, so none that still holds can be older than the longest day.
LONGEST_ROW = timedelta(hours=25)


@dataclass(frozen=True, slots=True)
class ParkNow:
    """A park's latest figures; `is_open` None: nothing known within the live window."""

    is_open: bool | None
    shame_score: Decimal | None
    seen: bool


def parks_now(parks: Collection[Park], now: datetime) -> dict[int, ParkNow]:
    """The state of each park at `now` (R-6.4): by the schedule of its date (N-9), else by the latest observation; two
    queries."""
    ids = [park.pk for park in parks]
    plans = plans_around(parks, now)
    rows = ParkActivitySnapshot.objects.filter(park=OuterRef("pk"))
    found = {pk: unseen(plans[pk], now) for pk in ids}
    for pk, is_open, score in holding_now(
        Park.objects.filter(pk__in=ids), "activity", rows, ("park_appears_open", "shame_score"), now
    ):
        found[pk] = seen(plans[pk], is_open, score, now)
    return found


def park_now(park: Park, latest: ParkActivitySnapshot | None, now: datetime) -> ParkNow:
    """`parks_now` of one park whose latest observation, of any age, is known; one query."""
    plan = plans_around([park], now)[park.pk]
    if latest is None or not still_holds(latest.recorded_at, latest.duration_seconds, now):
        return unseen(plan, now)
    return seen(plan, latest.park_appears_open, latest.shame_score, now)


def unseen(plan: Plan, now: datetime) -> ParkNow:
    return ParkNow(open_by_schedule(plan, now) or None, None, False)


def seen(plan: Plan, appeared_open: bool, score: Decimal | None, now: datetime) -> ParkNow:
    planned = open_by_schedule(plan, now)
    return ParkNow(appeared_open if planned is None else planned, score, True)


def with_latest(owners: QuerySet[Any], rows: QuerySet[Any], columns: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    """(pk, *columns of the first of `rows`) for every owner, in one query."""
    latest = {f"now_{name}": Subquery(rows.values(name)[:1]) for name in columns}
    yield from owners.order_by().annotate(**latest).values_list("pk", *latest)


def still_holds(recorded_at: datetime, duration_seconds: int, now: datetime) -> bool:
    """Does an observation reach into the live window?"""
    return recorded_at + timedelta(seconds=duration_seconds) >= now - LIVE_WINDOW


def holding_now(
    owners: QuerySet[Any], relation: str, rows: QuerySet[Any], columns: tuple[str, ...], now: datetime
) -> Iterator[tuple[Any, ...]]:
    """(pk, *columns) of the latest row of each owner whose latest row still holds; one query.

    `rows` are the owner's, by OuterRef; `relation` is what the owner calls them.
    """
    span = {"recorded_at__lte": now, "recorded_at__gte": now - LONGEST_ROW}
    newest = Subquery(rows.filter(**span).order_by("-recorded_at").values("recorded_at")[:1])
    # Each owner's latest instant is looked up once, and its row by the primary key; the span is said again, because
    # without it every month's partition is opened.
    of_relation = {f"{relation}__{name}": value for name, value in {**span, "recorded_at": newest}.items()}
    found = owners.order_by().filter(**of_relation)
    names = ("recorded_at", "duration_seconds", *columns)
    for pk, at, seconds, *values in found.values_list("pk", *(f"{relation}__{name}" for name in names)):
        if still_holds(at, seconds, now):
            yield pk, *values


@dataclass(frozen=True, slots=True)
class RideNow:
    """A ride's latest state within the live window."""

    status: str | None
    computed_is_open: bool
    wait: int | None = None  # minutes; None also for a reading that cannot be true

    @property
    def is_operating(self) -> bool:
        return is_operating(self.status, self.computed_is_open)

    def is_down(self, reports_down: bool) -> bool:
        return is_down(self.status, self.computed_is_open, reports_down)

    @property
    def effective_status(self) -> str:
        return effective_status(self.status, self.computed_is_open)


def rides_now(rides: QuerySet[Ride], now: datetime) -> dict[int, RideNow]:
    """The latest state of each ride; rides without one in the live window are missing. One query."""
    rows = RideStatusSnapshot.objects.filter(ride=OuterRef("pk"))
    columns = ("status", "computed_is_open", "wait_time")
    return {
        pk: RideNow(status, is_open, wait if is_plausible_wait(wait) else None)
        for pk, status, is_open, wait in holding_now(rides, "snapshots", rows, columns, now)
    }


def displayed_status(park: ParkNow, ride: RideNow | None) -> str:
    """The status column of ride rankings: PARK_CLOSED, else the effective status (R-4.7, last paragraph)."""
    if not park.is_open:
        return PARK_CLOSED
    return ride.effective_status if ride else effective_status(None, False)


def summary_status(park: ParkNow, ride: RideNow, operated_today: bool) -> str:
    """The bucket of a ride in the live summary (R-4.7): one of the five values.

    `operated_today`: R-5.3 for the park-local day so far.
    """
    if not park.is_open:
        return PARK_CLOSED
    return status_today(ride.status, ride.computed_is_open, operated_today)
