"""How a park and a ride are named in a row of an answer."""

from decimal import Decimal
from typing import Any

from parks.models import Park, Ride

Row = dict[str, Any]


def number(value: Decimal | int | None) -> float | None:
    """A decimal as a JSON number."""
    return None if value is None else float(value)


def park_identity(park: Park) -> Row:
    return {
        "park_id": park.pk,
        "park_name": park.name,
        "location": park.location,
        "queue_times_id": park.queue_times_id,
        "queue_times_url": park.queue_times_url,
    }


def ride_identity(ride: Ride) -> Row:
    """Park and classification should be loaded, else each is a query."""
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
