"""The name index for search in the browser (public-api 4.24)."""

from typing import Annotated, Literal

from django.db.models.functions import Lower
from django.utils import timezone

from core.shapes import Shape, describe
from parks.models import Park, Ride


class SearchPark(Shape):
    id: int
    name: str
    location: str
    type: Literal["park"] = "park"
    url: str


class SearchRide(Shape):
    id: int
    name: str
    park_id: int
    park_name: str
    type: Literal["ride"] = "ride"
    url: str


class SearchMeta(Shape):
    park_count: int
    ride_count: int
    last_updated: Annotated[str, describe(format="date-time")]


class SearchIndex(Shape):
    success: bool = True
    parks: list[SearchPark]
    rides: list[SearchRide]
    meta: SearchMeta


def search_index() -> SearchIndex:
    """Active parks and their active rides of every category, by name; two queries."""
    parks = [
        SearchPark(id=park.pk, name=park.name, location=park.location, url=f"/park-detail.html?id={park.pk}")
        for park in Park.objects.active().order_by(Lower("name"), "pk")
    ]
    columns = ("pk", "name", "park_id", "park__name")
    rides = [
        SearchRide(id=pk, name=name, park_id=park_id, park_name=park_name, url=f"/ride-detail.html?id={pk}")
        for pk, name, park_id, park_name in Ride.objects.active().order_by(Lower("name"), "pk").values_list(*columns)
    ]
    meta = SearchMeta(park_count=len(parks), ride_count=len(rides), last_updated=timezone.now().isoformat())
    return SearchIndex(parks=parks, rides=rides, meta=meta)
