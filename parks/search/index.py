"""The name index for search in the browser (public-api 4.24)."""

from typing import Any

from django.db.models.functions import Lower
from django.utils import timezone

from parks.models import Park, Ride


def search_index() -> dict[str, Any]:
    """Active parks and their active rides of every category, by name; two queries."""
    parks = [
        {
            "id": park.pk,
            "name": park.name,
            "location": park.location,
            "type": "park",
            "url": f"/park-detail.html?id={park.pk}",
        }
        for park in Park.objects.active().order_by(Lower("name"), "pk")
    ]
    columns = ("pk", "name", "park_id", "park__name")
    rides = [
        {
            "id": pk,
            "name": name,
            "park_id": park_id,
            "park_name": park_name,
            "type": "ride",
            "url": f"/ride-detail.html?id={pk}",
        }
        for pk, name, park_id, park_name in Ride.objects.active().order_by(Lower("name"), "pk").values_list(*columns)
    ]
    return {
        "success": True,
        "parks": parks,
        "rides": rides,
        "meta": {
            "park_count": len(parks),
            "ride_count": len(rides),
            "last_updated": timezone.now().isoformat(),
        },
    }
