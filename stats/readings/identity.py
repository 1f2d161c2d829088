"""How a park and a ride are named in a row of an answer."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any, TypeVar, overload

from msgspec.structs import replace

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
