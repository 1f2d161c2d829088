"""A park's active rides: which of them count in its score right now, and which do not (R-5.5, public-api 4.5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from django.db.models import QuerySet

from core.shapes import Shape, describe
from parks.models import INCLUSION_WINDOW, Park, Ride, weight_of
from snapshots.current import displayed_status, parks_now, rides_now
from stats.readings.selection import UNREAD

# What a ride without classification is shown as where a tier is needed: it weighs as much.
DEFAULT_TIER = 2


@dataclass(frozen=True, slots=True)
class Roster:
    """The active rides of a park, of every category (R-5.6), by tier and name; classifications are loaded."""

    counted: list[Ride]  # operated within seven days
    excluded: list[Ride]

    @property
    def rides(self) -> list[Ride]:
        return self.counted + self.excluded


def roster_of(park: Park, now: datetime) -> Roster:
    """Split by R-5.5, the seventh day included; one query."""
    roster = Roster([], [])
    since = now - INCLUSION_WINDOW
    rides = classified(Ride.objects.filter(park=park, is_active=True)).defer(*UNREAD)
    for ride in sorted(rides, key=by_tier_and_name):
        last = ride.last_operated_at
        (roster.excluded if last is None or last < since else roster.counted).append(ride)
    return roster


def classified(rides: QuerySet[Ride]) -> QuerySet[Ride]:
    """The rides with their classifications, in the same query."""
    return rides.select_related("classification")


def tier_of(ride: Ride) -> int | None:
    """The tier of its classification, else its own; None: unclassified."""
    return ride.classification.tier if hasattr(ride, "classification") else ride.tier


def shown_tier(ride: Ride) -> int:
    return tier_of(ride) or DEFAULT_TIER


def by_tier_and_name(ride: Ride) -> tuple[int, str, int]:
    return shown_tier(ride), ride.name, ride.pk


def ride_weight(ride: Ride) -> int:
    return weight_of(ride.classification.tier_weight if hasattr(ride, "classification") else None)


def total_weight(rides: Iterable[Ride]) -> int:
    return sum(map(ride_weight, rides))


def days_since_operation(ride: Ride, now: datetime) -> int | None:
    """Whole days since the ride last operated in the open park; None: it never did."""
    return None if ride.last_operated_at is None else (now - ride.last_operated_at).days


def zulu(at: datetime) -> str:
    """ISO, UTC, whole seconds: `2025-12-23T22:25:00Z`."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


# -- the answer ------------------------------------------------------------------------------------------


class RosterRow(Shape):
    ride_id: int
    ride_name: str
    tier: Annotated[int | None, describe("null: unclassified")]
    tier_weight: int
    land_area: str | None
    last_operated_at: Annotated[str | None, describe("ISO, UTC; in the open park", format="date-time")]


class ActiveRide(RosterRow):
    current_status: Annotated[str, describe("UNKNOWN: nothing heard within two hours")]


class ExcludedRide(RosterRow):
    days_since_operation: Annotated[int | None, describe("null: never operated")]


class RosterLists(Shape):
    active: Annotated[list[ActiveRide], describe("operated within seven days: they count in the score")]
    excluded: list[ExcludedRide]


class ParkRides(Shape):
    park_id: int
    park_name: str
    effective_park_weight: Annotated[int, describe("of the active rides")]
    total_roster_weight: Annotated[int, describe("of all of them")]
    rides: RosterLists


def park_rides(park: Park, now: datetime) -> ParkRides:
    """What `/api/parks/{park_id}/rides` says, apart from `success`; four queries."""
    roster = roster_of(park, now)
    state = parks_now([park], now)[park.pk]
    current = rides_now(Ride.objects.filter(pk__in=[ride.pk for ride in roster.counted]), now)
    weight = total_weight(roster.counted)
    return ParkRides(
        park_id=park.pk,
        park_name=park.name,
        effective_park_weight=weight,
        total_roster_weight=weight + total_weight(roster.excluded),
        rides=RosterLists(
            active=[
                ActiveRide(**roster_row(ride), current_status=displayed_status(state, current.get(ride.pk)))
                for ride in roster.counted
            ],
            excluded=[
                ExcludedRide(**roster_row(ride), days_since_operation=days_since_operation(ride, now))
                for ride in roster.excluded
            ],
        ),
    )


def roster_row(ride: Ride) -> dict[str, Any]:
    """The values of `RosterRow`."""
    last = ride.last_operated_at
    return {
        "ride_id": ride.pk,
        "ride_name": ride.name,
        "tier": tier_of(ride),
        "tier_weight": ride_weight(ride),
        "land_area": ride.land_area,
        "last_operated_at": None if last is None else zulu(last),
    }
