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
from snapshots.status import (
    PARK_CLOSED,
    effective_status,
    has_state,
    is_down,
    is_operating,
    is_plausible_wait,
    status_today,
)

LIVE_WINDOW = timedelta(hours=2)
# A row stays inside its park-local day, so none that still holds can be older than the longest day.
LONGEST_ROW = timedelta(hours=25)


UNKNOWN = "UNKNOWN"  # nothing was heard of it within the live window (N-6)


@dataclass(frozen=True, slots=True)
class ParkNow:
    """A park's latest figures; `is_open` None: nothing was heard of it within the live window (N-6)."""

    is_open: bool | None
    shame_score: Decimal | None
    seen: bool
    as_of: datetime | None = None  # its newest observation, at most 25 hours old


def parks_now(parks: Collection[Park], now: datetime) -> dict[int, ParkNow]:
    """The state of each park at `now` (R-6.4): by the schedule of its date (N-9), else by the latest observation; two
    queries."""
    ids = [park.pk for park in parks]
    plans = plans_around(parks, now)
    rows = ParkActivitySnapshot.objects.filter(park=OuterRef("pk"))
    found = dict.fromkeys(ids, SILENT)
    columns = ("park_appears_open", "shame_score")
    for pk, at, holds, is_open, score in newest(Park.objects.filter(pk__in=ids), "activity", rows, columns, now):
        found[pk] = seen(plans[pk], is_open, score, at, now) if holds else silent_since(at)
    return found


def park_now(park: Park, latest: ParkActivitySnapshot | None, now: datetime) -> ParkNow:
    """`parks_now` of one park whose latest observation, of any age, is known; one query."""
    if latest is None:
        return SILENT
    at = latest.recorded_at
    if not still_holds(at, latest.duration_seconds, now):
        return silent_since(at)
    plan = plans_around([park], now)[park.pk]
    return seen(plan, latest.park_appears_open, latest.shame_score, at, now)


SILENT = ParkNow(None, None, False)


def silent_since(at: datetime) -> ParkNow:
    """A park whose feed is silent: whatever was planned, nobody saw it (N-6)."""
    return ParkNow(None, None, False, at)


def seen(plan: Plan, appeared_open: bool, score: Decimal | None, at: datetime, now: datetime) -> ParkNow:
    planned = open_by_schedule(plan, now)
    return ParkNow(appeared_open if planned is None else planned, score, True, at)


def with_latest(owners: QuerySet[Any], rows: QuerySet[Any], columns: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    """(pk, *columns of the first of `rows`) for every owner, in one query."""
    latest = {f"now_{name}": Subquery(rows.values(name)[:1]) for name in columns}
    yield from owners.order_by().annotate(**latest).values_list("pk", *latest)


def still_holds(recorded_at: datetime, duration_seconds: int, now: datetime) -> bool:
    """Does an observation reach into the live window?"""
    return recorded_at + timedelta(seconds=duration_seconds) >= now - LIVE_WINDOW


def newest(
    owners: QuerySet[Any], relation: str, rows: QuerySet[Any], columns: tuple[str, ...], now: datetime
) -> Iterator[tuple[Any, ...]]:
    """(pk, instant, whether it still holds, *columns) of each owner's latest row of the last 25 hours; one query.

    `rows` are the owner's, by OuterRef; `relation` is what the owner calls them.
    """
    span = {"recorded_at__lte": now, "recorded_at__gte": now - LONGEST_ROW}
    latest = Subquery(rows.filter(**span).order_by("-recorded_at").values("recorded_at")[:1])
    # Each owner's latest instant is looked up once, and its row by the primary key; the span is said again, because
    # without it every month's partition is opened.
    of_relation = {f"{relation}__{name}": value for name, value in {**span, "recorded_at": latest}.items()}
    found = owners.order_by().filter(**of_relation)
    names = ("recorded_at", "duration_seconds", *columns)
    for pk, at, seconds, *values in found.values_list("pk", *(f"{relation}__{name}" for name in names)):
        yield pk, at, still_holds(at, seconds, now), *values


@dataclass(frozen=True, slots=True)
class RideNow:
    """A ride's latest state, within the live window where nothing else is said."""

    status: str | None
    computed_is_open: bool
    wait: int | None = None  # minutes; None also for a reading that cannot be true
    as_of: datetime | None = None  # when it was observed
    still_holds: bool = True

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
    return {pk: ride for pk, ride in rides_last_seen(rides, now).items() if ride.still_holds}


def rides_last_seen(rides: QuerySet[Ride], now: datetime) -> dict[int, RideNow]:
    """The latest state of each ride in the last 25 hours, whether it still holds or not; one query."""
    rows = RideStatusSnapshot.objects.filter(has_state(), ride=OuterRef("pk"))
    columns = ("status", "computed_is_open", "wait_time")
    return {
        pk: RideNow(status, is_open, wait if is_plausible_wait(wait) else None, at, holds)
        for pk, at, holds, status, is_open, wait in newest(rides, "snapshots", rows, columns, now)
    }


def displayed_status(park: ParkNow, ride: RideNow | None) -> str:
    """What a ride is right now: UNKNOWN when it or its park is silent (N-6), PARK_CLOSED, else the effective status
    (R-4.7, last paragraph)."""
    if park.is_open is None:
        return UNKNOWN
    if not park.is_open:
        return PARK_CLOSED
    return ride.effective_status if ride is not None and ride.still_holds else UNKNOWN


def displayed_is_open(park: ParkNow, ride: RideNow | None) -> bool | None:
    """Does a ride run right now? None: it or its park is silent (N-6)."""
    if park.is_open is None:
        return None
    if not park.is_open:
        return False
    return ride.is_operating if ride is not None and ride.still_holds else None


def summary_status(park: ParkNow, ride: RideNow, operated_today: bool) -> str:
    """The bucket of a ride in the live summary (R-4.7): one of the five values. Its park is not silent.

    `operated_today`: R-5.3 for the park-local day so far.
    """
    if not park.is_open:
        return PARK_CLOSED
    return status_today(ride.status, ride.computed_is_open, operated_today)
