"""How a park and a ride are named in a row of an answer."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, NamedTuple, TypeVar, overload

from msgspec.structs import replace

from core.periods import Asked, Days
from core.shapes import Shape, describe
from parks.models import Park, Ride
from stats.measures.windows import days_in_list

Row = dict[str, Any]


@overload
def number(value: Decimal | int) -> float: ...


@overload
def number(value: None) -> None: ...


@overload
def number(value: Decimal | int | None) -> float | None: ...


def number(value: Decimal | int | None) -> float | None:
    """A decimal as a JSON number."""
    return None if value is None else float(value)


StartDate = Annotated[str, describe("first of its dates, of the park's calendar", format="date")]
EndDate = Annotated[str, describe("last of them, included", format="date")]
IsComplete = Annotated[bool, describe("false while the last of these days has not ended at the park")]


class Dated(Shape):
    """Which dates a row or an answer covers (N-1)."""

    start_date: StartDate
    end_date: EndDate
    is_complete: IsComplete


TOTAL = describe("how many rows there are without the limit")
AS_OF = describe("when the newest observation of it was made; live and today", format="date-time")


class ParkNamed(Shape):
    park_id: int
    park_name: str
    location: str
    queue_times_id: int | None
    queue_times_url: Annotated[str | None, describe(format="uri")]


class RideNamed(Shape):
    ride_id: int
    ride_name: str
    tier: int | None
    park_id: int
    park_name: str
    location: str
    queue_times_id: int | None
    park_queue_times_id: int | None
    queue_times_url: Annotated[str | None, describe(format="uri")]


# A shape has one base: what names a park or a ride and is dated repeats the three.


class ParkListed(ParkNamed):
    """A park in a list over dates, as `Dated`."""

    start_date: StartDate
    end_date: EndDate
    is_complete: IsComplete


class RideListed(RideNamed):
    """A ride in a list over dates, as `Dated`."""

    start_date: StartDate
    end_date: EndDate
    is_complete: IsComplete


Ranked = TypeVar("Ranked", bound=Shape)
Member = TypeVar("Member")


class Listed(NamedTuple, Generic[Member]):
    """The first rows of a list, and how many there are in all (N-16)."""

    rows: list[Member]
    total: int


def ranked(rows: Sequence[Ranked], limit: int) -> Listed[Ranked]:
    """The first rows with their `rank`, from 1 on."""
    return Listed([replace(row, rank=rank) for rank, row in enumerate(rows[:limit], start=1)], len(rows))


def dates_of(days: Days, zone: str, now: datetime) -> Row:
    """The values of `Dated`: dates of a park in `zone`."""
    return {
        "start_date": days.first.isoformat(),
        "end_date": days.last.isoformat(),
        "is_complete": days.utc_range(zone)[1] <= now,
    }


def dates_by_zone(parks: Iterable[Park], period: Asked, now: datetime) -> dict[str, Row]:
    """The values of `Dated` for rows of a list, by the zone of the park (N-1)."""
    zones = {park.timezone for park in parks}
    return {zone: dates_of(days_in_list(period, now, zone), zone, now) for zone in zones}


def park_identity(park: Park) -> Row:
    """The values of `ParkNamed`."""
    return {
        "park_id": park.pk,
        "park_name": park.name,
        "location": park.location,
        "queue_times_id": park.queue_times_id,
        "queue_times_url": park.queue_times_url,
    }


def ride_identity(ride: Ride) -> Row:
    """The values of `RideNamed`. Park and classification should be loaded, else each is a query."""
    tier = ride.classification.tier if hasattr(ride, "classification") else ride.tier
    return {
        "ride_id": ride.pk,
        "ride_name": ride.name,
        "tier": tier,
        "park_id": ride.park_id,
        "park_name": ride.park.name,
        "location": ride.park.location,
        "queue_times_id": ride.queue_times_id,
        "park_queue_times_id": ride.park.queue_times_id,
        "queue_times_url": ride.queue_times_url,
    }
