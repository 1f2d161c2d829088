"""`GET /api/rides/nearby`: which rides stand around a place, and how far away (R-26.6)."""

from typing import Annotated, Any

from django.db.models import Q
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from msgspec import to_builtins
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.api.errors import Error
from core.api.queries import LimitField, NumberField, Query, one_of
from core.shapes import Shape, describe
from parks.api.serializers import ATTRIBUTION, Attribution
from parks.models import EntityMetadata, Shelter
from parks.nearby import near

LARGEST_RADIUS_M = 1_000_000
TALLEST_CM = 300


def height(name: str, help_text: str) -> NumberField:
    return NumberField(name, 0, TALLEST_CM, 110, required=False, help_text=help_text)


class NearbyQuery(Query):
    """Where to look, in the order in which it is checked."""

    lat = NumberField("lat", -90, 90, 28.4187, help_text="degrees (WGS 84), north is positive")
    lon = NumberField("lon", -180, 180, -81.5812, help_text="degrees (WGS 84), east is positive")
    radius_m = NumberField("radius_m", 1, LARGEST_RADIUS_M, 500, default=1_000, help_text="metres")
    indoor_outdoor = serializers.ChoiceField(
        choices=Shelter.values,
        required=False,
        error_messages={"invalid_choice": one_of("indoor_outdoor", Shelter.values)},
        help_text="only rides that are reported to be so",
    )
    min_height_cm = height("min_height_cm", "only rides that ask for at least so many centimetres")
    max_height_cm = height("max_height_cm", "only rides that ask for a height, and for no more than this")
    rider_height_cm = height("rider_height_cm", "only rides whose known limits let a person of this height ride")
    limit = LimitField(default=50, maximum=200)

    @staticmethod
    def conditions(query: dict[str, Any]) -> Q:
        """What is asked of a ride besides its place."""
        found = Q()
        if "indoor_outdoor" in query:
            found &= Q(indoor_outdoor=query["indoor_outdoor"])
        if "min_height_cm" in query:
            found &= Q(height_min_cm__gte=query["min_height_cm"])
        if "max_height_cm" in query:
            found &= Q(height_min_cm__lte=query["max_height_cm"])
        if "rider_height_cm" in query:
            rider = query["rider_height_cm"]
            found &= Q(height_min_cm=None) | Q(height_min_cm__lte=rider)
            found &= Q(height_max_cm=None) | Q(height_max_cm__gte=rider)
        return found


class NearbyRide(Shape):
    ride_id: int
    ride_name: str
    park_id: int
    park_name: str
    entity_type: str
    latitude: float
    longitude: float
    distance_m: Annotated[float, describe("metres along the globe, one decimal")]
    indoor_outdoor: Annotated[str | None, describe("null: not reported", enum=Shelter.values)]
    height_min_cm: int | None
    height_max_cm: int | None
    tags: list[str]


class NearbyRides(Shape):
    success: bool = True
    lat: float
    lon: float
    radius_m: float
    data: list[NearbyRide]
    attribution: Attribution = ATTRIBUTION


def nearby_ride(row: EntityMetadata) -> NearbyRide:
    return NearbyRide(
        ride_id=row.ride_id,
        ride_name=row.ride.name,
        park_id=row.ride.park_id,
        park_name=row.ride.park.name,
        entity_type=row.entity_type,
        latitude=float(row.latitude or 0),
        longitude=float(row.longitude or 0),
        distance_m=round(row.distance_m, 1),  # type: ignore[attr-defined]  # annotated by near()
        indoor_outdoor=row.indoor_outdoor,
        height_min_cm=row.height_min_cm,
        height_max_cm=row.height_max_cm,
        tags=row.tags or [],
    )


SPACE_MOUNTAIN = NearbyRide(
    ride_id=7,
    ride_name="Space Mountain",
    park_id=4,
    park_name="Magic Kingdom",
    entity_type="ATTRACTION",
    latitude=28.4190958,
    longitude=-81.5781553,
    distance_m=300.9,
    indoor_outdoor=None,
    height_min_cm=111,
    height_max_cm=None,
    tags=["MINIMUM_HEIGHT", "UNSUITABLE_PREGNANT"],
)
EXAMPLE = to_builtins(NearbyRides(lat=28.4187, lon=-81.5812, radius_m=500.0, data=[SPACE_MOUNTAIN]))


class NearbyViewSet(ViewSet):
    @extend_schema(
        summary="Rides around a place, the nearest first",
        description="Active rides whose place is known. Distances are those of a sphere of 6,371 km.",
        tags=["rides"],
        parameters=[NearbyQuery],
        responses={
            200: NearbyRides,
            400: OpenApiResponse(Error, description="a parameter is not acceptable; the text names it"),
        },
        examples=[
            OpenApiExample("half a kilometre around a castle", value=EXAMPLE, response_only=True, status_codes=["200"])
        ],
    )
    def nearby(self, request: Request) -> Response:
        query = NearbyQuery.read(request)
        rows = near((query["lat"], query["lon"]), query["radius_m"]).filter(NearbyQuery.conditions(query))
        echoed = {name: query[name] for name in ("lat", "lon", "radius_m")}
        data = [nearby_ride(row) for row in rows[: query["limit"]]]
        return Response(NearbyRides(**echoed, data=data))
