"""How a park and a ride are named in a row of an answer."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar, overload

from msgspec.structs import replace

from core.periods import Days
from core.shapes import Shape, describe
from parks.models import Park, Ride

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


class Dated(Shape):
    """Which dates a row or an answer covers (N-1)."""

    start_date: Annotated[str, describe("first of its dates, of the park's calendar", format="date")]
    end_date: Annotated[str, describe("last of them, included", format="date")]
    is_complete: Annotated[bool, describe("false while the last of these days has not ended at the park")]


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


Ranked = TypeVar("Ranked", bound=Shape)


def ranked(rows: Iterable[Ranked]) -> list[Ranked]:
    """The rows with their `rank`, from 1 on."""
    return [replace(row, rank=rank) for rank, row in enumerate(rows, start=1)]


def dates_of(days: Days, zone: str, now: datetime) -> Row:
    """The values of `Dated`: dates of a park in `zone`."""
    return {
        "start_date": days.first.isoformat(),
        "end_date": days.last.isoformat(),
        "is_complete": days.utc_range(zone)[1] <= now,
    }


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
